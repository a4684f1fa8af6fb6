//! Scenarios of publishing: confirms, returns, transactions.

use std::sync::Arc;

use lapin::options::{
    BasicAckOptions, BasicPublishOptions, QueueDeclareOptions, QueueDeleteOptions,
};
use lapin::{BasicProperties, Channel, Confirmation};

use crate::harness::{Context, Failure, Outcome};
use crate::link::{
    confirm_channel, consume, declare, declare_exclusive, get, next, publish_with, ready, send,
    take, text,
};

const BATCH: u32 = 1_000;
const BATCHES: u32 = 10;
const PERSISTENT: u8 = 2;

pub async fn confirm_single(t: Arc<Context>) -> Outcome {
    let channel = confirm_channel(&*t.connect().await?).await?;
    declare(&channel, &t.name, QueueDeclareOptions::durable()).await?;
    let properties = BasicProperties::default().with_delivery_mode(PERSISTENT);
    let published = publish_with(&channel, "", &t.name, b"kept", properties).await;
    let taken = take(&channel, &t.name).await;
    channel.queue_delete(t.name.as_str().into(), QueueDeleteOptions::default()).await?;
    published?;
    let message = taken?;
    assert_eq!(text(&message.data), "kept");
    assert_eq!(*message.properties.delivery_mode(), Some(PERSISTENT));
    Ok(())
}

pub async fn confirm_batch(t: Arc<Context>) -> Outcome {
    let channel = confirm_channel(&*t.connect().await?).await?;
    declare_exclusive(&channel, &t.name).await?;
    confirmed_batch(&channel, &t.name, BATCH).await?;
    assert_eq!(ready(&channel, &t.name).await?, BATCH, "ready");
    let mut consumer = consume(&channel, &t.name, true).await?;
    for number in 0..BATCH {
        assert_eq!(text(&next(&mut consumer).await?.data), number.to_string());
    }
    Ok(())
}

pub async fn confirm_batches(t: Arc<Context>) -> Outcome {
    let channel = confirm_channel(&*t.connect().await?).await?;
    declare_exclusive(&channel, &t.name).await?;
    for _ in 0..BATCHES {
        confirmed_batch(&channel, &t.name, BATCH / BATCHES).await?;
    }
    assert_eq!(ready(&channel, &t.name).await?, BATCH, "ready");
    Ok(())
}

/// Publishes numbers, all outstanding at once, and waits until each is confirmed.
async fn confirmed_batch(channel: &Channel, queue: &str, count: u32) -> Outcome {
    let mut confirms = Vec::new();
    for number in 0..count {
        let body = number.to_string();
        confirms.push(send(channel, "", queue, body.as_bytes(), Default::default()).await?);
    }
    assert!(channel.wait_for_confirms().await?.is_empty(), "a message came back");
    for confirm in confirms {
        assert_eq!(confirm.await?, Confirmation::Ack(None));
    }
    Ok(())
}

pub async fn mandatory_return(t: Arc<Context>) -> Outcome {
    let channel = confirm_channel(&*t.connect().await?).await?;
    let properties = BasicProperties::default()
        .with_message_id("m-1".into())
        .with_content_type("application/x-test".into());
    let options = BasicPublishOptions { mandatory: true, ..Default::default() };
    let key = t.name.as_str().into();
    let confirm = channel.basic_publish("amq.direct".into(), key, options, b"lost", properties);
    // lapin puts into a confirm what was returned before it.
    let Confirmation::Ack(Some(returned)) = confirm.await?.await? else {
        return Err("no return before the confirm".into());
    };
    assert_eq!((returned.reply_code, returned.reply_text.as_str()), (312, "NO_ROUTE"));
    assert_eq!(returned.exchange.as_str(), "amq.direct");
    assert_eq!(returned.routing_key.as_str(), t.name);
    assert_eq!(text(&returned.data), "lost");
    assert_eq!(*returned.properties.message_id(), Some("m-1".into()));
    assert_eq!(*returned.properties.content_type(), Some("application/x-test".into()));
    Ok(())
}

/// A channel in tx mode, and another one to count ready messages on.
async fn transactional(t: &Context) -> Result<(Channel, Channel), Failure> {
    let link = t.connect().await?;
    let (channel, observer) = (link.create_channel().await?, link.create_channel().await?);
    declare_exclusive(&observer, &t.name).await?;
    channel.tx_select().await?;
    Ok((channel, observer))
}

async fn ack_one(channel: &Channel, queue: &str) -> Outcome {
    let message = get(channel, queue, false).await?.ok_or("nothing to ack")?;
    assert!(message.ack(BasicAckOptions::default()).await?, "the ack was not sent");
    Ok(())
}

pub async fn tx_commit(t: Arc<Context>) -> Outcome {
    let (channel, observer) = transactional(&t).await?;
    send(&channel, "", &t.name, b"one", Default::default()).await?;
    send(&channel, "", &t.name, b"two", Default::default()).await?;
    assert_eq!(ready(&observer, &t.name).await?, 0, "ready before the commit");
    channel.tx_commit().await?;
    assert_eq!(ready(&observer, &t.name).await?, 2, "ready after the commit");
    ack_one(&channel, &t.name).await?;
    channel.tx_commit().await?;
    channel.close(200, "OK".into()).await?;
    assert_eq!(ready(&observer, &t.name).await?, 1, "an acked message does not come back");
    Ok(())
}

pub async fn tx_rollback(t: Arc<Context>) -> Outcome {
    let (channel, observer) = transactional(&t).await?;
    send(&channel, "", &t.name, b"kept", Default::default()).await?;
    channel.tx_commit().await?;
    send(&channel, "", &t.name, b"dropped", Default::default()).await?;
    ack_one(&channel, &t.name).await?;
    channel.tx_rollback().await?;
    assert_eq!(ready(&observer, &t.name).await?, 0, "rollback does not redeliver");
    channel.close(200, "OK".into()).await?;
    assert_eq!(ready(&observer, &t.name).await?, 1, "the ack was forgotten, the publish too");
    Ok(())
}
