//! Who may do what: principals, their grants, and a table of every call.
//!
//! Pure: who somebody is, is found out elsewhere; here is decided what that allows. What is in no row of the
//! [table](RULES) is allowed to nobody.

mod grant;
mod key;
mod principal;
mod role;
mod rules;

pub use grant::{Grant, InvalidGrant};
pub use key::{ApiKey, HASH_BYTES, hash, is_api_key};
pub use principal::{Kind, Principal};
pub use role::Role;
pub use rules::{RULES, Rule, rule};
