//! Asks the runner for a broker that only this scenario uses, to be blocked or killed under the
//! client: one socket, one line a request. `start` answers `ok <url>`; `kill`, `block` and
//! `unblock` answer `ok`. The runner ends the broker when the socket closes. What a broker takes to
//! start is no matter of the client's, so that it does not count for the scenario's time limit.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::sync::Mutex;

use crate::harness::{Context, Failure, Outcome, Skip};

const ANSWER_LIMIT: Duration = Duration::from_secs(60);

pub struct OwnBroker {
    context: Arc<Context>,
    control: Mutex<BufReader<TcpStream>>,
}

impl OwnBroker {
    pub async fn open(context: Arc<Context>) -> Result<Self, Failure> {
        let address = std::env::var("INTEROP_CONTROL").unwrap_or_default();
        if address.is_empty() {
            return Err(Skip("the runner did not start this broker, so it cannot kill it").into());
        }
        let control = BufReader::new(TcpStream::connect(address).await?);
        Ok(Self { context, control: Mutex::new(control) })
    }

    /// Starts it, for the first time or again; gives its URL.
    pub async fn start(&self) -> Result<String, Failure> {
        self.ask("start").await
    }

    /// Kills it with SIGKILL; returns when the process is gone.
    pub async fn kill(&self) -> Outcome {
        self.ask("kill").await.map(drop)
    }

    /// Raises its memory alarm.
    pub async fn block(&self) -> Outcome {
        self.ask("block").await.map(drop)
    }

    /// Clears the alarm.
    pub async fn unblock(&self) -> Outcome {
        self.ask("unblock").await.map(drop)
    }

    async fn ask(&self, request: &str) -> Result<String, Failure> {
        let exchange = async {
            let mut control = self.control.lock().await;
            let mut answer = String::new();
            control.write_all(format!("{request}\n").as_bytes()).await?;
            control.read_line(&mut answer).await?;
            Ok::<_, std::io::Error>(answer)
        };
        let answer = self.context.deadline.not_counting(ANSWER_LIMIT, exchange).await??;
        match answer.trim_end().split_once(' ').unwrap_or((answer.trim_end(), "")) {
            ("ok", rest) => Ok(rest.to_owned()),
            _ => Err(format!("broker control: {}", answer.trim_end()).into()),
        }
    }
}
