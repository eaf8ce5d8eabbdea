//! Histories: the events of goals and workflows as they are read.
