//! The store on a real PostgreSQL.
#![cfg(test)]

mod claims;
mod settling;
mod statements;
mod triggers;
