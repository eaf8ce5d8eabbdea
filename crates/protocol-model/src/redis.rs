//! Redis: it only delivers.

use crate::element::Bag;
use crate::state::ENGINES;

/// What Redis knows of a taker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Registered {
    /// What it has taken and not dealt with: its processing lists.
    pub processing: Bag,
    /// Whether Redis knows which lists it takes from.
    pub listed: bool,
    /// A blocked take whose other end is gone: what it is handed, nobody reads.
    pub ghost: bool,
    /// It was called dead and may not come back before it is registered again.
    pub barred: bool,
}

/// All keys.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Redis {
    /// The name of its life, if somebody gave it one.
    pub epoch: Option<u8>,
    /// The epoch that was told of everything undelivered.
    pub told: Option<u8>,
    /// The name of its next life.
    pub(crate) next_epoch: u8,
    /// All lists.
    pub list: Bag,
    /// The takers.
    pub takers: [Registered; ENGINES],
}

impl Redis {
    /// Everything is forgotten. Connections stay, and with them the takes that wait.
    pub(crate) fn flush(&mut self) {
        let ghosts = self.takers.map(|taker| taker.ghost);
        *self = Self { next_epoch: self.next_epoch, ..Self::default() };
        for (taker, ghost) in self.takers.iter_mut().zip(ghosts) {
            taker.ghost = ghost;
        }
    }

    /// It comes back from a file. Its epoch was one of another run.
    pub(crate) fn restart(&mut self) {
        self.epoch = None;
        for taker in &mut self.takers {
            taker.ghost = false;
        }
    }

    /// The epoch, begun now if there is none.
    pub(crate) fn ensure_epoch(&mut self) -> u8 {
        if self.epoch.is_none() {
            self.epoch = Some(self.next_epoch);
            self.next_epoch += 1;
        }
        self.epoch.unwrap_or_default()
    }

    /// What the taker has taken goes back to the lists.
    pub(crate) fn give_back_all(&mut self, taker: usize) {
        let taken = self.takers[taker].processing.drain();
        self.list.put_all(taken);
        self.takers[taker].listed = false;
    }
}
