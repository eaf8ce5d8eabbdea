//! The graph engine: runs workflows durably and serves workers.
