//! Lanes, turns and processing lists against a simple model, whatever happens in whatever order.

use std::collections::{BTreeMap, VecDeque};

use goalpost_model::{Lane, Priority};
use goalpost_queue::{Depth, List, Queue, Taker};
use goalpost_testkit::TestRedis;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use uuid::Uuid;

use crate::{command, lane, push_on, start};

const TAKERS: usize = 3;

#[derive(Clone, Debug)]
enum Step {
    Push {
        lane: usize,
        count: usize,
    },
    Take {
        taker: usize,
        max: usize,
    },
    Keep {
        taker: usize,
        kept: usize,
    },
    Done {
        taker: usize,
    },
    /// One of those that it has.
    Finish {
        taker: usize,
        place: usize,
    },
    /// Its connection ends, and it comes back.
    Reconnect {
        taker: usize,
    },
    /// Its connection ends between the two commands of a take.
    LoseWithTurn {
        taker: usize,
    },
    /// It is found dead.
    GiveBackAll {
        taker: usize,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let taker = || 0..TAKERS;
    prop_oneof![
        6 => (0..lanes().len(), 1_usize..40).prop_map(|(lane, count)| Step::Push { lane, count }),
        8 => (taker(), 1_usize..60).prop_map(|(taker, max)| Step::Take { taker, max }),
        2 => (taker(), 0_usize..20).prop_map(|(taker, kept)| Step::Keep { taker, kept }),
        4 => taker().prop_map(|taker| Step::Done { taker }),
        4 => (taker(), 0_usize..60).prop_map(|(taker, place)| Step::Finish { taker, place }),
        1 => taker().prop_map(|taker| Step::Reconnect { taker }),
        1 => taker().prop_map(|taker| Step::LoseWithTurn { taker }),
        1 => taker().prop_map(|taker| Step::GiveBackAll { taker }),
    ]
}

fn lanes() -> Vec<Lane> {
    let one = Priority::ALL.iter().map(|priority| lane("one", *priority));
    one.chain([lane("two", Priority::Normal), lane("three", Priority::High)]).collect()
}

/// What the lane may be given at once while others wait: as documented.
fn quantum(lane: &Lane) -> usize {
    match lane.parts().1 {
        Priority::Low => 4,
        Priority::Normal => 16,
        Priority::High => 64,
    }
}

/// What has to be where.
#[derive(Default)]
struct Model {
    waiting: BTreeMap<Lane, VecDeque<String>>,
    takers: [Held; TAKERS],
    pushed: usize,
    /// What others were given since the lane has something and was not given anything.
    passed_over: BTreeMap<Lane, usize>,
}

#[derive(Clone, Default)]
struct Held {
    elements: Vec<String>,
    has_turn: bool,
}

/// An element says where it belongs.
fn lane_of(element: &str) -> Lane {
    element.split_once('/').unwrap().0.parse().unwrap()
}

impl Model {
    fn elements(&self) -> usize {
        self.waiting.values().map(VecDeque::len).sum()
    }

    fn turns(&self) -> usize {
        self.waiting.len() - self.takers.iter().filter(|held| held.has_turn).count()
    }

    fn push(&mut self, lane: &Lane, count: usize) -> Vec<String> {
        let numbers = self.pushed..self.pushed + count;
        self.pushed += count;
        let elements: Vec<String> = numbers.map(|number| format!("{lane}/{number}")).collect();
        self.waiting.entry(lane.clone()).or_default().extend(elements.iter().cloned());
        elements
    }

    /// They must be the first ones of their lanes, in order.
    fn taken(&mut self, taker: usize, elements: &[String]) {
        for element in elements {
            let lane = lane_of(element);
            let waiting = self.waiting.get_mut(&lane).expect("something that waits");
            assert_eq!(waiting.pop_front().as_ref(), Some(element));
            if waiting.is_empty() {
                self.waiting.remove(&lane);
            }
            self.passed_over.remove(&lane);
        }
        self.takers[taker].elements.extend_from_slice(elements);
        self.nobody_starves(elements);
    }

    /// While a lane waits, each other one is given its quantum once. A lane whose turn somebody holds
    /// waits for that turn to come back, which is another one's affair.
    fn nobody_starves(&mut self, elements: &[String]) {
        if self.takers.iter().any(|held| held.has_turn) {
            return;
        }
        let all: usize = lanes().iter().map(quantum).sum();
        for lane in self.waiting.keys().filter(|lane| elements.iter().all(|taken| lane_of(taken) != **lane)) {
            let passed = self.passed_over.entry(lane.clone()).or_default();
            *passed += elements.len();
            assert!(*passed <= all - quantum(lane), "{lane} was passed over");
        }
    }

    fn give_back(&mut self, taker: usize, kept: usize) {
        let held = &mut self.takers[taker].elements;
        let back = held.split_off(kept.min(held.len()));
        for element in back.into_iter().rev() {
            self.waiting.entry(lane_of(&element)).or_default().push_front(element);
        }
    }

    /// A turn goes back to the head: who is behind it waits anew.
    fn turn_back(&mut self, taker: usize) {
        self.takers[taker].has_turn = false;
        self.passed_over.clear();
    }
}

struct Case<'a> {
    redis: &'a TestRedis,
    queue: &'a Queue,
    list: List,
    ids: [Uuid; TAKERS],
    takers: [Option<Taker>; TAKERS],
    model: Model,
}

impl<'a> Case<'a> {
    fn new(redis: &'a TestRedis, queue: &'a Queue) -> Self {
        // Each case is alone on its list.
        let (list, ids) = (List::ready(&Uuid::now_v7().to_string()), [(); TAKERS].map(|()| Uuid::now_v7()));
        Self { redis, queue, list, ids, takers: [const { None }; TAKERS], model: Model::default() }
    }

    async fn taker(&mut self, taker: usize) -> &mut Taker {
        if self.takers[taker].is_none() {
            let opened = self.queue.taker(self.ids[taker], self.list.clone()).await.unwrap();
            self.takers[taker] = Some(opened);
        }
        self.takers[taker].as_mut().unwrap()
    }

    async fn step(&mut self, step: Step) {
        match step {
            Step::Push { lane, count } => {
                let lane = &lanes()[lane];
                let elements = self.model.push(lane, count);
                let elements: Vec<&str> = elements.iter().map(String::as_str).collect();
                push_on(self.queue, &self.list, lane, &elements).await;
            }
            Step::Take { taker, max } => self.take(taker, max).await,
            Step::Keep { taker, kept } => {
                if self.takers[taker].is_some() {
                    self.taker(taker).await.keep(kept).await.unwrap();
                    self.model.give_back(taker, kept);
                }
            }
            Step::Done { taker } => {
                if let Some(open) = &mut self.takers[taker] {
                    open.done().await.unwrap();
                    self.model.takers[taker].elements.clear();
                }
            }
            Step::Finish { taker, place } => {
                let held = &mut self.model.takers[taker].elements;
                if place < held.len() {
                    self.queue.finish(self.ids[taker], &self.list, &held.remove(place)).await.unwrap();
                }
            }
            Step::Reconnect { taker } => self.takers[taker] = None,
            Step::LoseWithTurn { taker } => self.lose_with_turn(taker).await,
            Step::GiveBackAll { taker } => self.give_back_all(taker).await,
        }
        self.depth_is_right().await;
    }

    async fn take(&mut self, taker: usize, max: usize) {
        let held = self.model.takers[taker].clone();
        if self.takers[taker].is_none() && !held.elements.is_empty() {
            assert_eq!(self.taker(taker).await.take(max).await.unwrap(), held.elements);
            return;
        }
        // A take without a turn would wait.
        if self.model.turns() + usize::from(held.has_turn) == 0 {
            return;
        }
        if held.has_turn {
            self.model.turn_back(taker);
        }
        let taken = self.taker(taker).await.take(max).await.unwrap();
        assert!(!taken.is_empty() && taken.len() <= max);
        self.model.taken(taker, &taken);
    }

    async fn lose_with_turn(&mut self, taker: usize) {
        let held = &self.model.takers[taker];
        if !held.elements.is_empty() || held.has_turn || self.model.turns() == 0 {
            return;
        }
        self.taker(taker).await;
        // The script that a take counts on is gone when its turn has come.
        command(self.redis, "SCRIPT FLUSH").await;
        assert!(self.taker(taker).await.take(1).await.is_err());
        self.takers = [const { None }; TAKERS];
        self.model.takers[taker].has_turn = true;
    }

    async fn give_back_all(&mut self, taker: usize) {
        self.takers[taker] = None;
        let given = self.queue.give_back_all(self.ids[taker]).await.unwrap();
        assert_eq!(given, self.model.takers[taker].elements.len() as u64);
        self.model.give_back(taker, 0);
        self.model.turn_back(taker);
    }

    async fn depth_is_right(&self) {
        // A lane whose turn somebody holds is not seen.
        if self.model.takers.iter().any(|held| held.has_turn) {
            return;
        }
        let depth = self.queue.depths().await.unwrap().remove(&self.list).unwrap_or_default();
        let (elements, lanes) = (self.model.elements() as u64, self.model.waiting.len() as u64);
        assert_eq!(depth, Depth { elements, lanes });
    }

    /// Everything that was pushed and not dealt with is still there, once.
    async fn empty(mut self) {
        for taker in 0..TAKERS {
            self.give_back_all(taker).await;
        }
        self.depth_is_right().await;
        while self.model.elements() > 0 {
            self.take(0, 50).await;
            self.step(Step::Done { taker: 0 }).await;
        }
    }
}

#[test]
fn nothing_is_lost_or_doubled_and_order_is_kept_and_nobody_starves() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (redis, queue) = runtime.block_on(start());
    let mut runner = TestRunner::new(Config { cases: 100, failure_persistence: None, ..Config::default() });
    let steps = proptest::collection::vec(step(), 1..80);
    let outcome = runner.run(&steps, |steps| {
        runtime.block_on(async {
            let mut case = Case::new(&redis, &queue);
            for step in steps {
                case.step(step).await;
            }
            case.empty().await;
        });
        Ok(())
    });
    outcome.unwrap();
}
