//! Where the patterns are played: a running system, and a worker that holds back what it is told to.

use std::collections::BTreeSet;

use goalpost_client::v1::{Blueprint, EventType, Goal, GoalState, SignalGoalRequest};
use goalpost_client::{Client, NewGoal};
use goalpost_proto::value_from_json;
use serde_json::Value;
use tokio::sync::watch;

use crate::by_hand::{ended, seen};
use crate::harness::{OnStores, TestWorker, on_stores, worker};

type Names = watch::Sender<BTreeSet<String>>;

/// A system with a worker.
pub(super) struct Stage {
    on: OnStores,
    worker: TestWorker,
    /// Tasks whose attempts do not end.
    held: Names,
    /// Those of them whose workers were told to stop.
    stopped: Names,
}

impl Stage {
    pub(super) async fn new() -> Self {
        let on = on_stores().await;
        let (held, stopped) = (Names::default(), Names::default());
        let (holding, stopping) = (held.clone(), stopped.clone());
        let worker = worker(&on.system.endpoints.graph_engine, move |attempt, input| {
            let (mut held, stopped) = (holding.subscribe(), stopping.clone());
            async move {
                let name = attempt.task().to_owned();
                if held.borrow().contains(&name) {
                    let name = name.clone();
                    // The handler is dropped when it is told to stop; this outlives it.
                    tokio::spawn(async move {
                        attempt.cancelled().await;
                        stopped.send_modify(|stopped| stopped.extend([name]));
                    });
                }
                held.wait_for(|held| !held.contains(&name)).await.unwrap();
                Ok(input)
            }
        });
        Self { on, worker, held, stopped }
    }

    /// The blueprint, which is to have no finding.
    pub(super) async fn scene(&self, blueprint: Blueprint) -> Scene<'_> {
        let client = self.on.system.client();
        let plan = client.preview(NewGoal::blueprint(blueprint.clone())).await.unwrap();
        assert_eq!(plan.findings, [], "{}", blueprint.name);
        Scene { stage: self, client, blueprint }
    }

    pub(super) async fn verify(&self) {
        self.worker.assert_nothing_ran_twice();
        self.on.system.verify().await;
    }
}

/// A blueprint on the stage.
pub(super) struct Scene<'a> {
    stage: &'a Stage,
    client: Client,
    pub(super) blueprint: Blueprint,
}

impl<'a> Scene<'a> {
    /// From now on the attempts of these tasks, and of no others, do not end until they are let go.
    pub(super) fn hold(&self, tasks: &[&str]) {
        self.stage.held.send_replace(tasks.iter().map(|&task| task.to_owned()).collect());
        self.stage.stopped.send_replace(BTreeSet::new());
    }

    pub(super) async fn begin(&self, input: Value) -> Play<'_> {
        let input = input.as_object().unwrap().clone();
        let goal = NewGoal::blueprint(self.blueprint.clone()).input(input);
        let id = self.client.submit(goal).await.unwrap().id;
        Play { scene: self, id }
    }

    /// Runs it to its end, which is to be a success.
    pub(super) async fn run(&self, input: Value) -> Story {
        self.begin(input).await.succeeds().await
    }
}

/// A goal that runs.
pub(super) struct Play<'a> {
    scene: &'a Scene<'a>,
    pub(super) id: String,
}

impl Play<'_> {
    pub(super) async fn started(&self, task: &str) {
        self.seen(EventType::AttemptStarted, task).await;
    }

    pub(super) async fn succeeded(&self, task: &str) {
        self.seen(EventType::TaskSucceeded, task).await;
    }

    pub(super) async fn waits(&self, task: &str) {
        self.seen(EventType::TaskWaiting, task).await;
    }

    async fn seen(&self, kind: EventType, task: &str) {
        seen(&self.scene.stage.on.system, &self.id, kind, task).await;
    }

    pub(super) fn let_go(&self, task: &str) {
        self.scene.stage.held.send_modify(|held| assert!(held.remove(task), "{task} is not held"));
    }

    pub(super) async fn signal(&self, name: &str, payload: Value) {
        let payload = Some(value_from_json(payload));
        let signal = SignalGoalRequest {
            id: self.id.clone(),
            name: name.to_owned(),
            payload,
            ..SignalGoalRequest::default()
        };
        self.scene.client.signal(signal).await.unwrap();
    }

    pub(super) async fn cancel(&self) {
        self.scene.client.cancel(&self.id, "another time").await.unwrap();
    }

    /// Waits until the worker of a held task was told to stop.
    pub(super) async fn stopped(&self, task: &str) {
        let mut stopped = self.scene.stage.stopped.subscribe();
        stopped.wait_for(|stopped| stopped.contains(task)).await.unwrap();
    }

    pub(super) async fn succeeds(&self) -> Story {
        let story = self.ends().await;
        assert_eq!(story.goal.state(), GoalState::Succeeded, "{:?} {:?}", story.goal.failure, story.words);
        story
    }

    pub(super) async fn ends(&self) -> Story {
        let (goal, words) = ended(&self.scene.stage.on.system, &self.id).await;
        Story { goal, words }
    }
}

/// What has happened.
pub(super) struct Story {
    pub(super) goal: Goal,
    words: Vec<String>,
}

impl Story {
    /// How often this has happened.
    pub(super) fn count(&self, word: &str) -> usize {
        self.words.iter().filter(|other| *other == word).count()
    }

    /// Checks that each of these happened, once, and each after the one before.
    pub(super) fn tells(&self, words: &[&str]) {
        for word in words {
            assert_eq!(self.count(word), 1, "{word}: {:?}", self.words);
        }
        let place = |word: &str| self.words.iter().position(|other| other == word).unwrap();
        assert!(words.is_sorted_by_key(|word| place(word)), "{words:?} is not the order of {:?}", self.words);
    }

    /// Checks that of these tasks just some have run, and the others were skipped.
    pub(super) fn ran_only(&self, some: &[&str], of: &[&str]) {
        for task in of {
            let ran = usize::from(some.contains(task));
            assert_eq!(self.count(&format!("ATTEMPT_STARTED {task}")), ran, "{task}: {:?}", self.words);
            assert_eq!(self.count(&format!("TASK_SKIPPED {task}")), 1 - ran, "{task}: {:?}", self.words);
        }
    }

    pub(super) fn result(&self) -> Value {
        serde_json::to_value(self.goal.result.as_ref().unwrap()).unwrap()
    }
}
