//! `goalpost get`.

use super::{Target, show};
use crate::failure::Failure;
use crate::session::Session;

pub(crate) async fn run(session: &Session, target: Target) -> Result<(), Failure> {
    show(session, &session.client()?.get(&target.id).await?)
}
