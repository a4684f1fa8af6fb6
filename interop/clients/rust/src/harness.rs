//! Runs a scenario and reports it on a line of its own: `ok name`, `not ok name - reason`,
//! `skip name - reason`, `# note name - text`. A scenario fails by an error or by a panic of an
//! assertion. Every scenario has a time limit; the connections that it opened are closed after it.

use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use lapin::uri::AMQPUri;
use lapin::{Connection, ConnectionProperties};
use tokio::task::JoinError;
use tokio::time::{Instant, timeout, timeout_at};

use crate::own_broker::OwnBroker;

const SCENARIO_LIMIT: Duration = Duration::from_secs(15);
const CLOSE_LIMIT: Duration = Duration::from_secs(3);
const LONGEST_REASON: usize = 500;

pub type Failure = Box<dyn Error + Send + Sync>;
pub type Outcome = Result<(), Failure>;
pub type Running = Pin<Box<dyn Future<Output = Outcome> + Send>>;

pub struct Scenario {
    pub name: &'static str,
    pub run: fn(Arc<Context>) -> Running,
}

/// The error of what this client or this run gives no way to do.
#[derive(Debug)]
pub struct Skip(pub &'static str);

impl fmt::Display for Skip {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0)
    }
}

impl Error for Skip {}

/// The end of a scenario's time.
pub struct Deadline(Mutex<Instant>);

impl Deadline {
    fn at(&self) -> Instant {
        *self.0.lock().expect("nobody panics with it")
    }

    /// Waits for what the runner and not the client takes its time for: that is not counted.
    pub async fn not_counting<F: Future>(
        &self,
        limit: Duration,
        work: F,
    ) -> Result<F::Output, Failure> {
        let started = Instant::now();
        *self.0.lock().expect("nobody panics with it") += limit;
        let result = timeout(limit, work).await;
        *self.0.lock().expect("nobody panics with it") -= limit.saturating_sub(started.elapsed());
        result.map_err(|_| format!("no answer of the runner after {} s", limit.as_secs()).into())
    }
}

/// What a scenario works with.
pub struct Context {
    /// amqp://user:password@host:port, without a path.
    pub url: String,
    /// Unique to this run and scenario: the stem of all names that it declares.
    pub name: String,
    pub deadline: Deadline,
    scenario: &'static str,
    links: Mutex<Vec<Arc<Connection>>>,
    broker: Mutex<Option<Arc<OwnBroker>>>,
}

impl Context {
    fn new(scenario: &'static str, url: &str) -> Self {
        Self {
            url: url.to_owned(),
            name: format!("interop.lapin.{}.{scenario}", std::process::id()),
            deadline: Deadline(Mutex::new(Instant::now() + SCENARIO_LIMIT)),
            scenario,
            links: Mutex::default(),
            broker: Mutex::default(),
        }
    }

    /// A connection that is closed after the scenario.
    pub async fn connect(&self) -> Result<Arc<Connection>, Failure> {
        self.connect_to(&self.url).await
    }

    pub async fn connect_to(&self, url: &str) -> Result<Arc<Connection>, Failure> {
        let uri = url.parse::<AMQPUri>()?;
        self.connect_with(uri, ConnectionProperties::default()).await
    }

    pub async fn connect_with(
        &self,
        uri: AMQPUri,
        properties: ConnectionProperties,
    ) -> Result<Arc<Connection>, Failure> {
        let link = Arc::new(Connection::connect_uri(uri, properties).await?);
        self.links.lock().expect("nobody panics with it").push(link.clone());
        Ok(link)
    }

    /// A broker of the scenario's own, started, and its URL; skips where there is none.
    pub async fn own_broker(self: &Arc<Self>) -> Result<(Arc<OwnBroker>, String), Failure> {
        let broker = Arc::new(OwnBroker::open(self.clone()).await?);
        *self.broker.lock().expect("nobody panics with it") = Some(broker.clone());
        let url = broker.start().await?;
        Ok((broker, url))
    }

    pub fn note(&self, text: &str) {
        println!("# note {} - {text}", self.scenario);
    }

    async fn close(&self) {
        let links = std::mem::take(&mut *self.links.lock().expect("nobody panics with it"));
        for link in links {
            // Many a scenario ends with connections that the broker closed or that are lost: that
            // closing one of those fails is nothing to report.
            let _ = timeout(CLOSE_LIMIT, link.close(200, "OK".into())).await;
        }
        // Not before: a connection that recovers would go on trying.
        *self.broker.lock().expect("nobody panics with it") = None;
    }
}

/// Runs a scenario and reports it; false when it failed.
pub async fn run(scenario: Scenario, url: &str) -> bool {
    let context = Arc::new(Context::new(scenario.name, url));
    let outcome = run_to_end(scenario.run, context.clone()).await;
    context.close().await;
    match outcome {
        Ok(()) => println!("ok {}", scenario.name),
        Err(error) if error.is::<Skip>() => println!("skip {} - {error}", scenario.name),
        Err(error) => {
            println!("not ok {} - {}", scenario.name, one_line(&error.to_string()));
            return false;
        }
    }
    true
}

async fn run_to_end(function: fn(Arc<Context>) -> Running, context: Arc<Context>) -> Outcome {
    let mut task = tokio::spawn(function(context.clone()));
    loop {
        let deadline = context.deadline.at();
        match timeout_at(deadline, &mut task).await {
            Ok(ended) => return ended.unwrap_or_else(|error| Err(panic_message(error).into())),
            // It was moved in the meantime.
            Err(_) if context.deadline.at() > deadline => {}
            Err(_) => {
                task.abort();
                return Err(format!("no end after {} s", SCENARIO_LIMIT.as_secs()).into());
            }
        }
    }
}

fn panic_message(error: JoinError) -> String {
    let Ok(panic) = error.try_into_panic() else { return "it was aborted".to_owned() };
    match panic.downcast::<String>() {
        Ok(text) => *text,
        Err(panic) => panic.downcast_ref::<&str>().copied().unwrap_or("a panic").to_owned(),
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(LONGEST_REASON).collect()
}
