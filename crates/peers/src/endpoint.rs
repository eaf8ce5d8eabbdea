//! How every connection to a service is kept.

use std::io;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use goalpost_tls::Connector;
use http::uri::Scheme;
use http::{HeaderValue, Request, Response, Uri, header};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tonic::body::Body;
use tonic::transport::{self, Error};
use tower::{Service, service_fn};

use crate::Credentials;

/// How long a connection may take to come about; then another address has its turn.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// A connection on which nothing was heard for this long is asked for a sign of life, and given up
/// without one: a partition without a word is noticed within 15 s.
const KEEPALIVE: Duration = Duration::from_secs(9);
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(5);
/// Flow control windows: room for large payloads without a round trip each.
const WINDOW: u32 = 16 << 20;

/// One address of a service.
#[derive(Clone, Debug)]
pub struct Endpoint {
    address: Uri,
    /// What the address was found under, and what its certificate has to be for.
    name: Uri,
    credentials: Credentials,
}

impl Endpoint {
    pub(crate) fn new(address: Uri, name: Uri, credentials: Credentials) -> Self {
        Self { address, name, credentials }
    }

    /// Where it is.
    pub fn uri(&self) -> &Uri {
        &self.address
    }

    /// Connects.
    pub async fn connect(&self) -> Result<Authorized, Error> {
        let endpoint = self.kept();
        let channel = match self.connector() {
            Some(connector) => endpoint.connect_with_connector(connector).await?,
            None => endpoint.connect().await?,
        };
        Ok(self.authorized(channel))
    }

    /// Connects when it is used.
    pub(crate) fn connect_lazy(&self) -> Authorized {
        let endpoint = self.kept();
        self.authorized(match self.connector() {
            Some(connector) => endpoint.connect_with_connector_lazy(connector),
            None => endpoint.connect_lazy(),
        })
    }

    fn kept(&self) -> transport::Endpoint {
        transport::Endpoint::from(with_scheme(&self.address, Scheme::HTTP))
            .origin(self.name.clone())
            .connect_timeout(CONNECT_TIMEOUT)
            .tcp_nodelay(true)
            .http2_keep_alive_interval(KEEPALIVE)
            .keep_alive_timeout(KEEPALIVE_TIMEOUT)
            .keep_alive_while_idle(true)
            .initial_stream_window_size(WINDOW)
            .initial_connection_window_size(WINDOW)
    }

    /// What makes secure connections, if the address wants them. The transport's own would keep the certificates that
    /// it was made with.
    fn connector(
        &self,
    ) -> Option<
        impl Service<Uri, Response = TokioIo<Secure>, Error = io::Error, Future: Send> + Send + 'static + use<>,
    > {
        if self.name.scheme() != Some(&Scheme::HTTPS) {
            return None;
        }
        let connector = self.credentials.connector();
        let host = unbracketed(self.name.host().unwrap_or_default()).to_owned();
        let connector = connector.map_err(|error| error.to_string());
        Some(service_fn(move |address: Uri| {
            let (connector, host) = (connector.clone(), host.clone());
            async move { secure(&address, &host, &connector.map_err(io::Error::other)?).await.map(TokioIo::new) }
        }))
    }

    fn authorized(&self, channel: transport::Channel) -> Authorized {
        Authorized { channel, authorization: self.credentials.authorization() }
    }
}

type Secure = tokio_rustls::client::TlsStream<TcpStream>;

async fn secure(address: &Uri, host: &str, connector: &Arc<Connector>) -> io::Result<Secure> {
    let at = (unbracketed(address.host().unwrap_or_default()), port(address, 443));
    let stream = TcpStream::connect(at).await?;
    stream.set_nodelay(true)?;
    connector.connect(host, stream).await
}

/// The port that the address has, or its scheme.
pub(crate) fn port(address: &Uri, default: u16) -> u16 {
    address.port_u16().unwrap_or(default)
}

/// The host as everything but a URI writes it.
pub(crate) fn unbracketed(host: &str) -> &str {
    host.trim_start_matches('[').trim_end_matches(']')
}

fn with_scheme(address: &Uri, scheme: Scheme) -> Uri {
    let mut parts = address.clone().into_parts();
    parts.scheme = Some(scheme);
    // An address has an authority, and `http` takes every one.
    Uri::from_parts(parts).unwrap_or_else(|_| address.clone())
}

/// A connection on which each call shows the key, if there is one.
#[derive(Clone, Debug)]
pub struct Authorized {
    channel: transport::Channel,
    authorization: Option<HeaderValue>,
}

impl Service<Request<Body>> for Authorized {
    type Response = Response<Body>;
    type Error = Error;
    type Future = transport::channel::ResponseFuture;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Service::poll_ready(&mut self.channel, context)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        if let Some(authorization) = &self.authorization {
            request.headers_mut().insert(header::AUTHORIZATION, authorization.clone());
        }
        self.channel.call(request)
    }
}
