//! A bounded line of hints between a connection and whoever acts on them.
//!
//! A hint that finds the line full is not kept: whoever listens is told to look for everything.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use tokio::sync::mpsc::{self, error::TrySendError};

/// The payload that stands for all others: look for yourself.
pub(crate) const EVERYTHING: &str = "*";

/// A hint.
#[derive(Debug)]
pub(crate) struct Heard {
    pub(crate) payload: String,
    pub(crate) at: Instant,
}

impl Heard {
    /// Whether it stands for hints that could not be kept, or were too large to be sent.
    pub(crate) fn is_everything(&self) -> bool {
        self.payload == EVERYTHING
    }
}

/// The end that hears.
pub(crate) struct Hints {
    heard: mpsc::Receiver<Heard>,
    missed: Arc<AtomicBool>,
}

/// The end that tells.
pub(crate) struct Teller {
    tell: mpsc::Sender<Heard>,
    missed: Arc<AtomicBool>,
}

/// A line for so many hints.
pub(crate) fn line(capacity: usize) -> (Teller, Hints) {
    let (tell, heard) = mpsc::channel(capacity);
    let missed = Arc::new(AtomicBool::new(false));
    (Teller { tell, missed: Arc::clone(&missed) }, Hints { heard, missed })
}

impl Teller {
    /// Passes it on, without waiting. False once nobody listens any more.
    pub(crate) fn tell(&self, payload: &str) -> bool {
        match self.send(payload) {
            Ok(()) => true,
            Err(TrySendError::Closed(_)) => false,
            Err(TrySendError::Full(_)) => {
                metrics::counter!("goalpost_hints_collapsed_total").increment(1);
                self.missed.store(true, Ordering::SeqCst);
                // If there is room by now, whoever listens may have missed the mark. If there is
                // none, there is something to be heard after it.
                !matches!(self.send(EVERYTHING), Err(TrySendError::Closed(_)))
            }
        }
    }

    fn send(&self, payload: &str) -> Result<(), TrySendError<Heard>> {
        self.tell.try_send(Heard { payload: payload.to_owned(), at: Instant::now() })
    }
}

impl Hints {
    /// The next one; `None` once nobody tells any more.
    pub(crate) async fn next(&mut self) -> Option<Heard> {
        let heard = self.heard.recv().await?;
        Some(self.or_everything(heard))
    }

    /// The next one, if it has come already.
    pub(crate) fn next_now(&mut self) -> Option<Heard> {
        let heard = self.heard.try_recv().ok()?;
        Some(self.or_everything(heard))
    }

    fn or_everything(&self, heard: Heard) -> Heard {
        match self.missed.swap(false, Ordering::SeqCst) {
            true => Heard { payload: EVERYTHING.to_owned(), ..heard },
            false => heard,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(hints: &mut Hints) -> Vec<String> {
        std::iter::from_fn(|| hints.next_now()).map(|heard| heard.payload).collect()
    }

    #[test]
    fn what_fits_is_heard_as_it_was_told() {
        let (teller, mut hints) = line(2);
        assert!(teller.tell("a") && teller.tell("b"));
        assert_eq!(heard(&mut hints), ["a", "b"]);
    }

    #[test]
    fn a_flood_takes_no_room_and_is_heard_as_everything() {
        let (teller, mut hints) = line(2);
        assert!((0..10_000).all(|_| teller.tell("a")));
        assert_eq!(heard(&mut hints), ["*", "a"]);
        assert!(teller.tell("b"));
        assert_eq!(heard(&mut hints), ["b"]);
    }

    #[tokio::test]
    async fn the_end_of_the_teller_is_heard_after_all_hints() {
        let (teller, mut hints) = line(2);
        teller.tell("a");
        drop(teller);
        assert_eq!(hints.next().await.unwrap().payload, "a");
        assert!(hints.next().await.is_none());
    }
}
