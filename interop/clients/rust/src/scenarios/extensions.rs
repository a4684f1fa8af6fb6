//! Scenarios of what brokers have beyond RabbitMQ 3.13: consumers that choose, messages that belong
//! together, dead letters that wait.

use std::sync::Arc;

use lapin::message::Delivery;
use lapin::options::{
    BasicAckOptions, BasicCancelOptions, BasicRejectOptions, QueueDeclareOptions,
    QueueDeleteOptions,
};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{BasicProperties, Channel, Connection, Consumer};

use crate::harness::{Context, Failure, Outcome};
use crate::link::{
    assert_refused, bind, confirm_channel, consume, consume_with, declare_exclusive, declare_with,
    next, prefetch, publish, publish_with, ready, table, text,
};

const EXCHANGE: &str = "amq.direct";

fn long(value: &str) -> AMQPValue {
    AMQPValue::LongString(value.into())
}

fn if_true(selector: &str) -> FieldTable {
    table([("x-filter", long(selector))])
}

fn coloured(colour: &str, size: i32) -> BasicProperties {
    let headers = table([("colour", long(colour)), ("size", AMQPValue::LongInt(size))]);
    BasicProperties::default().with_headers(headers)
}

/// The next messages of a consumer, which must be these.
async fn expect(consumer: &mut Consumer, bodies: &[&str]) -> Result<Vec<Delivery>, Failure> {
    let mut messages = Vec::new();
    for body in bodies {
        let message = next(consumer).await?;
        assert_eq!(text(&message.data), *body);
        messages.push(message);
    }
    Ok(messages)
}

async fn ack(messages: &[Delivery]) -> Outcome {
    for message in messages {
        assert!(message.ack(BasicAckOptions::default()).await?, "the ack was not sent");
    }
    Ok(())
}

async fn cancel(channel: &Channel, consumer: &Consumer) -> lapin::Result<()> {
    channel.basic_cancel(consumer.tag(), BasicCancelOptions::default()).await
}

pub async fn filter(t: Arc<Context>) -> Outcome {
    let link = t.connect().await?;
    let publisher = confirm_channel(&link).await?;
    declare_exclusive(&publisher, &t.name).await?;
    let named = BasicProperties::default().with_message_id("order-7".into());
    for (body, properties) in [
        ("big red", coloured("red", 5)),
        ("small red", coloured("red", 3)),
        ("big blue", coloured("blue", 9)),
        ("named", named),
        ("bigger red", coloured("red", 70_000)),
    ] {
        publish_with(&publisher, "", &t.name, body.as_bytes(), properties).await?;
    }
    let (first, second) = (link.create_channel().await?, link.create_channel().await?);
    let wanted = if_true("colour = 'red' AND size > 3");
    let mut reds = consume_with(&first, &t.name, false, wanted).await?;
    ack(&expect(&mut reds, &["big red", "bigger red"]).await?).await?;
    let wanted = if_true("p.message_id LIKE 'order-%'");
    let mut orders = consume_with(&second, &t.name, false, wanted).await?;
    ack(&expect(&mut orders, &["named"]).await?).await?;
    publish_with(&publisher, "", &t.name, b"last red", coloured("red", 4)).await?;
    ack(&expect(&mut reds, &["last red"]).await?).await?;
    cancel(&first, &reds).await?;
    cancel(&second, &orders).await?;
    let mut others = consume(&first, &t.name, true).await?;
    expect(&mut others, &["small red", "big blue"]).await?;
    let refused = link.create_channel().await?;
    let expected = format!(
        "PRECONDITION_FAILED - invalid arg 'x-filter' for queue '{}' in vhost '/': {}",
        t.name, "{invalid_filter,\"no end of the quote at 10\"}"
    );
    let wrong = if_true("colour = 'red");
    assert_refused(consume_with(&refused, &t.name, false, wrong).await, &expected);
    Ok(())
}

/// A message's address: the end of its routing key, and its headers.
type Address = fn(key: &str) -> (&str, FieldTable);

pub async fn group_key(t: Arc<Context>) -> Outcome {
    groups(&t, "routing-key", |key| (key, FieldTable::default())).await?;
    groups(&t, "customer", |key| ("a", table([("customer", long(key))]))).await
}

async fn put(publisher: &Channel, queue: &str, address: Address, name: &str) -> Outcome {
    let (end, headers) = address(&name[..1]);
    let properties = BasicProperties::default().with_headers(headers);
    publish_with(publisher, EXCHANGE, &format!("{queue}.{end}"), name.as_bytes(), properties).await
}

async fn with_prefetch(link: &Connection, count: u16) -> lapin::Result<Channel> {
    let channel = link.create_channel().await?;
    prefetch(&channel, count).await?;
    Ok(channel)
}

/// Two consumers, of no more than two messages each at a time. A message's key is the first letter
/// of its name.
async fn groups(t: &Context, argument: &str, address: Address) -> Outcome {
    let link = t.connect().await?;
    let publisher = confirm_channel(&link).await?;
    let queue = format!("{}.{argument}", t.name);
    let arguments = table([("x-group-key", long(argument))]);
    declare_with(&publisher, &queue, QueueDeclareOptions::exclusive(), arguments).await?;
    for key in ["a", "b"] {
        let key = format!("{queue}.{key}");
        bind(&publisher, &queue, EXCHANGE, &key, FieldTable::default()).await?;
    }
    for name in ["a1", "a2", "a3", "b1", "b2", "b3"] {
        put(&publisher, &queue, address, name).await?;
    }
    let (one, two) = (with_prefetch(&link, 2).await?, with_prefetch(&link, 2).await?);
    let mut first = consume(&one, &queue, false).await?;
    let held = expect(&mut first, &["a1", "a2"]).await?;
    let mut second = consume(&two, &queue, false).await?;
    ack(&expect(&mut second, &["b1", "b2"]).await?).await?;
    ack(&expect(&mut second, &["b3"]).await?).await?;
    // The second one has nothing to do, and yet it gets none of the key that the first one has.
    assert_eq!(ready(&two, &queue).await?, 1, "ready");
    ack(&held[..1]).await?;
    let last = expect(&mut first, &["a3"]).await?;
    ack(&held[1..]).await?;
    ack(&last).await?;
    cancel(&one, &first).await?;
    put(&publisher, &queue, address, "a4").await?;
    // Had anything come before, it would be the next one.
    expect(&mut second, &["a4"]).await.map(drop)
}

pub async fn dead_letter_at_least_once(t: Arc<Context>) -> Outcome {
    let channel = confirm_channel(&*t.connect().await?).await?;
    let (target, key) = (format!("{}.dead", t.name), format!("{}.key", t.name));
    let arguments = table([
        ("x-queue-type", long("quorum")),
        ("x-overflow", long("reject-publish")),
        ("x-dead-letter-strategy", long("at-least-once")),
        ("x-dead-letter-exchange", long(EXCHANGE)),
        ("x-dead-letter-routing-key", long(&key)),
    ]);
    declare_with(&channel, &t.name, QueueDeclareOptions::durable(), arguments).await?;
    publish(&channel, "", &t.name, "refused").await?;
    let mut living = consume(&channel, &t.name, false).await?;
    let letters = expect(&mut living, &["refused"]).await?;
    assert!(letters[0].reject(BasicRejectOptions { requeue: false }).await?, "not sent");
    // When this is answered, the letter has found no queue.
    declare_exclusive(&channel, &target).await?;
    bind(&channel, &target, EXCHANGE, &key, FieldTable::default()).await?;
    let mut waiting = consume(&channel, &target, true).await?;
    let dead = expect(&mut waiting, &["refused"]).await?;
    let headers = dead[0].properties.headers().clone().ok_or("no headers")?;
    let Some(AMQPValue::FieldArray(deaths)) = headers.inner().get("x-death") else {
        return Err(format!("no x-death in {headers:?}").into());
    };
    let Some(AMQPValue::FieldTable(death)) = deaths.as_slice().first() else {
        return Err(format!("no table in {deaths:?}").into());
    };
    assert_eq!(death.inner().get("reason"), Some(&long("rejected")), "reason");
    channel.queue_delete(t.name.as_str().into(), QueueDeleteOptions::default()).await?;
    Ok(())
}
