//! The protocol with one rule broken: the checker finds what comes of it.

use goalpost_protocol_model::Kind::{
    ConnectionLoss, DatabaseCrash, EngineCrash, Failure, Flush, LeaseLoss, ReplicaCrash, StreamBreak,
    WorkerDeath,
};
use goalpost_protocol_model::Mutation::*;
use goalpost_protocol_model::Shape::{Alone, Beside, Chain};
use goalpost_protocol_model::properties::{ALL_END, NO_GAPS, NOTHING_STRANDED, RUNS_ONCE, STALE_IS_REFUSED};

use crate::{bounds, is_caught};

#[test]
fn the_outbox_is_drained_whatever_was_announced() {
    is_caught(NeverDrains, bounds(Alone, 1, 1, &[]), ALL_END);
    is_caught(ListensAfterDraining, bounds(Chain, 1, 1, &[]), ALL_END);
    is_caught(DrainsByCursor, bounds(Beside, 1, 1, &[Failure, ReplicaCrash]), NOTHING_STRANDED);
}

#[test]
fn a_row_goes_after_it_was_pushed() {
    is_caught(DeletesBeforePush, bounds(Alone, 1, 1, &[ReplicaCrash]), ALL_END);
}

#[test]
fn a_new_redis_is_told_of_everything_and_nothing_is_pushed_before() {
    is_caught(EpochNotChecked, bounds(Alone, 2, 1, &[EngineCrash, Flush]), NOTHING_STRANDED);
    is_caught(NothingToldAgain, bounds(Alone, 1, 1, &[Flush]), ALL_END);
    is_caught(TimersNotToldAgain, bounds(Alone, 1, 1, &[Failure, Flush]), ALL_END);
    is_caught(LostNotToldAgain, bounds(Alone, 2, 2, &[EngineCrash, WorkerDeath, Flush]), ALL_END);
    is_caught(TakersNotCut, bounds(Alone, 2, 1, &[EngineCrash, Flush]), ALL_END);
}

#[test]
fn what_a_dead_engine_took_and_ran_goes_on() {
    is_caught(NoGiveBack, bounds(Alone, 2, 1, &[EngineCrash]), ALL_END);
    is_caught(GivesBackWithoutCut, bounds(Alone, 2, 1, &[EngineCrash]), ALL_END);
    is_caught(ForgetsToWatch, bounds(Alone, 2, 1, &[EngineCrash]), ALL_END);
    is_caught(BuriesTheLiving, bounds(Alone, 2, 1, &[EngineCrash, LeaseLoss]), ALL_END);
    is_caught(LeavesLostAttempts, bounds(Alone, 2, 2, &[EngineCrash, WorkerDeath]), ALL_END);
}

#[test]
fn a_claim_is_durable_before_anything_rests_on_it() {
    is_caught(DispatchesBeforeCommit, bounds(Alone, 2, 1, &[EngineCrash]), RUNS_ONCE);
    is_caught(RemovesBeforeClaim, bounds(Alone, 2, 1, &[EngineCrash]), ALL_END);
    is_caught(ClaimsLazily, bounds(Alone, 1, 1, &[DatabaseCrash]), RUNS_ONCE);
}

#[test]
fn an_engine_that_is_behind_changes_nothing() {
    is_caught(NotFenced, bounds(Beside, 2, 2, &[]), NO_GAPS);
    is_caught(NotFenced, bounds(Beside, 2, 2, &[ReplicaCrash]), RUNS_ONCE);
    is_caught(RefusesFromMemory, bounds(Beside, 2, 2, &[Failure]), ALL_END);
}

#[test]
fn an_attempt_that_may_have_started_is_over_once_it_is_given_out_again() {
    is_caught(AcceptsStaleCompletions, bounds(Alone, 2, 1, &[StreamBreak]), STALE_IS_REFUSED);
    is_caught(KeepsTheAttempt, bounds(Alone, 2, 1, &[StreamBreak]), RUNS_ONCE);
}

#[test]
fn what_a_worker_cannot_end_is_given_out_again() {
    is_caught(ForgetsLostWorkers, bounds(Alone, 2, 2, &[WorkerDeath]), ALL_END);
    is_caught(LeavesUnheldAttempts, bounds(Alone, 2, 1, &[StreamBreak]), ALL_END);
}

/// The old take is handed an element that nobody reads, or that the end of the next take throws away.
#[test]
fn a_taker_that_connects_again_ends_its_old_connection() {
    is_caught(OldConnectionLives, bounds(Alone, 1, 1, &[ConnectionLoss]), ALL_END);
    is_caught(OldConnectionLives, bounds(Beside, 1, 1, &[ConnectionLoss]), ALL_END);
}

#[test]
fn a_timer_counts_once_and_stays_until_it_has_counted() {
    is_caught(TimerGoesWhenFired, bounds(Alone, 1, 1, &[Failure, Flush]), ALL_END);
    is_caught(TimerCountsTwice, bounds(Alone, 1, 1, &[Failure, ReplicaCrash]), RUNS_ONCE);
}

/// The worker gets the attempt again after its result was acknowledged, or the engine believes for good
/// that the worker still has it and gives it nothing more.
#[test]
fn a_repeated_delivery_is_no_claim_whose_answer_was_lost() {
    for broken in [AnswersClaimsFromMemory, ClaimsTwice] {
        is_caught(broken, bounds(Alone, 1, 1, &[ReplicaCrash]), RUNS_ONCE);
        is_caught(broken, bounds(Alone, 1, 1, &[ReplicaCrash]), NOTHING_STRANDED);
    }
}

/// Nobody watches a buried engine: what it takes or runs from then on is lost with it.
#[test]
fn a_buried_engine_takes_and_owns_nothing() {
    is_caught(TakesAfterBurial, bounds(Alone, 2, 1, &[EngineCrash, LeaseLoss]), ALL_END);
    is_caught(OwnsAfterBurial, bounds(Alone, 2, 2, &[EngineCrash, WorkerDeath, LeaseLoss]), ALL_END);
}
