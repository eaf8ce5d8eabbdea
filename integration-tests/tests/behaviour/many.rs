//! Many small workflows at once, whatever becomes of the stores meanwhile.

use std::collections::HashSet;

use futures::StreamExt as _;
use goalpost_client::v1::{GoalState, VerifyRequest};
use goalpost_client::{Client, NewGoal};
use goalpost_testkit::wait_for;

use crate::harness::{System, TestWorker, chain, echo_worker, folder};

pub(crate) const WORKFLOWS: usize = 1_000;
/// Tasks of each.
const LENGTH: usize = 3;
/// Callers at once.
const CALLERS: usize = 50;
/// What workers and engines have to come back in: as much as without a setting, since it is not
/// what is tested.
const GRACE: [&str; 2] = ["--worker-grace-ms", "5000"];

/// A system with a worker.
pub(crate) struct Many {
    pub(crate) system: System,
    worker: TestWorker,
}

impl Many {
    /// Starts a system with these arguments.
    pub(crate) async fn start(arguments: &[&str]) -> Self {
        let arguments: Vec<String> = arguments.iter().chain(&GRACE).copied().map(str::to_owned).collect();
        let system = System::start(folder(), &arguments).await;
        let worker = echo_worker(&system.endpoints.graph_engine);
        Self { system, worker }
    }

    /// Returns when some attempts have begun and most have not.
    pub(crate) async fn middle(&self) {
        self.begun_at_least(WORKFLOWS / 2).await;
    }

    /// Returns when that many attempts have begun.
    pub(crate) async fn begun_at_least(&self, attempts: usize) {
        let what = format!("{attempts} attempts");
        wait_for(what, async || (self.begun() >= attempts).then_some(())).await;
    }

    /// Submits all goals during the fault, and waits for their ends: all have succeeded, no attempt
    /// ran twice, and every history is in order.
    pub(crate) async fn survive(&self, fault: impl Future<Output = ()>) {
        let client = self.system.client();
        let (goals, ()) = tokio::join!(submit(&client), fault);
        assert_eq!(goals.iter().collect::<HashSet<_>>().len(), WORKFLOWS, "each goal is stored once");
        for goal in &goals {
            let ended = wait_for("the end of a goal", async || client.wait(goal).await.ok()).await;
            assert_eq!(ended.state(), GoalState::Succeeded, "{:?}", ended.failure);
        }
        self.worker.assert_nothing_ran_twice();
        assert!(self.begun() >= WORKFLOWS * LENGTH, "only {} attempts were begun", self.begun());
        wait_for("the verification", async || {
            self.system.persistence().await.verify(VerifyRequest::default()).await.ok()
        })
        .await;
        self.system.verify().await;
    }

    fn begun(&self) -> usize {
        self.worker.begun.lock().unwrap().len()
    }
}

/// Each goal once, however often it has to be submitted.
async fn submit(client: &Client) -> Vec<String> {
    let submissions = (0..WORKFLOWS).map(|number| async move {
        let goal = NewGoal::blueprint(chain(LENGTH)).request_id(format!("goal-{number}"));
        wait_for("the submission", async || client.submit(goal.clone()).await.ok()).await.id
    });
    futures::stream::iter(submissions).buffer_unordered(CALLERS).collect().await
}
