//! The capability catalog and the deterministic planner. Pure.
