//! `goalpost queues`.

use clap::Args;
use goalpost_client::v1::{ListQueuesRequest, ListQueuesResponse};

use super::{Paging, tell_of_more};
use crate::failure::Failure;
use crate::session::Session;
use crate::view::operations;

/// `ready:CAPABILITY` holds attempts that wait for a worker; the others hold what waits for a service, and are empty but for
/// moments. A list consists of lanes, one for each namespace and priority that has something on it.
#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    paging: Paging,
}

pub(crate) async fn run(session: &Session, arguments: Arguments) -> Result<(), Failure> {
    let client = session.client()?;
    let found = arguments.paging.collect(async |page_size, page_token| {
        let page = client.list_queues(ListQueuesRequest { page_size, page_token }).await?;
        Ok((page.queues, page.next_page_token))
    });
    let (queues, next_page_token) = found.await?;
    let found = ListQueuesResponse { queues, next_page_token };
    session.show(&found, || operations::queues(&found.queues))?;
    tell_of_more(session, &found.next_page_token);
    Ok(())
}
