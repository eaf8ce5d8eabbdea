//! A history as a stream: what was, and what comes.

use std::collections::VecDeque;

use futures::stream::{self, Stream};
use goalpost_model::WorkflowId;
use goalpost_proto::v1::Event;
use goalpost_service::load::Place;
use goalpost_service::status;
use goalpost_store::history::{self, Page, StoredEvent};
use tokio_util::sync::CancellationToken;
use tonic::{Code, Status};

use crate::hub::Watcher;
use crate::{Context, resource};

/// Events read at once, and held for one who watches at most.
const PAGE: i64 = 256;

/// Somebody who follows a history. Reads on only when what it has is passed on, so a slow one
/// costs no more memory than a page.
pub(crate) struct Follower {
    context: Context,
    stop: CancellationToken,
    watcher: Watcher,
    id: WorkflowId,
    /// The last number that was read.
    after: i64,
    read: VecDeque<StoredEvent>,
    next: Next,
}

/// What to do when everything read is passed on.
#[derive(Clone, Copy)]
enum Next {
    Read,
    Wait,
    End,
}

impl Follower {
    /// Begins after `after`. Errors: NOT_FOUND.
    pub(crate) async fn begin(
        context: &Context,
        id: WorkflowId,
        after: i64,
        stop: CancellationToken,
    ) -> Result<Self, Status> {
        let (context, watcher) = (context.clone(), context.hub.watch(id));
        let mut follower =
            Self { context, stop, watcher, id, after, read: VecDeque::new(), next: Next::Read };
        follower.read_on().await?;
        Ok(follower)
    }

    /// Every event, until the history is complete. The place is kept as long.
    pub(crate) fn events(self, place: Place) -> impl Stream<Item = Result<Event, Status>> {
        stream::try_unfold((self, place), async |(mut follower, place)| {
            let event = follower.next().await?;
            Ok(event.map(|event| (event, (follower, place))))
        })
    }

    async fn next(&mut self) -> Result<Option<Event>, Status> {
        loop {
            if let Some(event) = self.read.pop_front() {
                return Ok(Some(resource::event(self.id, event)));
            }
            match self.next {
                Next::End => return Ok(None),
                Next::Wait => self.wait().await?,
                Next::Read => {}
            }
            self.read_on().await?;
        }
    }

    async fn wait(&mut self) -> Result<(), Status> {
        tokio::select! {
            () = self.watcher.rung() => Ok(()),
            () = self.stop.cancelled() => {
                let stops = "the service stops; watch again from the last number";
                Err(status::with_reason(Code::Unavailable, "UNAVAILABLE", stops))
            }
        }
    }

    async fn read_on(&mut self) -> Result<(), Status> {
        // Armed first: what is committed while this reads rings afterwards.
        self.watcher.arm();
        let page = history::page(&self.context.store, self.id, self.after, PAGE).await;
        let Some(page) = page.map_err(|error| status::store(&error))? else {
            return Err(status::not_found("goal or workflow", &self.id.to_string()));
        };
        let Page { events, last_number, is_complete } = page;
        if events.is_empty() && last_number > self.after {
            return Err(Status::data_loss(format!(
                "events {} to {last_number} are missing; Verify tells more",
                self.after + 1
            )));
        }
        self.after = events.last().map_or(self.after, |event| event.number);
        self.read = events.into();
        self.next = match self.after < last_number {
            true => Next::Read,
            false if is_complete => Next::End,
            false => Next::Wait,
        };
        Ok(())
    }
}
