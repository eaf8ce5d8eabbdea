//! Everything that can happen.

use crate::element::Element;
use crate::faults::Fault;

/// One thing that happens, all at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Of an engine.
    Engine(usize, EngineAction),
    /// Of a worker.
    Worker(usize, WorkerAction),
    /// Of a relay.
    Relay(usize, RelayAction),
    /// Of the watch over takers.
    Deaths(DeathsAction),
    /// A retry's time has come.
    Fire(usize),
    /// Redis hands an element to a take whose other end is gone.
    GhostTakes(usize, Element),
    /// Redis finds out that the other end is gone.
    GhostEnds(usize),
    /// Something breaks.
    Fault(Fault),
}

/// What an engine does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EngineAction {
    /// It takes its lock again and registers.
    Register,
    /// It connects to Redis again.
    Connect,
    /// It takes an element.
    Take(Element),
    /// It promises the attempt a worker's place.
    Place(Element, usize),
    /// It has no place for the attempt and puts it back.
    PutBack(Element),
    /// It commits the claim.
    Claim,
    /// It sends the attempt.
    Dispatch,
    /// It carries out an order.
    Obey(Element),
    /// It has dealt with all that it took.
    Done,
    /// It lets a worker in.
    LetIn(usize),
    /// It records a result.
    Record,
    /// It finds that a worker's stream is gone.
    Notice(usize),
    /// A worker's grace time is over.
    Forget(usize),
}

/// What a worker does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WorkerAction {
    /// It opens a stream to an engine.
    Greet(usize),
    /// An attempt arrives.
    Begin(Element),
    /// An attempt succeeds.
    Succeed(Element),
    /// It sends a result.
    Send(Element),
    /// A result is acknowledged.
    Acknowledge(Element),
}

/// What a relay does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RelayAction {
    /// A replica becomes active and listens.
    Start,
    /// It asks for the epoch; if that was not told, it cuts the takers.
    EnsureEpoch,
    /// It reads everything undelivered.
    Read,
    /// It tells the epoch.
    Tell,
    /// It drains the outbox.
    Drain,
    /// It commits what it drained.
    Keep,
    /// It listens; only where that comes last.
    Listen,
    /// It pushes an announced row.
    Push(Element),
    /// It deletes what it pushed.
    Delete,
    /// It finds that the epoch is over.
    NoticeEpoch,
    /// It finds that it lost its lock.
    Stop,
}

/// What the watch over takers does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DeathsAction {
    /// It begins to watch.
    Start,
    /// It gets the lock of a taker.
    Lock(usize),
    /// It cuts its connections.
    Cut(usize),
    /// It gives back what the taker had and notes its death.
    Bury(usize),
    /// The taker's grace time is over.
    Lose(usize),
}
