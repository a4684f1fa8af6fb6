//! Scenarios of what goes wrong and what must go on: cancelled consumers, closed channels, a closed
//! connection, locks; and of many channels, request and reply, and silence.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use lapin::options::{BasicConsumeOptions, QueueDeclareOptions, QueueDeleteOptions};
use lapin::types::FieldTable;
use lapin::uri::AMQPUri;
use lapin::{BasicProperties, Channel, Connection, Event};
use tokio::task::JoinSet;
use tokio_stream::{Stream, StreamExt};

use crate::harness::{Context, Failure, Outcome};
use crate::link::{
    assert_refused, confirm_channel, consume, declare, declare_exclusive, get, next, publish,
    ready, send, take, text,
};

const REPLY_TO: &str = "amq.rabbitmq.reply-to";
const CHANNELS: usize = 1_000;
const SILENCE: Duration = Duration::from_secs(5);

/// Declares, publishes, gets on a fresh confirm channel: shows that the connection works.
async fn exchanges_one_message(link: &Connection, queue: &str) -> Outcome {
    let channel = confirm_channel(link).await?;
    declare_exclusive(&channel, queue).await?;
    publish(&channel, "", queue, "alive").await?;
    assert_eq!(text(&take(&channel, queue).await?.data), "alive");
    Ok(())
}

/// The next error that the client reports of the connection and its channels.
async fn reported(events: &mut (impl Stream<Item = Event> + Unpin)) -> Result<(), Failure> {
    while let Some(event) = events.next().await {
        if let Event::Error(error) = event {
            return Err(error.into());
        }
    }
    Ok(())
}

pub async fn consumer_cancel(t: Arc<Context>) -> Outcome {
    let link = t.connect().await?;
    let (channel, other) = (link.create_channel().await?, link.create_channel().await?);
    declare_exclusive(&channel, &t.name).await?;
    let mut consumer = consume(&channel, &t.name, false).await?;
    other.queue_delete(t.name.as_str().into(), QueueDeleteOptions::default()).await?;
    assert_eq!(consumer.next().await, None, "the consumer's end");
    assert!(channel.status().connected(), "its channel goes on");
    exchanges_one_message(&link, &format!("{}.after", t.name)).await
}

pub async fn two_channels_one_error(t: Arc<Context>) -> Outcome {
    let link = t.connect().await?;
    let (good, bad) = (confirm_channel(&link).await?, link.create_channel().await?);
    declare_exclusive(&good, &t.name).await?;
    let mut consumer = consume(&good, &t.name, true).await?;
    let missing = format!("{}.missing", t.name);
    let expected = format!("NOT_FOUND - no queue '{missing}' in vhost '/'");
    assert_refused(ready(&bad, &missing).await, &expected);
    publish(&good, "", &t.name, "still here").await?;
    assert_eq!(text(&next(&mut consumer).await?.data), "still here");
    Ok(())
}

pub async fn channel_error_survived(t: Arc<Context>) -> Outcome {
    let link = t.connect().await?;
    let mut events = Box::pin(link.events_listener());
    let first = link.create_channel().await?;
    let missing = format!("{}.missing", t.name);
    send(&first, &missing, "key", b"x", BasicProperties::default()).await?;
    let expected = format!("NOT_FOUND - no exchange '{missing}' in vhost '/'");
    assert_refused(reported(&mut events).await, &expected);
    assert!(!first.status().connected(), "its channel is closed");
    exchanges_one_message(&link, &t.name).await
}

pub async fn connection_error_reported(t: Arc<Context>) -> Outcome {
    let link = t.connect().await?;
    let channel = link.create_channel().await?;
    declare_exclusive(&channel, &t.name).await?;
    let twice = || {
        let options = BasicConsumeOptions::default();
        let queue = t.name.as_str().into();
        channel.basic_consume(queue, "twice".into(), options, FieldTable::default())
    };
    let _consumer = twice().await?;
    assert_refused(twice().await, "NOT_ALLOWED - attempt to reuse consumer tag 'twice'");
    assert!(!link.status().connected(), "the connection is closed");
    Ok(())
}

pub async fn exclusive_queue_locked(t: Arc<Context>) -> Outcome {
    let (owner, other) = (t.connect().await?, t.connect().await?);
    let owned = confirm_channel(&owner).await?;
    declare_exclusive(&owned, &t.name).await?;
    let locked = format!(
        "RESOURCE_LOCKED - cannot obtain exclusive access to locked queue '{}' in vhost '/'",
        t.name
    );
    assert_refused(declare_exclusive(&other.create_channel().await?, &t.name).await, &locked);
    assert_refused(get(&other.create_channel().await?, &t.name, true).await, &locked);
    assert_refused(consume(&other.create_channel().await?, &t.name, false).await, &locked);
    publish(&owned, "", &t.name, "mine").await?;
    assert_eq!(text(&take(&owned, &t.name).await?.data), "mine");
    Ok(())
}

pub async fn rpc_direct_reply_to(t: Arc<Context>) -> Outcome {
    let (asking, answering) = (t.connect().await?, t.connect().await?);
    let (client, server) = (asking.create_channel().await?, answering.create_channel().await?);
    declare(&server, &t.name, QueueDeclareOptions::default().auto_delete()).await?;
    let mut requests = consume(&server, &t.name, true).await?;
    let mut replies = consume(&client, REPLY_TO, true).await?;
    for question in ["one", "two", "three"] {
        let properties = BasicProperties::default()
            .with_reply_to(REPLY_TO.into())
            .with_correlation_id(question.into());
        send(&client, "", &t.name, question.as_bytes(), properties).await?;
        answer(&server, next(&mut requests).await?).await?;
        let reply = next(&mut replies).await?;
        assert_eq!(*reply.properties.correlation_id(), Some(question.into()));
        assert_eq!(text(&reply.data), question.to_uppercase());
    }
    Ok(())
}

async fn answer(server: &Channel, request: lapin::message::Delivery) -> Outcome {
    let reply_to = request.properties.reply_to().clone().ok_or("no reply_to")?;
    assert!(reply_to.as_str().starts_with(&format!("{REPLY_TO}.")), "reply_to: {reply_to}");
    let id = request.properties.correlation_id().clone().ok_or("no correlation_id")?;
    let body = text(&request.data).to_uppercase();
    let properties = BasicProperties::default().with_correlation_id(id);
    send(server, "", reply_to.as_str(), body.as_bytes(), properties).await?;
    Ok(())
}

pub async fn channels_1000(t: Arc<Context>) -> Outcome {
    let link = t.connect().await?;
    let mut opening = JoinSet::new();
    for _ in 0..CHANNELS {
        let link = link.clone();
        opening.spawn(async move { link.create_channel().await });
    }
    let channels = opening.join_all().await.into_iter().collect::<Result<Vec<_>, _>>()?;
    declare_exclusive(&channels[0], &t.name).await?;
    let mut consumer = consume(&channels[CHANNELS - 1], &t.name, true).await?;
    for (number, channel) in channels.iter().enumerate() {
        let body = number.to_string();
        send(channel, "", &t.name, body.as_bytes(), BasicProperties::default()).await?;
    }
    let mut received = BTreeSet::new();
    for _ in 0..CHANNELS {
        received.insert(text(&next(&mut consumer).await?.data).parse::<usize>()?);
    }
    assert!(received.into_iter().eq(0..CHANNELS), "one message of each channel");
    Ok(())
}

pub async fn heartbeat_silence(t: Arc<Context>) -> Outcome {
    let mut uri = t.url.parse::<AMQPUri>()?;
    uri.query.heartbeat = Some(1);
    let link = t.connect_with(uri, Default::default()).await?;
    assert_eq!(link.configuration().heartbeat(), 1, "the agreed heartbeat");
    // The silence is what is under test: only heartbeats may keep the connection.
    tokio::time::sleep(SILENCE).await;
    assert!(link.status().connected(), "lost in silence");
    exchanges_one_message(&link, &t.name).await
}
