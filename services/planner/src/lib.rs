//! The planner service: goals in, checked blueprints out.
