//! The persistence service: migrations, the relay from outbox to lists, history and its watch.
