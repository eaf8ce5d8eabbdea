//! The workloads, each in its own file.

pub(crate) mod chains;
pub(crate) mod diamonds;
pub(crate) mod fan_out;
pub(crate) mod idle;
pub(crate) mod latency;
pub(crate) mod planning;
pub(crate) mod scale;
pub(crate) mod soak;
pub(crate) mod start;
pub(crate) mod traces;

use goalpost_worker::{Attempt, Failure, Worker};
use serde_json::Value;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::Error;
use crate::system::System;

/// Attempts that the worker runs at once.
const CONCURRENCY: u32 = 2_000;

/// A worker in this process, connected over real gRPC.
pub(crate) struct Workers {
    stop: CancellationToken,
    task: JoinHandle<Result<(), goalpost_worker::Error>>,
}

pub(crate) async fn start_workers(system: &System) -> Result<Workers, Error> {
    let worker = Worker::builder(system.endpoints.graph_engine.clone())
        .name("bench")
        .max_concurrency(CONCURRENCY)
        .capability("bench.noop", hand_on)
        .capability(goalpost_wfformat::CAPABILITY, goalpost_example_wfformat::sleep)
        .build()?;
    let stop = CancellationToken::new();
    let task = tokio::spawn(worker.run(stop.clone()));
    Ok(Workers { stop, task })
}

async fn hand_on(_: Attempt, input: Value) -> Result<Value, Failure> {
    Ok(input)
}

impl Workers {
    pub(crate) async fn stop(self) -> Result<(), Error> {
        self.stop.cancel();
        Ok(self.task.await??)
    }
}
