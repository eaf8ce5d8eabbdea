//! An address that leads to one server now and to another later, as that of a failover does.

use std::net::{Ipv4Addr, SocketAddr};

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

pub(crate) struct Proxy {
    address: SocketAddr,
    target: watch::Sender<u16>,
}

impl Proxy {
    /// Leads to a port of this machine.
    pub(crate) async fn to(target: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (target, current) = watch::channel(target);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(lead(client, current.clone()));
            }
        });
        Self { address, target }
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// Leads to another port; every connection is cut.
    pub(crate) fn switch(&self, target: u16) {
        self.target.send_replace(target);
    }
}

/// Until the target changes, or one of the two hangs up.
async fn lead(mut client: TcpStream, mut current: watch::Receiver<u16>) {
    let target = *current.borrow_and_update();
    let Ok(mut server) = TcpStream::connect((Ipv4Addr::LOCALHOST, target)).await else { return };
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    tokio::select! {
        _ = copy_bidirectional(&mut client, &mut server) => {}
        _ = current.changed() => {}
    }
}
