//! One service at several addresses: whoever calls it goes on when one of them is lost.
//!
//! [`Channel`] is for calls: it stays with one address until that one fails. [`Tour`] is for
//! streams: it names one address after the other, each at once, until somebody answers.

mod addresses;
mod channel;
mod credentials;
mod endpoint;
mod tour;

pub use addresses::{Addresses, InvalidAddress};
pub use channel::Channel;
pub use credentials::{Credentials, InvalidCredentials, InvalidKey};
pub use endpoint::{Authorized, Endpoint};
pub use tour::Tour;
