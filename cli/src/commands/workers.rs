//! `goalpost workers`.

use clap::Args;
use goalpost_client::v1::{ListWorkersRequest, ListWorkersResponse};

use super::{Paging, tell_of_more};
use crate::failure::Failure;
use crate::session::Session;
use crate::view::operations;

/// AWAY is a worker whose connection is lost: it may come back within the grace time. BUSY is how many attempts it has, of
/// how many it takes at once.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Only workers that offer this capability.
    #[arg(long, default_value = "")]
    capability: String,
    #[command(flatten)]
    paging: Paging,
}

pub(crate) async fn run(session: &Session, arguments: Arguments) -> Result<(), Failure> {
    let client = session.client()?;
    let found = arguments.paging.collect(async |page_size, page_token| {
        let capability = arguments.capability.clone();
        let page = client.list_workers(ListWorkersRequest { page_size, page_token, capability }).await?;
        Ok((page.workers, page.next_page_token))
    });
    let (workers, next_page_token) = found.await?;
    let found = ListWorkersResponse { workers, next_page_token };
    session.show(&found, || operations::workers(&found.workers))?;
    tell_of_more(session, &found.next_page_token);
    Ok(())
}
