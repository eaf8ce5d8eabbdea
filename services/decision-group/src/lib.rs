//! The decision group: takes goals, has them planned, starts and settles them.
