//! `goalpost get`.

use super::{Target, print};
use crate::failure::Failure;

pub(crate) async fn run(target: Target) -> Result<(), Failure> {
    print(&target.client()?.get(&target.id).await?, target.json)
}
