//! Workflows, their tasks and blueprints, as the graph engine reads and writes them.
