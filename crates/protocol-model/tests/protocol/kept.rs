//! The protocol as it is to be: whatever happens in whatever order, within the bounds.

use goalpost_protocol_model::Kind::{
    AnswerLoss, ConnectionLoss, DatabaseCrash, EngineCrash, Failure, Flush, LeaseLoss, RedisRestart,
    ReplicaCrash, StreamBreak, TermLoss, WorkerDeath,
};
use goalpost_protocol_model::{Kind, Shape};

use crate::{bounds, keeps_its_promises};

fn with_one_task(faults: &[Kind]) {
    keeps_its_promises(bounds(Shape::Alone, 2, 1, faults));
}

#[test]
fn two_engines_and_two_workers_share_two_tasks() {
    keeps_its_promises(bounds(Shape::Beside, 2, 2, &[]));
    keeps_its_promises(bounds(Shape::Beside, 2, 2, &[AnswerLoss]));
    keeps_its_promises(bounds(Shape::Chain, 2, 2, &[ConnectionLoss]));
    keeps_its_promises(bounds(Shape::Chain, 2, 2, &[ReplicaCrash]));
}

#[test]
fn an_engine_may_die_whatever_else_fails() {
    with_one_task(&[EngineCrash, AnswerLoss]);
    with_one_task(&[EngineCrash, ConnectionLoss]);
    with_one_task(&[EngineCrash, Flush]);
    with_one_task(&[EngineCrash, ReplicaCrash]);
}

#[test]
fn an_engine_may_be_taken_for_dead() {
    with_one_task(&[LeaseLoss, ConnectionLoss]);
    with_one_task(&[LeaseLoss, EngineCrash]);
}

#[test]
fn a_worker_may_die_or_come_to_another_engine() {
    with_one_task(&[StreamBreak, AnswerLoss]);
    with_one_task(&[StreamBreak, ConnectionLoss]);
    keeps_its_promises(bounds(Shape::Chain, 2, 2, &[WorkerDeath]));
}

#[test]
fn redis_may_lose_everything_twice() {
    with_one_task(&[Flush, Flush]);
    with_one_task(&[RedisRestart, RedisRestart]);
    with_one_task(&[Flush, RedisRestart]);
    with_one_task(&[Flush, ConnectionLoss]);
    keeps_its_promises(bounds(Shape::Beside, 2, 1, &[Flush]));
    keeps_its_promises(bounds(Shape::Beside, 2, 1, &[RedisRestart]));
}

#[test]
fn the_database_may_come_back_without_its_lazy_commits() {
    with_one_task(&[DatabaseCrash]);
}

#[test]
fn replicas_may_die_or_relay_at_the_same_time() {
    with_one_task(&[ReplicaCrash, TermLoss]);
    with_one_task(&[TermLoss, TermLoss]);
    with_one_task(&[Flush, TermLoss]);
}

#[test]
fn attempts_may_fail_and_their_timers_be_delivered_again() {
    with_one_task(&[Failure, ReplicaCrash]);
    with_one_task(&[Failure, Failure]);
    with_one_task(&[Failure, Flush]);
}

#[test]
#[ignore = "takes minutes and gigabytes"]
fn every_pair_of_faults_is_survived() {
    for (place, first) in Kind::ALL.into_iter().enumerate() {
        for second in &Kind::ALL[place..] {
            with_one_task(&[first, *second]);
        }
    }
}
