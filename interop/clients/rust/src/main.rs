//! The program: runs the shared scenarios with lapin, one after the other. See harness.rs for what
//! a scenario can use, and interop/runner/programs.ts for the environment and the output.

mod harness;
mod link;
mod own_broker;
mod scenarios;

use std::collections::HashSet;
use std::process::ExitCode;

const WORKERS: usize = 2;

const LOCK_FILE: &str = include_str!("../Cargo.lock");

fn main() -> ExitCode {
    let Ok(url) = std::env::var("INTEROP_URL") else {
        eprintln!("INTEROP_URL is missing");
        return ExitCode::from(2);
    };
    let names = std::env::var("INTEROP_SCENARIOS").unwrap_or_default();
    let asked: HashSet<&str> = names.split(' ').collect();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .enable_all()
        .build()
        .expect("a runtime");
    println!("# client lapin {}", lapin_version());
    let all_passed = runtime.block_on(async {
        let mut all_passed = true;
        for scenario in scenarios::all().into_iter().filter(|each| asked.contains(each.name)) {
            all_passed &= harness::run(scenario, &url).await;
        }
        all_passed
    });
    if all_passed { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// lapin itself does not tell its version; the lock file says which one was built.
fn lapin_version() -> &'static str {
    LOCK_FILE
        .split("name = \"lapin\"\nversion = \"")
        .nth(1)
        .and_then(|rest| rest.split('"').next())
        .unwrap_or("unknown")
}
