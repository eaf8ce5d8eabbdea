//! The life of one taker, seen from itself.

use uuid::Uuid;

use crate::takers::lock_key;
use crate::takers::session::Session;
use crate::{Error, Store};

const REGISTER: &str = "\
    INSERT INTO takers (id, kind) VALUES ($1, $2) \
    ON CONFLICT (id) DO UPDATE SET registered_at = now(), dead_at = NULL";

const LEAVE: &str = "UPDATE takers SET dead_at = now() WHERE id = $1";

/// A registered taker. It counts as alive as long as this session lives.
pub struct Lease {
    session: Session,
    taker: Uuid,
}

impl Lease {
    /// Registers the taker, or registers it again after its connection was lost. `kind` is the
    /// name of its service.
    pub async fn acquire(store: &Store, taker: Uuid, kind: &str) -> Result<Self, Error> {
        let session = Session::open(store).await?;
        // Locked first: whoever hears of the taker must not get the lock before it.
        session.lock(lock_key(taker)).await?;
        session.client.execute(REGISTER, &[&taker, &kind]).await?;
        Ok(Self { session, taker })
    }

    /// Returns when the connection is lost, and with it the lock.
    pub async fn lost(&mut self) {
        self.session.lost().await;
    }

    /// Says good-bye: the taker has given back what it had taken and takes nothing more. Attempts that
    /// it still answers for are treated like those of a dead one.
    pub async fn leave(self) -> Result<(), Error> {
        self.session.client.execute(LEAVE, &[&self.taker]).await?;
        Ok(())
    }
}
