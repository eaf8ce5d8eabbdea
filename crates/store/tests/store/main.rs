//! The store on a real PostgreSQL.
#![cfg(test)]

mod claims;
mod statements;
mod triggers;
