//! The outbox: what the relay has to put on Redis lists.
