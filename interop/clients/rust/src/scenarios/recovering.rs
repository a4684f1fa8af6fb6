//! Scenarios in which a broker of the scenario's own is blocked, or killed with SIGKILL, under the
//! client, and started again on the same port. The broker keeps nothing over its death here:
//! lapin's own recovery declares queues and consumers again.

use std::sync::Arc;
use std::time::Duration;

use lapin::options::{BasicPublishOptions, QueueDeclareOptions};
use lapin::{BasicProperties, Channel, Confirmation, ConnectionProperties, Consumer, Event};
use tokio_stream::StreamExt;

use crate::harness::{Context, Failure, Outcome};
use crate::link::{confirm_channel, consume, declare, next, publish, text};

/// lapin's own retries start at a second and double; these are for a broker that is soon back.
const FIRST_RETRY: Duration = Duration::from_millis(100);
const LONGEST_RETRY: Duration = Duration::from_millis(500);
const RETRIES: usize = 200;
const LOOK_EVERY: Duration = Duration::from_millis(10);

pub async fn blocked_unblocked(t: Arc<Context>) -> Outcome {
    let (broker, url) = t.own_broker().await?;
    let (link, other) = (t.connect_to(&url).await?, t.connect_to(&url).await?);
    let mut events = Box::pin(link.events_listener());
    let channel = confirm_channel(&link).await?;
    declare(&channel, &t.name, QueueDeclareOptions::default()).await?;
    broker.block().await?;
    // Not waited for: lapin sends nothing while the connection is blocked.
    let queue = t.name.clone();
    let published = tokio::spawn(async move { publish(&channel, "", &queue, "meanwhile").await });
    let event = events.next().await;
    assert!(
        matches!(&event, Some(Event::ConnectionBlocked(reason)) if reason == "low on memory"),
        "reported: {event:?}"
    );
    broker.unblock().await?;
    let event = events.next().await;
    assert!(matches!(event, Some(Event::ConnectionUnblocked)), "reported: {event:?}");
    published.await??;
    let mut consumer = consume(&other.create_channel().await?, &t.name, true).await?;
    assert_eq!(text(&next(&mut consumer).await?.data), "meanwhile");
    Ok(())
}

pub async fn broker_killed_reported(t: Arc<Context>) -> Outcome {
    let (broker, url) = t.own_broker().await?;
    let link = t.connect_to(&url).await?;
    let channel = link.create_channel().await?;
    declare(&channel, &t.name, QueueDeclareOptions::default()).await?;
    let mut consumer = consume(&channel, &t.name, false).await?;
    broker.kill().await?;
    let error = match consumer.next().await {
        Some(Err(error)) => error,
        other => return Err(format!("the consumer got {other:?}").into()),
    };
    assert!(error.is_io_error(), "reported: {error}");
    assert!(!link.status().connected(), "the connection is lost");
    Ok(())
}

/// A connection that lapin itself brings back, with a channel that has a queue and a consumer.
struct Recovering {
    channel: Channel,
    consumer: Consumer,
}

impl Recovering {
    /// Connects, declares a queue named as the scenario, and consumes it.
    async fn start(t: &Context, url: &str) -> Result<Self, Failure> {
        let properties =
            ConnectionProperties::default().enable_auto_recover().configure_backoff(|backoff| {
                backoff
                    .with_min_delay(FIRST_RETRY)
                    .with_max_delay(LONGEST_RETRY)
                    .with_max_times(RETRIES)
            });
        let link = t.connect_with(url.parse()?, properties).await?;
        let channel = confirm_channel(&link).await?;
        declare(&channel, &t.name, QueueDeclareOptions::default()).await?;
        let consumer = consume(&channel, &t.name, true).await?;
        Ok(Self { channel, consumer })
    }

    /// Waits until lapin has seen that the connection is lost. It has no event for that: a
    /// consumer that comes back is told nothing.
    async fn lost(&self) {
        while !self.channel.status().reconnecting() {
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    async fn publish(&self, queue: &str, body: &str) -> lapin::Result<Confirmation> {
        let options = BasicPublishOptions { mandatory: true, ..Default::default() };
        let properties = BasicProperties::default();
        self.channel
            .basic_publish("".into(), queue.into(), options, body.as_bytes(), properties)
            .await?
            .await
    }

    /// Publishes as lapin's manual has it: what failed is sent again after the recovery. That is
    /// over for lapin when the channel is open, and it declares the queues only then: what is
    /// returned was too early, and is sent again too.
    async fn publish_again(&self, queue: &str, body: &str, error: lapin::Error) -> Outcome {
        self.channel.wait_for_recovery(error).await?;
        while self.publish(queue, body).await? != Confirmation::Ack(None) {}
        Ok(())
    }
}

pub async fn recover_publisher(t: Arc<Context>) -> Outcome {
    let (broker, url) = t.own_broker().await?;
    let mut recovering = Recovering::start(&t, &url).await?;
    recovering.publish(&t.name, "before").await?;
    assert_eq!(text(&next(&mut recovering.consumer).await?.data), "before");
    broker.kill().await?;
    recovering.lost().await;
    let bodies = ["down 1", "down 2", "down 3"];
    let mut unsent = Vec::new();
    for body in bodies {
        match recovering.publish(&t.name, body).await {
            Ok(_) => return Err("nothing can be confirmed while the broker is down".into()),
            Err(error) => unsent.push((body, error)),
        }
    }
    broker.start().await?;
    for (body, error) in unsent {
        recovering.publish_again(&t.name, body, error).await?;
    }
    for body in bodies {
        assert_eq!(text(&next(&mut recovering.consumer).await?.data), body);
    }
    Ok(())
}

pub async fn recover_consumer(t: Arc<Context>) -> Outcome {
    let (broker, url) = t.own_broker().await?;
    let mut recovering = Recovering::start(&t, &url).await?;
    recovering.publish(&t.name, "first").await?;
    assert_eq!(text(&next(&mut recovering.consumer).await?.data), "first");
    broker.kill().await?;
    recovering.lost().await;
    broker.start().await?;
    // Another client's message: only the recovered consumer can take it.
    let other = confirm_channel(&*t.connect_to(&url).await?).await?;
    declare(&other, &t.name, QueueDeclareOptions::default()).await?;
    publish(&other, "", &t.name, "second").await?;
    assert_eq!(text(&next(&mut recovering.consumer).await?.data), "second");
    Ok(())
}
