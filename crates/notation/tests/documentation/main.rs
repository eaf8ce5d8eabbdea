//! What the documentation says is so.
#![cfg(test)]

mod findings;
mod schema;
