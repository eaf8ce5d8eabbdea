//! Takers: the processes that take from lists, and their life.
