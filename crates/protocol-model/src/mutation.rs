//! The rules of the protocol, each broken once.

/// One rule that is not kept. The checker has to find what comes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mutation {
    // The relay.
    /// It reads the outbox by `id > cursor`; ids are drawn in another order than commits come.
    DrainsByCursor,
    /// It trusts notifications alone: nothing is drained at its start.
    NeverDrains,
    /// It drains, and only then listens.
    ListensAfterDraining,
    /// It deletes what it drains before it has pushed it.
    DeletesBeforePush,
    /// It pushes without a look at the epoch.
    EpochNotChecked,
    /// A new epoch is told nothing.
    NothingToldAgain,
    /// A new epoch is told of ready attempts, not of lost ones.
    LostNotToldAgain,
    /// A new epoch is told of ready attempts, not of timers.
    TimersNotToldAgain,
    /// Takers keep their connections in a new epoch, which has forgotten whose they are.
    TakersNotCut,

    // The watch over takers.
    /// What a dead taker had taken stays in its processing list.
    NoGiveBack,
    /// It is given back while a blocked take of the dead taker goes on.
    GivesBackWithoutCut,
    /// The taker can register again while its death is dealt with.
    BuriesTheLiving,
    /// A new active replica watches those alone that register from then on.
    ForgetsToWatch,
    /// The running attempts of a dead engine are nobody's affair.
    LeavesLostAttempts,

    // The engine.
    /// The attempt goes to the worker before its claim is durable.
    DispatchesBeforeCommit,
    /// The element leaves the processing list before the claim is durable.
    RemovesBeforeClaim,
    /// A write passes whatever the history's number is.
    NotFenced,
    /// A claim is committed lazily: a crash of the database may lose it.
    ClaimsLazily,
    /// A write that names an old attempt is taken for one of the latest.
    AcceptsStaleCompletions,
    /// What is given out again keeps its attempt number.
    KeepsTheAttempt,
    /// A session that does not come back is forgotten together with its attempts.
    ForgetsLostWorkers,
    /// An attempt that was committed for a session and never reached it is left to it.
    LeavesUnheldAttempts,
    /// What a claim is refused with comes from memory, however old.
    RefusesFromMemory,
    /// A taker that connects again leaves its old connection blocked, which may be half open.
    OldConnectionLives,

    // Timers.
    /// The row of a timer goes when it fires.
    TimerGoesWhenFired,
    /// A timer that comes again counts again.
    TimerCountsTwice,

    // Rules of who may claim.
    /// A claim of an attempt that runs at this engine for this session is answered as its own, as
    /// far as memory goes, though no write of it can have passed (`engine/batch.rs`, `event_of`): a
    /// repeated delivery is dispatched once more.
    AnswersClaimsFromMemory,
    /// The same, with the workflow read again first: freshness alone does not mend it.
    ClaimsTwice,
    /// An engine that was buried goes on to take from lists before it is registered again
    /// (`crates/queue`, `retire`).
    TakesAfterBurial,
    /// An engine that was buried goes on to claim and adopt attempts before it is registered again
    /// (V0003, `refuse_dead`).
    OwnsAfterBurial,
}
