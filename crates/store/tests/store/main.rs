//! The store on a real PostgreSQL.
#![cfg(test)]

mod claims;
mod keys;
mod plannings;
mod settling;
mod statements;
mod triggers;
mod views;
