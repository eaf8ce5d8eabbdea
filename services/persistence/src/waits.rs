//! Waiting for locks without holding PostgreSQL back.
//!
//! A session that waits for a lock keeps its snapshot, and rows that died since are never vacuumed while
//! it waits: a watch over a healthy engine would let every table grow. So waits begin anew as time passes
//! in which something happens. In an idle system nothing dies, and nothing is sent.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

/// How old the snapshot of a wait may become while something happens.
const PERIOD: Duration = Duration::from_secs(10);

/// All waits for locks of this replica.
pub(crate) struct Waits {
    begun: watch::Sender<Instant>,
}

impl Default for Waits {
    fn default() -> Self {
        Self { begun: watch::Sender::new(Instant::now()) }
    }
}

impl Waits {
    /// Something happened. If the waits are old, they begin anew.
    pub(crate) fn activity(&self) {
        self.begun.send_if_modified(|begun| {
            let is_old = begun.elapsed() > PERIOD;
            if is_old {
                *begun = Instant::now();
            }
            is_old
        });
    }

    /// Waits, from time to time anew. A wait that is given up closes its session, and with it a lock that
    /// it may just have got.
    pub(crate) async fn until<T, F: Future<Output = T>>(&self, mut wait: impl FnMut() -> F) -> T {
        let mut begun = self.begun.subscribe();
        loop {
            tokio::select! {
                outcome = wait() => return outcome,
                // The sender lives as long as this.
                _ = begun.changed() => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn waits_begin_anew_while_something_happens_and_not_otherwise() {
        let (waits, begun) = (Waits::default(), Cell::new(0));
        let waiting = waits.until(|| {
            begun.set(begun.get() + 1);
            std::future::pending::<()>()
        });
        let happening = async {
            tokio::time::sleep(PERIOD * 10).await;
            assert_eq!(begun.get(), 1, "nothing happened");
            for _ in 0..100 {
                waits.activity();
                tokio::time::sleep(PERIOD / 10).await;
            }
        };
        tokio::select! {
            () = waiting => {}
            () = happening => {}
        }
        assert!((9..=12).contains(&begun.get()), "{}", begun.get());
    }
}
