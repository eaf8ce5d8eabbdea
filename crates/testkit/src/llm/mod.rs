//! A language model that answers from a script, over the protocols that real ones speak.
//!
//! It refuses what a real endpoint refuses: requests that lack something, and schemas outside of the strict subset.

mod request;
mod script;
mod strict;
mod wire;

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::Response;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub use request::Recorded;
pub use script::{Line, USAGE};
pub use strict::fault_of_schema;

use wire::Wire;

/// Bytes of a request at most.
const MAX_BYTES: usize = 16 << 20;

/// A scripted model. It is gone when it is dropped.
pub struct Server {
    address: SocketAddr,
    stage: Arc<Stage>,
    serving: JoinHandle<()>,
}

/// What the requests share.
struct Stage {
    lines: Mutex<VecDeque<Line>>,
    recorded: Mutex<Vec<Recorded>>,
}

impl Server {
    /// A model that answers with these lines, one a request, whatever protocol it comes in. When they are at
    /// their end it answers with HTTP 500 and says so.
    pub async fn start(lines: impl IntoIterator<Item = Line>) -> Self {
        let stage = Arc::new(Stage {
            lines: Mutex::new(lines.into_iter().collect()),
            recorded: Mutex::new(Vec::new()),
        });
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let address = listener.local_addr().expect("its address");
        let routes = Router::new().fallback(answer).with_state(Arc::clone(&stage));
        let serving =
            tokio::spawn(async move { axum::serve(listener, routes).await.expect("a model that serves") });
        Self { address, stage, serving }
    }

    /// The base URL, up to the version.
    pub fn url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// The requests that came, in order.
    pub fn recorded(&self) -> Vec<Recorded> {
        lock(&self.stage.recorded).clone()
    }

    /// It says these lines, too, after the others.
    pub fn add(&self, lines: impl IntoIterator<Item = Line>) {
        lock(&self.stage.lines).extend(lines);
    }

    /// Lines that nobody has asked for yet.
    pub fn left(&self) -> usize {
        lock(&self.stage.lines).len()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn answer(State(stage): State<Arc<Stage>>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let Some(wire) = Wire::at(parts.uri.path()) else {
        return script::error(404, None, "there is no such resource");
    };
    let bytes = axum::body::to_bytes(body, MAX_BYTES).await.unwrap_or_default();
    let recorded = Recorded::new(&parts, &bytes);
    let fault = wire.fault(&recorded.body);
    lock(&stage.recorded).push(recorded);
    if let Some(fault) = fault {
        return script::error(400, None, &fault);
    }
    let line = lock(&stage.lines).pop_front();
    match line {
        Some(line) => line.say(wire).await,
        None => script::error(500, None, "the script is at its end"),
    }
}
