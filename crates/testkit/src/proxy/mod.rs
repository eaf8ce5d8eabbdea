//! A TCP proxy between two programs of a test, with faults at the test's command.
//!
//! It stands in for the network: connections can be [reset](Proxy::reset), [cut](Proxy::cut) for a
//! while, or [frozen](Proxy::freeze) in one direction or both, so that nothing arrives and nobody is
//! told. With several servers behind it, it is a load balancer: each new connection goes to the
//! next server that takes it.
//!
//! One thing it cannot do: the system acknowledges what the proxy has not passed on, so TCP's own
//! timeouts do not notice a frozen connection. A test that is to see them [cuts](Proxy::cut) it when
//! they would have come.

mod carry;
mod faults;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

pub use faults::Direction;
use faults::Faults;

/// A proxy. It ends with this, and so do its connections.
pub struct Proxy {
    address: SocketAddr,
    servers: watch::Sender<Arc<[SocketAddr]>>,
    faults: watch::Sender<Faults>,
    accepting: JoinHandle<()>,
}

impl Proxy {
    /// A proxy on a free port of loopback, in front of one server or several.
    ///
    /// # Panics
    /// If there is no port to be had, or no server.
    pub async fn start(servers: &[SocketAddr]) -> Self {
        assert!(!servers.is_empty(), "a proxy stands in front of something");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (servers, faults) = (watch::Sender::new(servers.into()), watch::Sender::new(Faults::default()));
        let accepting = tokio::spawn(accept(listener, servers.subscribe(), faults.subscribe()));
        Self { address, servers, faults, accepting }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stands in front of another server from now on, as after a failover. Resets every connection.
    pub fn fail_over(&self, server: SocketAddr) {
        self.servers.send_replace([server].into());
        self.reset();
    }

    /// Resets every connection; new ones are taken.
    pub fn reset(&self) {
        self.faults.send_modify(|faults| faults.resets += 1);
    }

    /// Resets every connection, and every new one until [`heal`](Self::heal).
    pub fn cut(&self) {
        self.faults.send_modify(|faults| faults.is_cut = true);
    }

    /// From now on nothing arrives in this direction, not even the end of a connection; nobody is
    /// told. New connections come about and are as silent. After [`heal`](Self::heal) everything
    /// arrives, late.
    pub fn freeze(&self, direction: Direction) {
        self.faults.send_modify(|faults| faults.freeze(direction, true));
    }

    /// Lets one direction, or both, flow again.
    pub fn thaw(&self, direction: Direction) {
        self.faults.send_modify(|faults| faults.freeze(direction, false));
    }

    /// Ends every fault.
    pub fn heal(&self) {
        self.faults.send_modify(Faults::heal);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(
    listener: TcpListener,
    servers: watch::Receiver<Arc<[SocketAddr]>>,
    faults: watch::Receiver<Faults>,
) {
    let turn = AtomicUsize::new(0);
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                // One that was gone before it was accepted.
                let Ok((client, _)) = accepted else { continue };
                let first = turn.fetch_add(1, Ordering::Relaxed);
                connections.spawn(carry::serve(client, in_turn(&servers.borrow(), first), faults.clone()));
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

/// The servers, the one whose turn it is first.
fn in_turn(servers: &[SocketAddr], first: usize) -> Vec<SocketAddr> {
    let first = first % servers.len();
    servers[first..].iter().chain(&servers[..first]).copied().collect()
}

/// The first server that takes the connection.
async fn connect(servers: &[SocketAddr]) -> Option<TcpStream> {
    for server in servers {
        let Ok(stream) = TcpStream::connect(server).await else { continue };
        // A closed port of loopback may be chosen as one's own end, and answers itself.
        let is_itself = stream.local_addr().is_ok_and(|own| own == *server);
        if !is_itself {
            return Some(stream);
        }
    }
    None
}
