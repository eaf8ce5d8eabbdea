//! The addresses of one service, as people write them.

use std::str::FromStr;

use http::Uri;

use crate::{Credentials, Endpoint};

/// One or more addresses of the same service.
#[derive(Clone, Debug)]
pub struct Addresses(pub(crate) Vec<Uri>);

/// Text that is no address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not an address; for example http://127.0.0.1:50053")]
pub struct InvalidAddress(pub String);

impl Addresses {
    /// Those of `more` too.
    pub fn extend(&mut self, more: Self) {
        self.0.extend(more.0);
    }

    /// An endpoint for each.
    pub(crate) fn endpoints(&self, credentials: &Credentials) -> impl Iterator<Item = Endpoint> {
        self.0.iter().map(|address| Endpoint::new(address.clone(), address.clone(), credentials.clone()))
    }
}

impl FromStr for Addresses {
    type Err = InvalidAddress;

    /// Reads addresses with commas between them.
    fn from_str(text: &str) -> Result<Self, InvalidAddress> {
        let addresses: Vec<Uri> = text.split(',').map(address).collect::<Result<_, _>>()?;
        Ok(Self(addresses))
    }
}

fn address(text: &str) -> Result<Uri, InvalidAddress> {
    let text = text.trim();
    let address = text.parse::<Uri>().ok();
    address
        .filter(|uri| matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some())
        .ok_or_else(|| InvalidAddress(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_addresses_have_commas_between_them() {
        let read = "http://a:1, https://[::1]:2".parse::<Addresses>().unwrap();
        assert_eq!(read.0, ["http://a:1", "https://[::1]:2"].map(|text| text.parse::<Uri>().unwrap()));
    }

    #[test]
    fn what_is_no_address_is_named() {
        for (text, wrong) in
            [("", ""), ("http://a:1,b:2", "b:2"), ("http://a:1,", ""), ("ftp://a", "ftp://a")]
        {
            assert_eq!(text.parse::<Addresses>().unwrap_err(), InvalidAddress(wrong.to_owned()));
        }
    }
}
