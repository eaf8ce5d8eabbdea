//! What clients do to goals that run, while things break: signals and approvals, graphs that are brought, pauses,
//! tasks ended by hand, goals opened again.

use std::time::Duration;

use goalpost_client::v1::{
    ExtendGoalRequest, Goal, GoalBudget, ResolveApprovalRequest, SignalGoalRequest, SkipTaskRequest,
};
use goalpost_client::{Client, Error};
use goalpost_model::GoalState;
use goalpost_proto::{blueprint_from_model, value_from_json};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;
use tonic::Code;

use super::pieces::{Hand, small};
use super::{PATIENCE, Workload, passes};
use crate::random::Random;

/// Between two tries of what could not be done yet.
pub(super) const PAUSE: Duration = Duration::from_millis(200);
/// How long after its end a goal may still be opened again, by a call that somebody gave up long ago.
const AFTERMATH: Duration = Duration::from_secs(12);

/// What is to be done to a goal.
pub(super) struct Plan {
    pub(super) hands: Vec<Hand>,
    /// When it is paused, and for how long.
    pauses: Option<(Duration, Duration)>,
    /// A task that is ended by hand, when, and whether as if it had succeeded.
    skips: Option<(String, Duration, bool)>,
    /// When it may make no more than so many attempts, and for how long.
    budget: Option<(Duration, i64, Duration)>,
    /// Whether it is opened again when it has ended badly, and whether with all of it.
    retries: Option<bool>,
}

impl Plan {
    pub(super) fn draw(random: &mut Random, hands: Vec<Hand>, tasks: &[String]) -> Self {
        let pauses = random.chance(25).then(|| (random.millis(0, 1_500), random.millis(0, 2_500)));
        let skips = random
            .chance(8)
            .then(|| (random.pick(tasks).clone(), random.millis(0, 2_000), random.chance(50)));
        let retries = random.chance(70).then(|| random.chance(30));
        let budget = random.chance(15).then(|| {
            let attempts = i64::try_from(1 + random.below(6)).unwrap_or(1);
            (random.millis(0, 1_000), attempts, random.millis(0, 2_500))
        });
        Self { hands, pauses, skips, budget, retries }
    }
}

/// A goal that somebody has a hand in.
pub(super) struct Handled<'a> {
    pub(super) workload: &'a Workload,
    pub(super) client: &'a Client,
    pub(super) id: &'a str,
    pub(super) request_id: &'a str,
}

impl Handled<'_> {
    /// Does all of it, and returns when the goal has ended for good.
    pub(super) async fn follow(&self, plan: &Plan, mut random: Random) {
        for round in 0.. {
            let over = CancellationToken::new();
            let mut others = (random.clone(), random.clone(), random.clone());
            tokio::join!(
                async {
                    self.wait_for_the_end().await;
                    over.cancel();
                },
                self.lend_hands(plan, round, &mut others.0, &over),
                self.pause(plan.pauses.filter(|_| round == 0), &over),
                self.skip(plan.skips.as_ref().filter(|_| round == 0), &over),
                self.bound(plan.budget, round == 0, &over),
            );
            random.below(2);
            let reopened = match plan.retries.filter(|_| round == 0) {
                Some(all) => self.retry(all).await,
                None => false,
            };
            // Who gave up a call does not know what has become of it.
            if !reopened && !self.is_opened_again(plan).await {
                return;
            }
        }
    }

    async fn retry(&self, all: bool) -> bool {
        if all {
            self.workload.records.retries_all(self.request_id);
        }
        // What has succeeded, was undone or has nothing to try again is refused.
        self.tell("a retry", &CancellationToken::new(), false, || self.client.retry(self.id, all)).await
    }

    async fn is_opened_again(&self, plan: &Plan) -> bool {
        let quiet = if plan.retries.is_some() { AFTERMATH } else { Duration::ZERO };
        let until = Instant::now() + quiet;
        while Instant::now() < until {
            sleep(PAUSE).await;
            if !self.has_ended().await {
                return true;
            }
        }
        false
    }

    async fn wait_for_the_end(&self) {
        while !self.has_ended().await {
            sleep(PAUSE).await;
        }
    }

    async fn has_ended(&self) -> bool {
        let ended = |goal: &Goal| {
            let word = goal.state().as_str_name().trim_start_matches("GOAL_STATE_");
            word.parse().is_ok_and(GoalState::is_terminal)
        };
        matches!(timeout(PATIENCE, self.client.get(self.id)).await, Ok(Ok(goal)) if ended(&goal))
    }

    async fn lend_hands(&self, plan: &Plan, round: usize, random: &mut Random, over: &CancellationToken) {
        for (number, hand) in plan.hands.iter().enumerate() {
            sleep(random.millis(0, 400)).await;
            match hand {
                Hand::Signal(name) => self.signal(name, format!("{round}-{number}"), random, over).await,
                Hand::Decide(task, approved) => self.decide(task, *approved || round > 0, over).await,
                Hand::Extend(task) => self.extend(task, &small(3), over).await,
                // Without a task.
                Hand::Add(part) => self.extend("", part, over).await,
            }
        }
    }

    /// One signal, sent once or more often.
    async fn signal(&self, name: &str, signal_id: String, random: &mut Random, over: &CancellationToken) {
        let request = SignalGoalRequest {
            id: self.id.to_owned(),
            name: name.to_owned(),
            payload: Some(value_from_json(json!({"value": 1}))),
            signal_id: signal_id.clone(),
        };
        let times = random.weighted(&[(6, 1), (3, 2), (1, 3)]);
        let calls =
            (0..times).map(|_| self.tell("a signal", over, true, || self.client.signal(request.clone())));
        if futures::future::join_all(calls).await.contains(&true) {
            self.workload.records.signalled(self.request_id, signal_id);
        }
    }

    async fn decide(&self, task: &str, approved: bool, over: &CancellationToken) {
        let request = ResolveApprovalRequest {
            id: self.id.to_owned(),
            task: task.to_owned(),
            approved,
            by: "chaos".to_owned(),
            reason: String::new(),
        };
        self.tell("a decision", over, true, || self.client.resolve_approval(request.clone())).await;
    }

    async fn extend(&self, task: &str, blueprint: &Value, over: &CancellationToken) {
        let blueprint = serde_json::from_value(blueprint.clone()).ok();
        let request = ExtendGoalRequest {
            id: self.id.to_owned(),
            task: task.to_owned(),
            blueprint: blueprint.map(|blueprint| blueprint_from_model(&blueprint)),
        };
        self.tell("an extension", over, true, || self.client.extend(request.clone())).await;
    }

    /// Pauses it, and resumes it again and again: a pause may come late.
    async fn pause(&self, pauses: Option<(Duration, Duration)>, over: &CancellationToken) {
        let Some((after, lasts)) = pauses else { return };
        sleep(after).await;
        self.tell("a pause", over, false, || self.client.pause(self.id, "chaos")).await;
        sleep(lasts).await;
        while !over.is_cancelled() {
            self.tell("a resumption", over, false, || self.client.resume(self.id)).await;
            sleep(Duration::from_secs(1)).await;
        }
    }

    /// Bounds its attempts the `first` time, and takes the bound away again and again: one may come late, or stay when
    /// the goal ends under it and is opened again.
    async fn bound(&self, budget: Option<(Duration, i64, Duration)>, first: bool, over: &CancellationToken) {
        let Some((after, attempts, lasts)) = budget else { return };
        let to = |attempts| GoalBudget { attempts: Some(attempts), ..GoalBudget::default() };
        if first {
            sleep(after).await;
            self.tell("a budget", over, false, || self.client.set_budget(self.id, to(attempts))).await;
            sleep(lasts).await;
        }
        while !over.is_cancelled() {
            self.tell("the end of a budget", over, false, || self.client.set_budget(self.id, to(0))).await;
            sleep(Duration::from_secs(1)).await;
        }
    }

    async fn skip(&self, skips: Option<&(String, Duration, bool)>, over: &CancellationToken) {
        let Some((task, after, succeeds)) = skips else { return };
        sleep(*after).await;
        let request = SkipTaskRequest {
            id: self.id.to_owned(),
            task: task.clone(),
            reason: "chaos".to_owned(),
            output: succeeds.then(|| value_from_json(json!({"value": 1}))),
        };
        self.tell("a task ended by hand", over, false, || self.client.skip_task(request.clone())).await;
    }

    /// Asks until it is done or the goal is over; or, if it is not `waits`, refused. Whether it was done.
    async fn tell<F: Future<Output = Result<Goal, Error>>>(
        &self,
        what: &str,
        over: &CancellationToken,
        waits: bool,
        call: impl Fn() -> F,
    ) -> bool {
        while !over.is_cancelled() {
            match timeout(PATIENCE, call()).await {
                Ok(Ok(_)) => return true,
                Ok(Err(error)) if is_refused(&error) && !waits => return false,
                Ok(Err(error)) if !passes(&error) && !is_refused(&error) => {
                    let message =
                        format!("{what} for {} was answered with {:?}: {error}", self.id, error.code());
                    self.workload.records.mishap(message);
                    return false;
                }
                Ok(Err(_)) | Err(_) => sleep(PAUSE).await,
            }
        }
        false
    }
}

/// The goal is not where this could be done; it may come there.
fn is_refused(error: &Error) -> bool {
    matches!(error.code(), Some(Code::FailedPrecondition | Code::InvalidArgument))
}
