//! lapin's calls, a little shorter, for what many scenarios do alike. No scenario here.

use lapin::message::{BasicGetMessage, Delivery};
use lapin::options::{
    BasicConsumeOptions, BasicGetOptions, BasicPublishOptions, BasicQosOptions,
    ConfirmSelectOptions, ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions,
};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{
    BasicProperties, Channel, Confirmation, Connection, Consumer, ExchangeKind, PublisherConfirm,
};
use tokio_stream::StreamExt;

use crate::harness::{Failure, Outcome};

pub async fn confirm_channel(link: &Connection) -> Result<Channel, Failure> {
    let channel = link.create_channel().await?;
    channel.confirm_select(ConfirmSelectOptions::default()).await?;
    Ok(channel)
}

/// Declares a queue; gives the number of ready messages.
pub async fn declare(
    channel: &Channel,
    queue: &str,
    options: QueueDeclareOptions,
) -> lapin::Result<u32> {
    declare_with(channel, queue, options, FieldTable::default()).await
}

pub async fn declare_with(
    channel: &Channel,
    queue: &str,
    options: QueueDeclareOptions,
    arguments: FieldTable,
) -> lapin::Result<u32> {
    let queue = channel.queue_declare(queue.into(), options, arguments).await?;
    Ok(queue.message_count())
}

pub async fn declare_exclusive(channel: &Channel, queue: &str) -> lapin::Result<()> {
    declare(channel, queue, QueueDeclareOptions::exclusive()).await.map(drop)
}

/// The number of ready messages in a queue.
pub async fn ready(channel: &Channel, queue: &str) -> lapin::Result<u32> {
    declare(channel, queue, QueueDeclareOptions::default().passive()).await
}

/// Declares an exchange that goes away with its last binding.
pub async fn declare_exchange(
    channel: &Channel,
    exchange: &str,
    kind: ExchangeKind,
) -> lapin::Result<()> {
    let options = ExchangeDeclareOptions { auto_delete: true, ..Default::default() };
    channel.exchange_declare(exchange.into(), kind, options, FieldTable::default()).await
}

pub async fn bind(
    channel: &Channel,
    queue: &str,
    exchange: &str,
    key: &str,
    arguments: FieldTable,
) -> lapin::Result<()> {
    let options = QueueBindOptions::default();
    channel.queue_bind(queue.into(), exchange.into(), key.into(), options, arguments).await
}

/// Sends a message; what it gives can be waited on for the confirm.
pub async fn send(
    channel: &Channel,
    exchange: &str,
    key: &str,
    body: &[u8],
    properties: BasicProperties,
) -> lapin::Result<PublisherConfirm> {
    let options = BasicPublishOptions::default();
    channel.basic_publish(exchange.into(), key.into(), options, body, properties).await
}

/// Publishes on a confirm channel and waits for the confirm: after that it is in its queues.
pub async fn publish(channel: &Channel, exchange: &str, key: &str, body: &str) -> Outcome {
    publish_with(channel, exchange, key, body.as_bytes(), BasicProperties::default()).await
}

pub async fn publish_with(
    channel: &Channel,
    exchange: &str,
    key: &str,
    body: &[u8],
    properties: BasicProperties,
) -> Outcome {
    let confirm = send(channel, exchange, key, body, properties).await?.await?;
    assert_eq!(confirm, Confirmation::Ack(None), "confirm");
    Ok(())
}

pub async fn consume(channel: &Channel, queue: &str, no_ack: bool) -> lapin::Result<Consumer> {
    consume_with(channel, queue, no_ack, FieldTable::default()).await
}

pub async fn consume_with(
    channel: &Channel,
    queue: &str,
    no_ack: bool,
    arguments: FieldTable,
) -> lapin::Result<Consumer> {
    let options = BasicConsumeOptions { no_ack, ..Default::default() };
    channel.basic_consume(queue.into(), "".into(), options, arguments).await
}

pub async fn prefetch(channel: &Channel, count: u16) -> lapin::Result<()> {
    channel.basic_qos(count, BasicQosOptions::default()).await
}

pub async fn next(consumer: &mut Consumer) -> Result<Delivery, Failure> {
    let delivery = consumer.next().await.ok_or("the consumer has ended")?;
    Ok(delivery?)
}

pub async fn get(
    channel: &Channel,
    queue: &str,
    no_ack: bool,
) -> lapin::Result<Option<BasicGetMessage>> {
    channel.basic_get(queue.into(), BasicGetOptions { no_ack }).await
}

/// Gets a message without ack from a queue that must have one.
pub async fn take(channel: &Channel, queue: &str) -> Result<Delivery, Failure> {
    let message = get(channel, queue, true).await?.ok_or("nothing in the queue")?;
    Ok(message.delivery)
}

/// Takes all that is in a queue; gives the bodies.
pub async fn take_all(channel: &Channel, queue: &str) -> Result<Vec<String>, Failure> {
    let mut bodies = Vec::new();
    while let Some(message) = get(channel, queue, true).await? {
        bodies.push(text(&message.data));
    }
    Ok(bodies)
}

pub fn table<const COUNT: usize>(entries: [(&str, AMQPValue); COUNT]) -> FieldTable {
    let mut table = FieldTable::default();
    for (key, value) in entries {
        table.insert(key.into(), value);
    }
    table
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// What must have failed, with this text in what the client reports.
pub fn assert_refused<T>(result: Result<T, impl Into<Failure>>, expected: &str) {
    match result {
        Ok(_) => panic!("no error; expected '{expected}'"),
        Err(error) => {
            let reported = error.into().to_string();
            assert!(reported.contains(expected), "expected '{expected}' in '{reported}'");
        }
    }
}
