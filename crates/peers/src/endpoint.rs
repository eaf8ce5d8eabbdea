//! How every connection to a service is kept.

use std::time::Duration;

use http::Uri;
use tonic::transport::Endpoint;

/// How long a connection may take to come about; then another address has its turn.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// A connection on which nothing was heard for this long is asked for a sign of life, and given up
/// without one: a partition without a word is noticed within 15 s.
const KEEPALIVE: Duration = Duration::from_secs(9);
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(5);
/// Flow control windows: room for large payloads without a round trip each.
const WINDOW: u32 = 16 << 20;

pub(crate) fn of(address: Uri) -> Endpoint {
    Endpoint::from(address)
        .connect_timeout(CONNECT_TIMEOUT)
        .tcp_nodelay(true)
        .http2_keep_alive_interval(KEEPALIVE)
        .keep_alive_timeout(KEEPALIVE_TIMEOUT)
        .keep_alive_while_idle(true)
        .initial_stream_window_size(WINDOW)
        .initial_connection_window_size(WINDOW)
}
