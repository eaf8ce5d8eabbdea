//! The store on a real PostgreSQL.
#![cfg(test)]

mod claims;
mod keys;
mod settling;
mod statements;
mod triggers;
