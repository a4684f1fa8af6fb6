//! Scenarios of each exchange type: declare, bind, publish, look which queue got what.

use std::sync::Arc;

use lapin::options::ExchangeBindOptions;
use lapin::types::{AMQPValue, FieldTable};
use lapin::{BasicProperties, Channel, ExchangeKind};

use crate::harness::{Context, Failure, Outcome};
use crate::link::{
    bind, confirm_channel, declare_exchange, declare_exclusive, publish, publish_with, take_all,
};

const KEYS: [&str; 6] = ["stock.usd.nyse", "stock", "stock.usd", "quick.orange.rabbit", "a..b", ""];

const TOPICS: [(&str, &[&str]); 7] = [
    ("stock.*.nyse", &["stock.usd.nyse"]),
    ("stock.#", &["stock.usd.nyse", "stock", "stock.usd"]),
    ("#", &KEYS),
    ("*.orange.*", &["quick.orange.rabbit"]),
    ("*", &["stock"]),
    ("a.*.b", &["a..b"]),
    ("#.usd.#", &["stock.usd.nyse", "stock.usd"]),
];

/// An exchange named as the scenario, on a confirm channel: what is sent is in its queues then.
struct Setting {
    name: String,
    channel: Channel,
}

impl Setting {
    async fn make(t: &Context, kind: ExchangeKind) -> Result<Self, Failure> {
        let channel = confirm_channel(&*t.connect().await?).await?;
        declare_exchange(&channel, &t.name, kind).await?;
        Ok(Self { name: t.name.clone(), channel })
    }

    async fn queue(&self, suffix: &str) -> Result<String, Failure> {
        let queue = format!("{}.{suffix}", self.name);
        declare_exclusive(&self.channel, &queue).await?;
        Ok(queue)
    }

    async fn bind(&self, queue: &str, key: &str) -> Outcome {
        Ok(bind(&self.channel, queue, &self.name, key, FieldTable::default()).await?)
    }

    /// Publishes each key with itself as the body.
    async fn send(&self, keys: &[&str]) -> Outcome {
        for key in keys {
            publish(&self.channel, &self.name, key, key).await?;
        }
        Ok(())
    }

    async fn received(&self, queue: &str) -> Result<Vec<String>, Failure> {
        take_all(&self.channel, queue).await
    }
}

pub async fn direct(t: Arc<Context>) -> Outcome {
    let s = Setting::make(&t, ExchangeKind::Direct).await?;
    let (red, both) = (s.queue("red").await?, s.queue("both").await?);
    s.bind(&red, "red").await?;
    s.bind(&both, "red").await?;
    s.bind(&both, "blue").await?;
    s.send(&["red", "blue", "redder"]).await?;
    assert_eq!(s.received(&red).await?, ["red"]);
    assert_eq!(s.received(&both).await?, ["red", "blue"]);
    let (queue, exchange) = (both.as_str().into(), s.name.as_str().into());
    s.channel.queue_unbind(queue, exchange, "red".into(), FieldTable::default()).await?;
    s.send(&["red", "blue"]).await?;
    assert_eq!(s.received(&both).await?, ["blue"]);
    Ok(())
}

pub async fn fanout(t: Arc<Context>) -> Outcome {
    let s = Setting::make(&t, ExchangeKind::Fanout).await?;
    let queues = [s.queue("1").await?, s.queue("2").await?, s.queue("3").await?];
    for queue in &queues {
        s.bind(queue, "ignored").await?;
    }
    s.send(&["any", ""]).await?;
    for queue in &queues {
        assert_eq!(s.received(queue).await?, ["any", ""]);
    }
    Ok(())
}

pub async fn topic(t: Arc<Context>) -> Outcome {
    let s = Setting::make(&t, ExchangeKind::Topic).await?;
    for (pattern, _) in TOPICS {
        s.bind(&s.queue(pattern).await?, pattern).await?;
    }
    s.send(&KEYS).await?;
    for (pattern, expected) in TOPICS {
        assert_eq!(s.received(&format!("{}.{pattern}", s.name)).await?, expected, "{pattern}");
    }
    Ok(())
}

pub async fn headers(t: Arc<Context>) -> Outcome {
    let s = Setting::make(&t, ExchangeKind::Headers).await?;
    let (every, some) = (s.queue("all").await?, s.queue("any").await?);
    for (queue, x_match) in [(&every, "all"), (&some, "any")] {
        let arguments = texts(&[("x-match", x_match), ("format", "pdf"), ("kind", "report")]);
        bind(&s.channel, queue, &s.name, "", arguments).await?;
    }
    for (body, pairs) in [
        ("both", &[("format", "pdf"), ("kind", "report")][..]),
        ("one", &[("format", "pdf"), ("kind", "log")]),
        ("other", &[("format", "zip")]),
        ("bare", &[]),
    ] {
        let properties = BasicProperties::default().with_headers(texts(pairs));
        publish_with(&s.channel, &s.name, "", body.as_bytes(), properties).await?;
    }
    assert_eq!(s.received(&every).await?, ["both"]);
    assert_eq!(s.received(&some).await?, ["both", "one"]);
    Ok(())
}

pub async fn exchange_to_exchange(t: Arc<Context>) -> Outcome {
    let s = Setting::make(&t, ExchangeKind::Topic).await?;
    let (inner, target) = (format!("{}.fanout", t.name), s.queue("target").await?);
    declare_exchange(&s.channel, &inner, ExchangeKind::Fanout).await?;
    s.channel
        .exchange_bind(
            inner.as_str().into(),
            s.name.as_str().into(),
            "log.#".into(),
            ExchangeBindOptions::default(),
            FieldTable::default(),
        )
        .await?;
    bind(&s.channel, &target, &inner, "", FieldTable::default()).await?;
    // A second way to the same queue must not give a second copy.
    s.bind(&target, "log.error").await?;
    s.send(&["log.error", "log.info", "other"]).await?;
    assert_eq!(s.received(&target).await?, ["log.error", "log.info"]);
    Ok(())
}

fn texts(pairs: &[(&str, &str)]) -> FieldTable {
    let mut table = FieldTable::default();
    for (key, value) in pairs {
        table.insert((*key).into(), AMQPValue::LongString((*value).into()));
    }
    table
}
