//! Scenarios of receiving: get, consume, each form of settling. What a settle left behind is read
//! from the queue after the channel is closed, when all that was not settled has come back.

use std::sync::Arc;

use lapin::message::Delivery;
use lapin::options::{BasicAckOptions, BasicNackOptions, BasicRejectOptions};
use lapin::{Channel, Consumer};

use crate::harness::{Context, Failure, Outcome};
use crate::link::{
    self, confirm_channel, consume, declare_exclusive, next, prefetch, publish, ready, take_all,
    text,
};

const ONE: BasicAckOptions = BasicAckOptions { multiple: false };
const UP_TO: BasicAckOptions = BasicAckOptions { multiple: true };

/// A queue of its own with the messages 1 to `count`, and a channel to take them on.
struct Filled {
    queue: String,
    publisher: Channel,
    channel: Channel,
}

impl Filled {
    async fn make(t: &Context, count: usize) -> Result<Self, Failure> {
        let link = t.connect().await?;
        let publisher = confirm_channel(&link).await?;
        declare_exclusive(&publisher, &t.name).await?;
        for number in 1..=count {
            publish(&publisher, "", &t.name, &number.to_string()).await?;
        }
        let channel = link.create_channel().await?;
        Ok(Self { queue: t.name.clone(), publisher, channel })
    }

    /// Starts a consumer and waits for its first `count` messages.
    async fn take(&self, count: usize, no_ack: bool) -> Result<(Consumer, Vec<Delivery>), Failure> {
        let mut consumer = consume(&self.channel, &self.queue, no_ack).await?;
        let mut taken = Vec::new();
        for number in 1..=count {
            taken.push(expect(&mut consumer, number, false).await?);
        }
        Ok((consumer, taken))
    }

    /// Closes the channel and takes, on another, what the queue holds then.
    async fn left(&self) -> Result<Vec<usize>, Failure> {
        self.channel.close(200, "OK".into()).await?;
        let bodies = take_all(&self.publisher, &self.queue).await?;
        Ok(bodies.iter().map(|body| body.parse()).collect::<Result<_, _>>()?)
    }
}

/// The next delivery, which must be this one.
async fn expect(
    consumer: &mut Consumer,
    number: usize,
    redelivered: bool,
) -> Result<Delivery, Failure> {
    let delivery = next(consumer).await?;
    assert_eq!(text(&delivery.data), number.to_string());
    assert_eq!(delivery.redelivered, redelivered, "redelivered {number}");
    Ok(delivery)
}

async fn ack(delivery: &Delivery, options: BasicAckOptions) -> Outcome {
    assert!(delivery.ack(options).await?, "the ack was not sent");
    Ok(())
}

async fn nack(delivery: &Delivery, multiple: bool, requeue: bool) -> Outcome {
    let options = BasicNackOptions { multiple, requeue };
    assert!(delivery.nack(options).await?, "the nack was not sent");
    Ok(())
}

pub async fn get(t: Arc<Context>) -> Outcome {
    let f = Filled::make(&t, 3).await?;
    let first = link::get(&f.channel, &t.name, false).await?.ok_or("nothing to get")?;
    assert_eq!((text(&first.data), first.message_count), ("1".to_owned(), 2));
    assert!(!first.redelivered, "redelivered");
    assert_eq!((first.exchange.as_str(), first.routing_key.as_str()), ("", t.name.as_str()));
    ack(&first, ONE).await?;
    let second = link::get(&f.channel, &t.name, true).await?.ok_or("nothing to get")?;
    assert_eq!((text(&second.data), second.message_count), ("2".to_owned(), 1));
    assert_eq!(f.left().await?, [3]);
    Ok(())
}

pub async fn get_empty(t: Arc<Context>) -> Outcome {
    let f = Filled::make(&t, 0).await?;
    assert_eq!(link::get(&f.channel, &t.name, false).await?, None);
    assert_eq!(link::get(&f.channel, &t.name, true).await?, None);
    Ok(())
}

pub async fn consume_prefetch(t: Arc<Context>) -> Outcome {
    let f = Filled::make(&t, 10).await?;
    prefetch(&f.channel, 3).await?;
    let (mut consumer, taken) = f.take(3, false).await?;
    assert_eq!(ready(&f.channel, &t.name).await?, 7, "ready while three are out");
    ack(&taken[0], ONE).await?;
    expect(&mut consumer, 4, false).await?;
    assert_eq!(f.left().await?, [2, 3, 4, 5, 6, 7, 8, 9, 10]);
    Ok(())
}

pub async fn ack_each(t: Arc<Context>) -> Outcome {
    let f = Filled::make(&t, 5).await?;
    let (_consumer, taken) = f.take(5, false).await?;
    for delivery in &taken {
        ack(delivery, ONE).await?;
    }
    assert_eq!(f.left().await?, [0; 0]);
    Ok(())
}

pub async fn ack_multiple(t: Arc<Context>) -> Outcome {
    let f = Filled::make(&t, 6).await?;
    let (_consumer, taken) = f.take(6, false).await?;
    ack(&taken[3], UP_TO).await?;
    assert_eq!(f.left().await?, [5, 6]);
    Ok(())
}

pub async fn auto_ack(t: Arc<Context>) -> Outcome {
    let f = Filled::make(&t, 5).await?;
    let _consumer = f.take(5, true).await?;
    assert_eq!(f.left().await?, [0; 0]);
    Ok(())
}

pub async fn reject_drop(t: Arc<Context>) -> Outcome {
    let f = Filled::make(&t, 3).await?;
    let (_consumer, taken) = f.take(3, false).await?;
    for delivery in [&taken[0], &taken[2]] {
        let sent = delivery.reject(BasicRejectOptions { requeue: false }).await?;
        assert!(sent, "the reject was not sent");
    }
    assert_eq!(f.left().await?, [2]);
    Ok(())
}

pub async fn nack_multiple(t: Arc<Context>) -> Outcome {
    let f = Filled::make(&t, 4).await?;
    let (mut consumer, taken) = f.take(4, false).await?;
    nack(&taken[2], true, true).await?;
    for number in 1..=3 {
        expect(&mut consumer, number, true).await?;
    }
    Ok(())
}

pub async fn nack_requeue(t: Arc<Context>) -> Outcome {
    let f = Filled::make(&t, 1).await?;
    let (mut consumer, taken) = f.take(1, false).await?;
    nack(&taken[0], false, true).await?;
    let again = expect(&mut consumer, 1, true).await?;
    nack(&again, false, false).await?;
    assert_eq!(f.left().await?, [0; 0]);
    Ok(())
}
