//! The goals of a run: submitted with a key and as often as it takes, watched, some of them cancelled,
//! some with a hand in them.

mod approval;
pub(crate) mod catalog;
pub(crate) mod graphs;
mod hands;
mod pieces;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use goalpost_client::v1::Priority;
use goalpost_client::{Client, Error, NewGoal};
use goalpost_proto::blueprint_from_model;
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tonic::Code;

use self::hands::{Handled, Plan};
use self::pieces::Hand;
use crate::random::Random;
use crate::records::Records;
use crate::watchers;

/// How long a client waits for an answer before it asks again.
const PATIENCE: Duration = Duration::from_secs(5);
/// Connections of clients.
const CLIENTS: u64 = 4;

/// Whose goals there are; those of the first are many.
const NAMESPACES: [&str; 4] = ["crowd", "crowd", "crowd", "quiet"];

/// The clients of a run.
#[derive(Clone)]
pub(crate) struct Workload {
    seed: u64,
    clients: Arc<[Client]>,
    records: Arc<Records>,
}

impl Workload {
    /// Clients that submit at this address.
    pub(crate) fn new(seed: u64, entrance: &str, records: Arc<Records>) -> Result<Self, Error> {
        let clients: Result<Vec<Client>, Error> = (0..CLIENTS).map(|_| Client::connect(entrance)).collect();
        Ok(Self { seed, clients: clients?.into(), records })
    }

    /// Submits goals until `stop`, so many open at once. Returns when every one of them was
    /// followed to its end.
    pub(crate) async fn run(self, open: usize, stop: CancellationToken) {
        let (room, goals) = (Arc::new(Semaphore::new(open)), TaskTracker::new());
        for number in 0.. {
            let permit = tokio::select! {
                permit = Arc::clone(&room).acquire_owned() => permit,
                () = stop.cancelled() => break,
            };
            let workload = self.clone();
            goals.spawn(async move {
                Box::pin(workload.see_through(number)).await;
                drop(permit);
            });
        }
        goals.close();
        goals.wait().await;
    }

    /// One goal, from its submission to its end.
    async fn see_through(&self, number: u64) {
        let mut random = Random::of(self.seed, "clients", number);
        let client = &self.clients[usize::try_from(number % CLIENTS).unwrap_or_default()];
        let goal = Goal::draw(self.seed, number);
        self.records.requested(&goal.request_id);
        let Some(id) = self.submit(client, &goal).await else { return };
        let repeated = random.chance(10);
        let cancelled = random.chance(12).then(|| random.millis(0, 1_500));
        let watcher = Random::of(self.seed, "watchers", number);
        let handled = Handled { workload: self, client, id: &id, request_id: &goal.request_id };
        let hands = goal.tasks.as_ref().map(|tasks| Plan::draw(&mut random, goal.hands.clone(), tasks));
        let hands_random = Random::of(self.seed, "hands", number);
        tokio::join!(
            watchers::watch(client, &id, watcher, &self.records),
            async {
                if let Some(plan) = &hands {
                    Box::pin(handled.follow(plan, hands_random)).await;
                }
            },
            async {
                if goal.is_guarded {
                    approval::give(self, client, &id).await;
                }
            },
            async {
                if repeated {
                    self.submit(client, &goal).await;
                }
            },
            async {
                if let Some(after) = cancelled {
                    sleep(after).await;
                    let answer = self.ask("a cancellation", || client.cancel(&id, "chaos")).await;
                    answer.iter().for_each(|answer| self.records.answered(&goal.request_id, answer));
                }
            },
        );
        let answer = self.ask("a look at a goal", || client.get(&id)).await;
        answer.iter().for_each(|answer| self.records.answered(&goal.request_id, answer));
    }

    async fn submit(&self, client: &Client, goal: &Goal) -> Option<String> {
        let answer = self.ask("a submission", || client.submit(goal.wanted.clone())).await?;
        self.records.accepted(&goal.request_id, &answer);
        Some(answer.id)
    }

    /// Asks until there is an answer; `None` if it is one that must not be.
    async fn ask<T, F: Future<Output = Result<T, Error>>>(
        &self,
        what: &str,
        call: impl Fn() -> F,
    ) -> Option<T> {
        let mut pause = Duration::from_millis(50);
        loop {
            match timeout(PATIENCE, call()).await {
                Ok(Ok(answer)) => return Some(answer),
                Ok(Err(error)) if !passes(&error) => {
                    self.records.mishap(format!("{what} was answered with {:?}: {error}", error.code()));
                    return None;
                }
                Ok(Err(_)) | Err(_) => {}
            }
            sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(1));
        }
    }
}

/// What a call is answered while something is away. An internal error is the transport's only
/// if no service gave a reason for it.
pub(crate) fn passes(error: &Error) -> bool {
    match error.code() {
        Some(Code::Internal) => error.reason().is_none(),
        Some(code) => matches!(
            code,
            Code::Unavailable
                | Code::DeadlineExceeded
                | Code::Cancelled
                | Code::Unknown
                | Code::Aborted
                | Code::ResourceExhausted
        ),
        None => false,
    }
}

/// A goal before it is submitted.
#[derive(Clone, Debug)]
pub(crate) struct Goal {
    /// The client's key.
    pub(crate) request_id: String,
    /// What is asked for.
    wanted: NewGoal,
    /// Whether each condition holds where it is asked.
    pub(crate) truths: BTreeMap<String, bool>,
    /// The tasks of its own graph, if it is put together from pieces or comes to change.
    pub(crate) tasks: Option<Vec<String>>,
    /// Those of them that can be undone.
    pub(crate) undoable: Vec<String>,
    /// What somebody outside has to do.
    hands: Vec<Hand>,
    /// Whether its plan has to be approved.
    is_guarded: bool,
}

impl Goal {
    /// The goal of this number.
    pub(crate) fn draw(seed: u64, number: u64) -> Self {
        let mut random = Random::of(seed, "goals", number);
        let request_id = format!("{number}");
        let (mut truths, mut tasks) = (BTreeMap::new(), None);
        let (mut undoable, mut hands) = (Vec::new(), Vec::new());
        let kind = random.below(100);
        let wanted = if kind < 5 {
            let (errand, names) = catalog::ERRAND;
            tasks = Some(names.map(str::to_owned).to_vec());
            NewGoal::of_type(errand)
        } else if kind < 10 {
            let (condition, holds) = catalog::CONDITION;
            truths.insert(condition.to_owned(), holds);
            NewGoal::text(catalog::REHEARSAL)
        } else if kind < 55 {
            let assembled = pieces::assemble(&mut random);
            tasks = Some(assembled.blueprint.tasks.iter().map(|task| task.name.clone()).collect());
            let undone = assembled.blueprint.tasks.iter().filter(|task| task.compensate_with.is_some());
            undoable = undone.map(|task| task.name.clone()).collect();
            hands = assembled.hands;
            NewGoal::blueprint(blueprint_from_model(&assembled.blueprint))
        } else {
            let graph = graphs::draw(&mut random);
            truths = graph.truths;
            NewGoal::blueprint(blueprint_from_model(&graph.blueprint)).input(graph.input)
        };
        let wanted = wanted.request_id(&request_id).namespace(*random.pick(&NAMESPACES));
        let priority = random.weighted(&[(6, Priority::Normal), (2, Priority::High), (2, Priority::Low)]);
        let wanted = wanted.priority(priority);
        let is_guarded = random.chance(12);
        let wanted = if is_guarded { wanted.policy(approval::policy()) } else { wanted };
        Self { wanted, request_id, truths, tasks, undoable, hands, is_guarded }
    }
}
