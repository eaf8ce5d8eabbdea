//! Callers who submit goal after goal, and what they see of whatever happens meanwhile.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use goalpost_client::v1::GoalState;
use goalpost_client::{Client, NewGoal};
use goalpost_testkit::wait_for;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::harness::chain;

/// Callers at once.
const CALLERS: usize = 8;
/// Tasks of each goal.
const TASKS: usize = 3;

/// A load that goes on until it is told to stop.
pub(crate) struct Load {
    completed: Arc<Mutex<Vec<Instant>>>,
    stop: Arc<AtomicBool>,
    callers: JoinSet<()>,
}

impl Load {
    /// Begins. No caller accepts any failure beyond what the client itself repeats.
    pub(crate) fn start(client: &Client) -> Self {
        let (completed, stop) = (Arc::default(), Arc::default());
        let mut callers = JoinSet::new();
        for _ in 0..CALLERS {
            callers.spawn(call(client.clone(), Arc::clone(&completed), Arc::clone(&stop)));
        }
        Self { completed, stop, callers }
    }

    /// Waits until so many more goals have ended.
    pub(crate) async fn more(&self, goals: usize) {
        self.more_than(self.count(), goals).await;
    }

    /// Has something happen, waits until so many more goals have ended, and answers with the longest time
    /// meanwhile in which none ended.
    pub(crate) async fn longest_gap_during(
        &self,
        goals: usize,
        happening: impl Future<Output = ()>,
    ) -> Duration {
        let before = self.count();
        happening.await;
        self.more_than(self.count(), goals).await;
        longest_gap(&self.completed.lock().unwrap()[before.saturating_sub(1)..])
    }

    async fn more_than(&self, count: usize, goals: usize) {
        let until = count + goals;
        wait_for(format!("{goals} more goals"), async || (self.count() >= until).then_some(())).await;
    }

    fn count(&self) -> usize {
        self.completed.lock().unwrap().len()
    }

    /// Lets every caller see the end of its goal. Answers with the longest time in which no goal ended.
    pub(crate) async fn stop(mut self) -> Report {
        self.stop.store(true, Ordering::Relaxed);
        while let Some(caller) = self.callers.join_next().await {
            caller.unwrap();
        }
        let completed = self.completed.lock().unwrap();
        Report { goals: completed.len(), longest_gap: longest_gap(&completed) }
    }
}

fn longest_gap(completed: &[Instant]) -> Duration {
    completed.windows(2).map(|two| two[1] - two[0]).max().unwrap_or_default()
}

/// What the callers saw.
pub(crate) struct Report {
    goals: usize,
    longest_gap: Duration,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} goals, none of them ended for {:?} at the longest", self.goals, self.longest_gap)
    }
}

impl Report {
    /// How many attempts that makes.
    pub(crate) fn attempts(&self) -> usize {
        self.goals * TASKS
    }
}

async fn call(client: Client, completed: Arc<Mutex<Vec<Instant>>>, stop: Arc<AtomicBool>) {
    while !stop.load(Ordering::Relaxed) {
        let goal = NewGoal::blueprint(chain(TASKS)).request_id(Uuid::now_v7().to_string());
        let goal = client.submit(goal).await.unwrap();
        let ended = client.wait(&goal.id).await.unwrap();
        assert_eq!(ended.state(), GoalState::Succeeded, "{:?}", ended.failure);
        completed.lock().unwrap().push(Instant::now());
    }
}
