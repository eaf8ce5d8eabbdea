//! One connection through the proxy, and what faults do to it.

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::watch;

use crate::proxy::connect;
use crate::proxy::faults::{Direction, Faults};

/// Bytes on their way in one direction.
const ROOM: usize = 16 << 10;

/// Carries what client and server say to each other until they are done or the connection is reset.
pub(super) async fn serve(mut client: TcpStream, servers: Vec<SocketAddr>, faults: watch::Receiver<Faults>) {
    let resets = faults.borrow().resets;
    let mut watched = faults.clone();
    let is_reset = watched.wait_for(|faults| faults.is_cut || faults.resets != resets);
    tokio::pin!(is_reset);
    let server = tokio::select! {
        server = reach(&servers, &faults) => server,
        _ = &mut is_reset => None,
    };
    let Some(mut server) = server else { return reset(&client) };
    let is_over = tokio::select! {
        outcome = carry(&mut client, &mut server, &faults) => outcome.is_ok(),
        _ = &mut is_reset => false,
    };
    if !is_over {
        reset(&client);
        reset(&server);
    }
}

/// A connection to a server; it needs both directions to come about.
async fn reach(servers: &[SocketAddr], faults: &watch::Receiver<Faults>) -> Option<TcpStream> {
    wait_until_it_flows(&mut faults.clone(), Direction::Both).await;
    connect(servers).await
}

async fn carry(
    client: &mut TcpStream,
    server: &mut TcpStream,
    faults: &watch::Receiver<Faults>,
) -> io::Result<()> {
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (from_client, to_client) = client.split();
    let (from_server, to_server) = server.split();
    tokio::try_join!(
        pump(from_client, to_server, Direction::ToServer, faults.clone()),
        pump(from_server, to_client, Direction::ToClient, faults.clone()),
    )?;
    Ok(())
}

/// Passes on everything that comes in one direction, its end included, while the direction flows.
async fn pump(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    direction: Direction,
    mut faults: watch::Receiver<Faults>,
) -> io::Result<()> {
    let mut buffer = vec![0; ROOM];
    loop {
        let read = from.read(&mut buffer).await;
        wait_until_it_flows(&mut faults, direction).await;
        match read? {
            0 => return to.shutdown().await,
            bytes => to.write_all(&buffer[..bytes]).await?,
        }
    }
}

async fn wait_until_it_flows(faults: &mut watch::Receiver<Faults>, direction: Direction) {
    if faults.wait_for(|faults| faults.flows(direction)).await.is_err() {
        // The proxy is gone, and ends this.
        std::future::pending::<()>().await;
    }
}

/// The other end is told of a failure, not of an end.
fn reset(stream: &TcpStream) {
    // A connection that is gone already needs none.
    let _ = stream.set_zero_linger();
}
