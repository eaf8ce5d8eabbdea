//! The gRPC server that every service runs in.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;
use tonic::transport::Server;

use crate::drain::Drain;
use crate::health::Health;
use crate::load::{LoadArgs, Shed};
use crate::trace_context;

/// A connection on which nothing was heard for this long is asked for a sign of life, and given up
/// without one: a partition without a word is noticed within 15 s.
const KEEPALIVE: Duration = Duration::from_secs(9);
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(5);
/// Flow control windows: room for large payloads without a round trip each.
const STREAM_WINDOW: u32 = 4 << 20;
const CONNECTION_WINDOW: u32 = 16 << 20;

/// Why a service could not listen or serve.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address is taken or not this machine's.
    #[error("cannot listen on {address}; choose another address with {flag}")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// The flag that sets it.
        flag: &'static str,
        /// What the system says.
        source: std::io::Error,
    },
    /// The descriptors for reflection cannot be read.
    #[error("reflection cannot be served")]
    Reflection(#[from] tonic_reflection::server::Error),
    /// The server ended.
    #[error("the gRPC server ended")]
    Serve(#[from] tonic::transport::Error),
}

/// A bound address.
pub struct Listener {
    tcp: TcpListener,
    address: SocketAddr,
}

impl Listener {
    /// Binds the address; port 0 takes a free one. `flag` is named in the error.
    pub async fn bind(address: SocketAddr, flag: &'static str) -> Result<Self, Error> {
        let failed = |source| Error::Bind { address, flag, source };
        let tcp = TcpListener::bind(address).await.map_err(failed)?;
        let address = tcp.local_addr().map_err(failed)?;
        Ok(Self { tcp, address })
    }

    /// The address that it is bound to.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

/// Serves the routes of `service`, health and reflection, as many calls at once as `load` says, until it is
/// to end; then `unwind` ends what it has begun, while calls are still taken, and after that the server
/// ends: at the latest when the time to drain is over.
pub async fn serve(
    service: &'static str,
    listener: Listener,
    routes: Routes,
    health: Health,
    load: LoadArgs,
    drain: &Drain,
    unwind: impl Future<Output = ()>,
) -> Result<(), Error> {
    let shut = CancellationToken::new();
    let serving = start(service, listener, routes, &health, load, shut.clone())?;
    let ending = async {
        drain.stop.cancelled().await;
        health.drain().await;
        drain.within(unwind).await;
        health.end().await;
        shut.cancel();
        drain.over().await;
    };
    tokio::select! {
        ended = serving => Ok(ended?),
        () = ending => {
            tracing::warn!("calls were still open when the time to drain was over");
            Ok(())
        }
    }
}

/// The server, until `shut`; after that until the last call has ended.
fn start(
    service: &'static str,
    listener: Listener,
    routes: Routes,
    health: &Health,
    load: LoadArgs,
    shut: CancellationToken,
) -> Result<impl Future<Output = Result<(), tonic::transport::Error>>, Error> {
    let reflection = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(goalpost_proto::FILE_DESCRIPTOR_SET)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
    };
    let routes = routes
        .add_service(health.service())
        .add_service(reflection().build_v1()?)
        .add_service(reflection().build_v1alpha()?);
    Ok(Server::builder()
        .trace_fn(move |request| trace_context::span_of(service, request))
        .layer(Shed::new(load))
        // One connection may use all of it: another service's carries the calls of all its callers.
        .max_concurrent_streams(u32::try_from(load.max_calls + load.max_streams).unwrap_or(u32::MAX))
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .http2_keepalive_interval(Some(KEEPALIVE))
        .http2_keepalive_timeout(Some(KEEPALIVE_TIMEOUT))
        .tcp_nodelay(true)
        .add_routes(routes)
        .serve_with_incoming_shutdown(nodelay(listener.tcp), shut.cancelled_owned()))
}

/// Small messages must not wait for each other's acknowledgement.
fn nodelay(
    listener: TcpListener,
) -> impl tokio_stream::Stream<Item = std::io::Result<tokio::net::TcpStream>> {
    use tokio_stream::StreamExt as _;
    TcpListenerStream::new(listener).map(|stream| {
        let stream = stream?;
        stream.set_nodelay(true)?;
        Ok(stream)
    })
}
