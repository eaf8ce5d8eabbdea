//! What a task of the workload does when a worker runs it, as its input says.

use goalpost_worker::{Attempt, Failure};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::time::{Duration, sleep};

use crate::ledger::{Ledger, Mark};

/// The capabilities of the workload: each has a delivery list of its own.
pub const CAPABILITIES: [&str; 2] = ["chaos.step", "chaos.other"];
/// Makes the graph that its input says, for tasks that extend their workflow.
pub const MAKES_GRAPHS: &str = "chaos.plan";
/// Why an attempt fails that fails on purpose.
pub const ON_PURPOSE: &str = "ON_PURPOSE";

/// The input of a task. What flows in beside it is not looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Behaviour {
    /// How long an attempt takes.
    pub ms: u64,
    /// Attempts up to this number fail.
    pub fail_first: u32,
    /// What comes out.
    pub value: i64,
    /// The key that its task has to hold; its number says how many may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// The output of a task.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// As the input says.
    pub value: i64,
}

/// The input of a task that makes a graph.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Making {
    /// How making it goes.
    #[serde(flatten)]
    pub behaviour: Behaviour,
    /// What is made.
    pub blueprint: Value,
}

/// Makes a graph, and writes down that it did.
pub async fn make(ledger: &Ledger, attempt: Attempt, making: Making) -> Result<Value, Failure> {
    run(ledger, attempt, making.behaviour).await?;
    Ok(making.blueprint)
}

/// Runs an attempt and writes down that it did.
pub async fn run(ledger: &Ledger, attempt: Attempt, behaviour: Behaviour) -> Result<Output, Failure> {
    let mut execution = Execution::begin(ledger, &attempt);
    sleep(Duration::from_millis(behaviour.ms)).await;
    if attempt.number() <= behaviour.fail_first {
        execution.mark = Mark::Failed;
        return Err(Failure::new(ON_PURPOSE, format!("attempt {}", attempt.number())));
    }
    execution.mark = Mark::Succeeded;
    Ok(Output { value: behaviour.value })
}

/// An execution in the ledger, from its begin to its end: one that is dropped was stopped.
struct Execution<'a> {
    ledger: &'a Ledger,
    attempt: &'a Attempt,
    mark: Mark,
}

impl<'a> Execution<'a> {
    fn begin(ledger: &'a Ledger, attempt: &'a Attempt) -> Self {
        let execution = Self { ledger, attempt, mark: Mark::Stopped };
        execution.write(Mark::Begun);
        execution
    }

    fn write(&self, mark: Mark) {
        self.ledger.write(self.attempt.workflow_id(), self.attempt.task(), self.attempt.number(), mark);
    }
}

impl Drop for Execution<'_> {
    fn drop(&mut self) {
        self.write(self.mark);
    }
}
