//! Free ports.

use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;

use crate::Error;

/// A port of loopback that was free a moment ago.
pub(crate) fn free() -> Result<u16, Error> {
    let bound = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| listener.local_addr());
    bound
        .map(|address| address.port())
        .map_err(Error::file("cannot find a free port of", Path::new("loopback")))
}
