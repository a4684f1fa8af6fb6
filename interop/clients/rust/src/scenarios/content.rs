//! Scenarios of what a message carries: sizes, Unicode, headers of every type, properties.

use std::sync::Arc;

use lapin::types::{AMQPValue, DecimalValue, FieldArray, FieldTable};
use lapin::uri::AMQPUri;
use lapin::{BasicProperties, Channel, ExchangeKind};

use crate::harness::{Context, Failure, Outcome};
use crate::link::{
    bind, confirm_channel, consume, declare_exchange, declare_exclusive, next, publish_with,
    table, take, text,
};

const TEN_MIB: usize = 10 * 1024 * 1024;
const PRIORITIES: [u8; 11] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 255];
const TIMESTAMPS: [u64; 5] = [0, 1, 1_000_000_000, 2_147_483_648, 4_102_444_800];

/// A confirm channel, with an exclusive queue named as the scenario.
async fn confirmed(t: &Context) -> Result<Channel, Failure> {
    let channel = confirm_channel(&*t.connect().await?).await?;
    declare_exclusive(&channel, &t.name).await?;
    Ok(channel)
}

/// Publishes properties into the queue and gets them back.
async fn there_and_back(
    channel: &Channel,
    t: &Context,
    properties: BasicProperties,
) -> Result<BasicProperties, Failure> {
    publish_with(channel, "", &t.name, b"x", properties).await?;
    Ok(take(channel, &t.name).await?.properties)
}

pub async fn body_empty(t: Arc<Context>) -> Outcome {
    let channel = confirmed(&t).await?;
    let properties = BasicProperties::default().with_type("empty".into());
    publish_with(&channel, "", &t.name, b"", properties.clone()).await?;
    let message = take(&channel, &t.name).await?;
    assert_eq!(message.data, b"");
    assert_eq!(message.properties, properties);
    Ok(())
}

pub async fn body_10mib(t: Arc<Context>) -> Outcome {
    let channel = confirmed(&t).await?;
    let body = noise(TEN_MIB);
    publish_with(&channel, "", &t.name, &body, BasicProperties::default()).await?;
    let mut consumer = consume(&channel, &t.name, true).await?;
    let message = next(&mut consumer).await?;
    assert_eq!(message.data.len(), TEN_MIB, "octets");
    assert!(message.data == body, "the bytes differ");
    Ok(())
}

/// Bytes without a pattern that a frame could repeat unnoticed.
fn noise(count: usize) -> Vec<u8> {
    let mut state: u32 = 1;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    (0..count).map(|_| next()).collect()
}

pub async fn unicode(t: Arc<Context>) -> Outcome {
    let channel = confirmed(&t).await?;
    let (exchange, queue) =
        (format!("{}.交換機.обмен", t.name), format!("{}.очередь.队列.🐇", t.name));
    let (key, body) = ("ключ.🐇.größe", "Grüße, 兎 and 🐇, e\u{301}");
    declare_exchange(&channel, &exchange, ExchangeKind::Topic).await?;
    declare_exclusive(&channel, &queue).await?;
    bind(&channel, &queue, &exchange, "ключ.*.größe", FieldTable::default()).await?;
    let mut headers = FieldTable::default();
    headers.insert("ключ".into(), AMQPValue::LongString(body.into()));
    let properties = BasicProperties::default().with_headers(headers);
    publish_with(&channel, &exchange, key, body.as_bytes(), properties.clone()).await?;
    let message = take(&channel, &queue).await?;
    assert_eq!((message.exchange.as_str(), message.routing_key.as_str()), (&*exchange, key));
    assert_eq!(text(&message.data), body);
    assert_eq!(message.properties, properties);
    Ok(())
}

pub async fn header_table(t: Arc<Context>) -> Outcome {
    let channel = confirmed(&t).await?;
    t.note("the client cannot send headers of type L");
    let sent = BasicProperties::default().with_headers(every_type());
    assert_eq!(there_and_back(&channel, &t, sent.clone()).await?, sent);
    Ok(())
}

/// One header a type, most at their extremes; an array and a table with values inside.
fn every_type() -> FieldTable {
    let list = FieldArray::from(vec![
        AMQPValue::LongString("in a list".into()),
        AMQPValue::ShortInt(-300),
        AMQPValue::Void,
        AMQPValue::FieldArray(FieldArray::default()),
    ]);
    let inner =
        table([("float", AMQPValue::Float(-0.25)), ("list", AMQPValue::FieldArray(list.clone()))]);
    table([
        ("S", AMQPValue::LongString("text, Größe, 兎".into())),
        ("S empty", AMQPValue::LongString("".into())),
        ("x", AMQPValue::ByteArray(b"\x00\x01\xfe\xff"[..].into())),
        ("t", AMQPValue::Boolean(true)),
        ("t false", AMQPValue::Boolean(false)),
        ("b", AMQPValue::ShortShortInt(i8::MIN)),
        ("B", AMQPValue::ShortShortUInt(u8::MAX)),
        ("s", AMQPValue::ShortInt(i16::MIN)),
        ("u", AMQPValue::ShortUInt(u16::MAX)),
        ("I", AMQPValue::LongInt(i32::MIN)),
        ("i", AMQPValue::LongUInt(u32::MAX)),
        ("l", AMQPValue::LongLongInt(i64::MIN)),
        ("l max", AMQPValue::LongLongInt(i64::MAX)),
        ("f", AMQPValue::Float(1.5)),
        ("d", AMQPValue::Double(std::f64::consts::PI)),
        ("D", AMQPValue::DecimalValue(DecimalValue { scale: 2, value: 31_415 })),
        ("T", AMQPValue::Timestamp(1_700_000_000)),
        ("V", AMQPValue::Void),
        ("A", AMQPValue::FieldArray(list)),
        ("F", AMQPValue::FieldTable(inner)),
        ("F empty", AMQPValue::FieldTable(FieldTable::default())),
    ])
}

pub async fn properties_all(t: Arc<Context>) -> Outcome {
    let channel = confirmed(&t).await?;
    let user = t.url.parse::<AMQPUri>()?.authority.userinfo.username;
    let sent = BasicProperties::default()
        .with_content_type("application/octet-stream".into())
        .with_content_encoding("identity".into())
        .with_headers(table([("key", AMQPValue::LongString("value".into()))]))
        .with_delivery_mode(2)
        .with_priority(9)
        .with_correlation_id("correlation-1".into())
        .with_reply_to("reply.queue".into())
        .with_expiration("3600000".into())
        .with_message_id("message-1".into())
        .with_timestamp(1_700_000_000)
        .with_type("type-1".into())
        .with_user_id(user.into())
        .with_app_id("app-1".into())
        .with_cluster_id("cluster-1".into());
    assert_eq!(there_and_back(&channel, &t, sent.clone()).await?, sent);
    Ok(())
}

pub async fn priorities_timestamps(t: Arc<Context>) -> Outcome {
    let channel = confirmed(&t).await?;
    for priority in PRIORITIES {
        let sent = BasicProperties::default().with_priority(priority);
        assert_eq!(there_and_back(&channel, &t, sent.clone()).await?, sent);
    }
    for timestamp in TIMESTAMPS {
        let sent = BasicProperties::default().with_timestamp(timestamp);
        assert_eq!(there_and_back(&channel, &t, sent.clone()).await?, sent);
    }
    Ok(())
}
