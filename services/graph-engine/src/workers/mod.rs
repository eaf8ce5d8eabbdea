//! The workers' side: streams, credits, and the way from lists to streams.

mod away;
mod heartbeats;
mod hello;
mod messages;
mod ready;
mod sessions;
mod stream;

pub(crate) use away::send_away_unregistered;
pub(crate) use hello::read_attempt;
pub(crate) use ready::Offered;
pub(crate) use sessions::Sessions;
pub(crate) use stream::{Work, lose};
