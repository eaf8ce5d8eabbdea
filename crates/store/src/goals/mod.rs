//! Goals and the decisions on them.
