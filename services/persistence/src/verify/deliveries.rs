//! What is in Redis against what PostgreSQL says is undelivered.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::time::Duration;

use goalpost_model::{EngineId, Lane, WorkflowId};
use goalpost_queue::{Contents, Element, List};
use goalpost_store::history::{self, Violation};
use goalpost_store::outbox::{Delivery, Outbox};
use goalpost_store::takers;
use uuid::Uuid;

use crate::Context;
use crate::active::Error;
use crate::republish::Pages;

/// A list and an element of it.
type Key = (List, String);

/// What is not as it should be.
#[derive(Default)]
pub(super) struct Deliveries {
    /// Undelivered according to the state, and neither in the outbox nor in Redis.
    missing: BTreeMap<Key, Lane>,
    /// Waiting in Redis, and wanted by nobody.
    stale: BTreeMap<Key, Lane>,
    /// Lanes that hold something, and whose turn will never come.
    turnless: BTreeSet<(List, Lane)>,
    /// Takers that are gone and have taken something.
    takers: BTreeSet<Uuid>,
    /// Lists of engines that are gone.
    lists: BTreeSet<List>,
}

impl Deliveries {
    /// One look: the state first, then the outbox, then Redis, which is the way that a delivery goes.
    pub(super) async fn look(context: &Context, only: Option<WorkflowId>) -> Result<Self, Error> {
        let mut wanted = wanted(context).await?;
        let mut found: HashSet<Key> = HashSet::new();
        for row in history::in_outbox(&context.store).await? {
            found.extend(row.list.parse().ok().map(|list| (list, row.element)));
        }
        let Contents { waiting, taken, turnless } = context.queue.contents().await?;
        let known: HashSet<Uuid> =
            takers::known(&context.store, patience(context)).await?.into_iter().collect();
        let mut wrong = Self { turnless, ..Self::default() };
        for Element { list, lane, text } in waiting {
            match engine_of(&list) {
                Some(engine) if !known.contains(&engine) => drop(wrong.lists.insert(list)),
                Some(_) => {}
                None => {
                    let key = (list, text);
                    if !wanted.contains_key(&key) {
                        wrong.stale.insert(key.clone(), lane);
                    }
                    found.insert(key);
                }
            }
        }
        for (taker, list, text) in taken {
            if !known.contains(&taker) {
                wrong.takers.insert(taker);
            }
            found.insert((list, text));
        }
        wanted.retain(|key, _| !found.contains(key));
        wrong.missing.extend(wanted);
        if let Some(only) = only {
            wrong.keep_only(only);
        }
        Ok(wrong)
    }

    pub(super) fn is_empty(&self) -> bool {
        let Self { missing, stale, turnless, takers, lists } = self;
        missing.is_empty() && stale.is_empty() && turnless.is_empty() && takers.is_empty() && lists.is_empty()
    }

    /// What two looks have found.
    pub(super) fn both(mut self, other: Self) -> Self {
        self.missing.retain(|key, _| other.missing.contains_key(key));
        self.stale.retain(|key, _| other.stale.contains_key(key));
        self.turnless.retain(|lane| other.turnless.contains(lane));
        self.takers.retain(|taker| other.takers.contains(taker));
        self.lists.retain(|list| other.lists.contains(list));
        self
    }

    /// What waits in vain breaks no promise: whoever takes it drops it. It only takes up room.
    pub(super) fn pass_over_stale(&mut self) {
        self.stale.clear();
    }

    /// Of the others nothing is said: they belong to no workflow.
    fn keep_only(&mut self, only: WorkflowId) {
        self.missing.retain(|(_, text), _| workflow_of(text) == Some(only));
        self.stale.retain(|(_, text), _| workflow_of(text) == Some(only));
        (self.turnless, self.takers, self.lists) = Default::default();
    }

    /// Mends all of it. What is delivered again goes the way of every delivery.
    pub(super) async fn mend(&self, context: &Context) -> Result<(), Error> {
        let again: Vec<Delivery> = self
            .missing
            .iter()
            .map(|((list, text), lane)| Delivery {
                id: 0,
                list: list.to_string(),
                lane: lane.as_str().to_owned(),
                element: text.clone(),
            })
            .collect();
        if !again.is_empty() {
            history::deliver_again(&context.store, &again).await?;
        }
        for ((list, text), lane) in &self.stale {
            let element = Element { list: list.clone(), lane: lane.clone(), text: text.clone() };
            context.queue.remove_element(&element).await?;
        }
        for (list, lane) in &self.turnless {
            context.queue.add_turn(list, lane).await?;
        }
        for taker in &self.takers {
            context.queue.give_back_all(*taker).await?;
        }
        for list in &self.lists {
            context.queue.remove(list).await?;
        }
        Ok(())
    }

    pub(super) fn violations(&self, repaired: bool) -> Vec<Violation> {
        let tell = |kind: &str, workflow, message, done| Violation {
            kind: kind.to_owned(),
            workflow,
            message,
            repaired: repaired.then_some(done),
        };
        let missing = self.missing.keys().map(|(list, text)| {
            let message = format!("{text} should be on the list {list}, and is delivered nowhere");
            tell("UNDELIVERED", workflow_of(text), message, "delivered again")
        });
        let stale = self.stale.keys().map(|(list, text)| {
            let message = format!("{text} waits on the list {list}, and nobody needs it");
            tell("STALE_DELIVERY", workflow_of(text), message, "removed from the list")
        });
        let turnless = self.turnless.iter().map(|(list, lane)| {
            let message = format!("the lane {} of the list {list} has no turn", lane.as_str());
            tell("LANE_WITHOUT_TURN", None, message, "given a turn")
        });
        let takers = self.takers.iter().map(|taker| {
            let message = format!("{taker} is gone, and what it had taken was not given back");
            tell("ORPHANED_TAKE", None, message, "given back")
        });
        let lists = self.lists.iter().map(|list| {
            let message = format!("the list {list} belongs to an engine that is gone");
            tell("ORPHANED_LIST", None, message, "removed")
        });
        missing.chain(stale).chain(turnless).chain(takers).chain(lists).collect()
    }
}

/// After the grace time of a dead engine it takes a moment until what it left is in order.
fn patience(context: &Context) -> Duration {
    context.engine_grace.now() * 2
}

/// Everything that PostgreSQL says is undelivered.
async fn wanted(context: &Context) -> Result<HashMap<Key, Lane>, Error> {
    let session = Outbox::open(&context.store).await?;
    let mut pages = Pages::new(session.client(), patience(context));
    let mut wanted = HashMap::new();
    while let Some(page) = pages.next().await? {
        wanted.extend(page.into_iter().map(|Element { list, lane, text }| ((list, text), lane)));
    }
    Ok(wanted)
}

/// The engine that a list of orders belongs to.
fn engine_of(list: &List) -> Option<Uuid> {
    let name = list.to_string();
    let engine: EngineId = name.strip_prefix("engine:")?.parse().ok()?;
    Some(engine.0)
}

/// The workflow that an element is about.
fn workflow_of(text: &str) -> Option<WorkflowId> {
    text.split(':').next()?.parse().ok()
}
