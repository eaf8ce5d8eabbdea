//! Plans that were made before, in the planner's memory. It owns no table: another planner, or this one after a restart,
//! makes the same plan again.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

use goalpost_model::Digest;
use goalpost_planning::{Attempt, GoalRequest, Outcome, Rung};
use goalpost_proto::v1::PlanResponse;
use prost::Message as _;

use crate::answers;

/// Plans that are kept at most.
const MAX_PLANS: usize = 1_024;
/// Bytes that they have at most, as messages.
const MAX_BYTES: usize = 64 << 20;

/// Plans by the version of the catalog and the goal; those that were asked for last are kept.
#[derive(Debug, Default)]
pub(crate) struct Cached(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    plans: HashMap<Key, Plan>,
    /// By when they were asked for last.
    order: BTreeMap<u64, Key>,
    bytes: usize,
    now: u64,
}

/// Version of the catalog, goal.
type Key = (Digest, Digest);

#[derive(Debug)]
struct Plan {
    answer: PlanResponse,
    bytes: usize,
    asked_at: u64,
}

impl Cached {
    /// The plan for the goal: the one that is kept, or the one that is made now and then kept, if methods made it.
    pub(crate) fn plan(
        &self,
        version: Digest,
        goal: &GoalRequest,
        make: impl FnOnce() -> PlanResponse,
    ) -> PlanResponse {
        let key = (version, goal.key());
        if let Some(answer) = self.kept().find(key) {
            return found(answer);
        }
        let mut answer = make();
        let is_of = |rung: Rung| move |attempt: &goalpost_proto::v1::RungAttempt| attempt.rung == rung.name();
        let Some(place) = answer.attempts.iter().position(is_of(Rung::Htn)) else { return answer };
        if answer.blueprint.is_some() {
            self.kept().keep(key, answer.clone());
        }
        let reason = "no plan for this goal and this version of the catalog is kept".to_owned();
        let missed = Attempt { rung: Rung::Cached, outcome: Outcome::Skipped, reason };
        answer.attempts.insert(place, answers::attempt(missed));
        answer
    }

    /// What is kept stays whole whatever ends a call.
    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The answer with a plan that is kept: its last attempt was not made again.
fn found(mut answer: PlanResponse) -> PlanResponse {
    let made = answer.attempts.pop().map(|attempt| attempt.reason).unwrap_or_default();
    let reason = format!("made before by {}: {made}", answer.planned_by);
    answer.attempts.push(answers::attempt(Attempt { rung: Rung::Cached, outcome: Outcome::Planned, reason }));
    answer
}

impl Kept {
    fn find(&mut self, key: Key) -> Option<PlanResponse> {
        self.now += 1;
        let plan = self.plans.get_mut(&key)?;
        self.order.remove(&plan.asked_at);
        self.order.insert(self.now, key);
        plan.asked_at = self.now;
        Some(plan.answer.clone())
    }

    fn keep(&mut self, key: Key, answer: PlanResponse) {
        let bytes = answer.encoded_len();
        if bytes > MAX_BYTES {
            return;
        }
        self.now += 1;
        self.order.insert(self.now, key);
        self.bytes += bytes;
        if let Some(before) = self.plans.insert(key, Plan { answer, bytes, asked_at: self.now }) {
            self.order.remove(&before.asked_at);
            self.bytes -= before.bytes;
        }
        while self.plans.len() > MAX_PLANS || self.bytes > MAX_BYTES {
            let Some((_, oldest)) = self.order.pop_first() else { break };
            self.bytes -= self.plans.remove(&oldest).map_or(0, |plan| plan.bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use goalpost_proto::v1::{Blueprint, RungOutcome};

    use super::*;

    fn answer(rung: Rung, bytes: usize) -> PlanResponse {
        let attempt = Attempt { rung, outcome: Outcome::Planned, reason: "the pattern matched".into() };
        PlanResponse {
            blueprint: Some(Blueprint { name: "x".repeat(bytes), ..Blueprint::default() }),
            planned_by: "method m".into(),
            attempts: vec![answers::attempt(attempt)],
            ..PlanResponse::default()
        }
    }

    fn rungs(answer: &PlanResponse) -> Vec<(&str, RungOutcome)> {
        answer.attempts.iter().map(|attempt| (attempt.rung.as_str(), attempt.outcome())).collect()
    }

    #[test]
    fn a_plan_is_made_once_for_a_version_and_a_goal() {
        let cached = Cached::default();
        let (one, other) = (Digest::of(b"1"), Digest::of(b"2"));
        let goal = GoalRequest::text("g");
        let first = cached.plan(one, &goal, || answer(Rung::Htn, 1));
        assert_eq!(rungs(&first), [("cached", RungOutcome::Skipped), ("htn", RungOutcome::Planned)]);
        let second = cached.plan(one, &goal, || panic!("it is kept"));
        assert_eq!(rungs(&second), [("cached", RungOutcome::Planned)]);
        assert_eq!(second.attempts[0].reason, "made before by method m: the pattern matched");
        assert_eq!(second.blueprint, first.blueprint);
        let third = cached.plan(other, &goal, || answer(Rung::Htn, 2));
        assert_ne!(third.blueprint, first.blueprint);
    }

    #[test]
    fn only_plans_of_methods_are_kept() {
        let cached = Cached::default();
        let goal = GoalRequest::text("g");
        let template = cached.plan(Digest::of(b"1"), &goal, || answer(Rung::Template, 1));
        assert_eq!(rungs(&template), [("template", RungOutcome::Planned)]);
        let none = PlanResponse { blueprint: None, ..answer(Rung::Htn, 1) };
        cached.plan(Digest::of(b"1"), &goal, || none);
        let made = cached.plan(Digest::of(b"1"), &goal, || answer(Rung::Htn, 3));
        assert_eq!(made.attempts.len(), 2);
    }

    #[test]
    fn memory_is_bounded_and_those_asked_for_last_stay() {
        let cached = Cached::default();
        let version = Digest::of(b"1");
        let goal = |number: usize| GoalRequest::text(number.to_string());
        for number in 0..MAX_PLANS {
            cached.plan(version, &goal(number), || answer(Rung::Htn, 1));
        }
        cached.plan(version, &goal(0), || panic!("it is kept"));
        cached.plan(version, &goal(MAX_PLANS), || answer(Rung::Htn, 1));
        cached.plan(version, &goal(0), || panic!("it was asked for last"));
        assert_eq!(cached.plan(version, &goal(1), || answer(Rung::Htn, 1)).attempts.len(), 2);
        let kept = || {
            let kept = cached.kept();
            (kept.plans.len(), kept.order.len(), kept.bytes)
        };
        assert_eq!((kept().0, kept().1), (MAX_PLANS, MAX_PLANS));
        for number in 0..5 {
            cached.plan(version, &goal(10_000 + number), || answer(Rung::Htn, MAX_BYTES / 3));
        }
        assert!(kept().2 <= MAX_BYTES && kept().0 == kept().1, "{:?}", kept());
        cached.plan(version, &goal(20_000), || answer(Rung::Htn, MAX_BYTES + 1));
        assert!(kept().0 > 0);
    }
}
