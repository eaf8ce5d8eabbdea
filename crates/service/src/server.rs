//! The gRPC server that every service runs in.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use goalpost_tls::Acceptor;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;
use tonic::transport::Server;

use crate::access::{self, Access, AccessArgs, Guard};
use crate::connection::accepted;
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
    /// Its certificates, or what it knows callers by, cannot be used.
    #[error(transparent)]
    Access(#[from] access::Error),
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
    tls: Option<Arc<Acceptor>>,
}

impl Listener {
    /// Binds the address; port 0 takes a free one. `flag` is named in the error. Connections are secured as `access`
    /// says.
    pub async fn bind(address: SocketAddr, flag: &'static str, access: &AccessArgs) -> Result<Self, Error> {
        let tls = access.tls.acceptor().map_err(access::Error::from)?.map(Arc::new);
        let failed = |source| Error::Bind { address, flag, source };
        let tcp = TcpListener::bind(address).await.map_err(failed)?;
        let address = tcp.local_addr().map_err(failed)?;
        Ok(Self { tcp, address, tls })
    }

    /// The address that it is bound to.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

/// What every service is served with.
pub struct Serving {
    /// Its name, in traces and logs.
    pub service: &'static str,
    /// Where it is served.
    pub listener: Listener,
    /// Who may call it.
    pub access: Access,
    /// What it says of itself.
    pub health: Health,
    /// How many calls it answers at once.
    pub load: LoadArgs,
}

/// Serves the routes, health and reflection until the service is to end; then `unwind` ends what it has begun, while
/// calls are still taken, and after that the server ends: at the latest when the time to drain is over.
pub async fn serve(
    serving: Serving,
    routes: Routes,
    drain: &Drain,
    unwind: impl Future<Output = ()>,
) -> Result<(), Error> {
    let shut = CancellationToken::new();
    let health = serving.health.clone();
    let serving = start(serving, routes, shut.clone())?;
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
    serving: Serving,
    routes: Routes,
    shut: CancellationToken,
) -> Result<impl Future<Output = Result<(), tonic::transport::Error>>, Error> {
    let Serving { service, listener, access, health, load } = serving;
    if access.is_open() {
        tracing::warn!(service, "it is open: whoever reaches its port may do everything (--auth open)");
    }
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
        .layer(Guard::new(access))
        // One connection may use all of it: another service's carries the calls of all its callers.
        .max_concurrent_streams(u32::try_from(load.max_calls + load.max_streams).unwrap_or(u32::MAX))
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .http2_keepalive_interval(Some(KEEPALIVE))
        .http2_keepalive_timeout(Some(KEEPALIVE_TIMEOUT))
        .tcp_nodelay(true)
        .add_routes(routes)
        .serve_with_incoming_shutdown(accepted(listener.tcp, listener.tls), shut.cancelled_owned()))
}
