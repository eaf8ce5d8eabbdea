//! The pure transition function of a workflow.
