//! A silent partition.
//!
//! A proxy whose sockets drop every packet that arrives, before the kernel answers it: nothing is
//! acknowledged, probes of a quiet connection neither, as if the cable were cut. A proxy that only stops
//! to read would not do: its kernel goes on to acknowledge.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use socket2::{SockFilter, SockRef};
use tokio::net::{TcpListener, TcpStream};

/// "Return 0": keep nothing of a packet.
const DROP_ALL: SockFilter = SockFilter::new(0x06, 0, 0, 0);

/// A way to a server that can be cut.
pub(crate) struct Cable {
    pub(crate) address: SocketAddr,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    is_cut: bool,
    /// Both ends of every connection; kept for ever, so that nothing is closed.
    connections: Vec<[Arc<TcpStream>; 2]>,
}

impl Cable {
    /// A way to the server.
    pub(crate) async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(Mutex::new(State::default()));
        tokio::spawn(accept(listener, server, Arc::clone(&state)));
        Self { address, state }
    }

    /// From now on nothing gets through, and nobody is told. Connections that are asked for meanwhile
    /// come about and are silent too.
    pub(crate) fn cut(&self) {
        let mut state = self.state.lock().unwrap();
        state.is_cut = true;
        for stream in state.connections.iter().flatten() {
            SockRef::from(&**stream).attach_filter(&[DROP_ALL]).unwrap();
        }
    }

    /// New connections get through again; those that were cut stay silent.
    pub(crate) fn mend(&self) {
        self.state.lock().unwrap().is_cut = false;
    }
}

async fn accept(listener: TcpListener, server: SocketAddr, state: Arc<Mutex<State>>) {
    loop {
        let (near, _) = listener.accept().await.unwrap();
        let far = TcpStream::connect(server).await.unwrap();
        let (near, far) = (Arc::new(near), Arc::new(far));
        let mut state = state.lock().unwrap();
        state.connections.push([Arc::clone(&near), Arc::clone(&far)]);
        if state.is_cut {
            SockRef::from(&*near).attach_filter(&[DROP_ALL]).unwrap();
            continue;
        }
        tokio::spawn(carry(Arc::clone(&near), Arc::clone(&far)));
        tokio::spawn(carry(far, near));
    }
}

/// Carries bytes in one direction, and the end of them.
async fn carry(from: Arc<TcpStream>, to: Arc<TcpStream>) {
    let mut buffer = vec![0; 64 << 10];
    loop {
        let Ok(()) = from.readable().await else { return };
        let read = match from.try_read(&mut buffer) {
            Ok(read) => read,
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => continue,
            Err(_) => 0,
        };
        if read == 0 {
            // The other end hears of it; one that is cut does not.
            let _ = SockRef::from(&*to).shutdown(std::net::Shutdown::Write);
            return;
        }
        let mut written = 0;
        while written < read {
            let Ok(()) = to.writable().await else { return };
            match to.try_write(&buffer[written..read]) {
                Ok(count) => written += count,
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                Err(_) => return,
            }
        }
    }
}
