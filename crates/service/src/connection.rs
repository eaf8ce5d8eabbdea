//! Connections as the server has them, plain or secured.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::{Stream, StreamExt as _, future};
use goalpost_tls::Acceptor;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::server::TlsStream;
use tokio_stream::wrappers::TcpListenerStream;
use tokio_util::either::Either;
use tonic::transport::server::Connected;

/// How long whoever connects may take to make the connection a secure one.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// Connections that are in the middle of it at once; others wait to be accepted.
const HANDSHAKES: usize = 1_024;

/// A connection, and who is at its other end.
pub(crate) struct Connection {
    io: Either<TcpStream, Box<TlsStream<TcpStream>>>,
    peer: Peer,
}

/// Who is at the other end, in the extensions of each request.
#[derive(Clone, Debug)]
pub(crate) struct Peer {
    /// Where it is.
    pub(crate) address: Option<SocketAddr>,
    /// The URIs that its certificate names, which is believed; none without one.
    pub(crate) uris: Arc<[String]>,
}

/// Those who connect. One who fails to become secure in time is let go, and nobody else hears of it.
pub(crate) fn accepted(
    listener: TcpListener,
    tls: Option<Arc<Acceptor>>,
) -> impl Stream<Item = io::Result<Connection>> {
    TcpListenerStream::new(listener)
        .map(move |stream| open(stream, tls.clone()))
        .buffer_unordered(HANDSHAKES)
        .filter_map(future::ready)
}

async fn open(stream: io::Result<TcpStream>, tls: Option<Arc<Acceptor>>) -> Option<io::Result<Connection>> {
    let stream = match stream {
        Ok(stream) => stream,
        Err(error) => return Some(Err(error)),
    };
    // Small messages must not wait for each other's acknowledgement.
    stream.set_nodelay(true).ok()?;
    let address = stream.peer_addr().ok();
    let Some(tls) = tls else {
        let peer = Peer { address, uris: Arc::default() };
        return Some(Ok(Connection { io: Either::Left(stream), peer }));
    };
    let failed = match tokio::time::timeout(HANDSHAKE, tls.accept(stream)).await {
        Ok(Ok(stream)) => {
            let peer = Peer { address, uris: uris(&stream) };
            return Some(Ok(Connection { io: Either::Right(Box::new(stream)), peer }));
        }
        Ok(Err(error)) => error.to_string(),
        Err(elapsed) => elapsed.to_string(),
    };
    metrics::counter!("goalpost_tls_handshakes_failed_total").increment(1);
    tracing::debug!(?address, failed, "a connection did not become secure");
    None
}

fn uris(stream: &TlsStream<TcpStream>) -> Arc<[String]> {
    let certificates = stream.get_ref().1.peer_certificates().unwrap_or_default();
    certificates.first().map(|own| goalpost_tls::uris(own)).unwrap_or_default().into()
}

impl Connected for Connection {
    type ConnectInfo = Peer;

    fn connect_info(&self) -> Peer {
        self.peer.clone()
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_read(context, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().io).poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_shutdown(context)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().io).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }
}
