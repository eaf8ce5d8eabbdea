//! What the documentation says is so; and any text has an answer.
#![cfg(test)]

mod findings;
mod fuzz;
mod schema;
