//! The one replica of the persistence service that acts.

use crate::takers::session::Session;
use crate::{Error, Store};

/// The lock of the active replica: "relay" in ASCII, negative to be apart from takers' locks.
const ACTIVE_LOCK: i64 = -0x72_656c_6179;

/// The time in which a replica is the active one.
pub struct Term(Session);

impl Term {
    /// Waits until no other replica is active. A standby spends its life here.
    pub async fn begin(store: &Store) -> Result<Self, Error> {
        let session = Session::open(store).await?;
        session.lock(ACTIVE_LOCK).await?;
        Ok(Self(session))
    }

    /// Returns when the session is lost: another replica may be active now.
    pub async fn lost(&mut self) {
        self.0.lost().await;
    }
}
