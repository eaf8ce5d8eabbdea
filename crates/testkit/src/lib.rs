//! For tests: private stores, one database a test, waiting for a state.
