//! Calls to a service that has several addresses.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use futures::FutureExt as _;
use futures::future::BoxFuture;
use http::{Request, Response};
use tonic::body::Body;
use tonic::{Code, Status, transport};
use tower::{Service, ServiceExt as _};

use crate::tour::random;
use crate::{Addresses, Authorized, Credentials};

/// A channel for generated clients. Connects when it is used, and stays with one address until a
/// call there finds nobody, or one who says that it is not available; the next call goes to the next
/// address. The call that failed is its caller's to repeat. Cheap to clone; clones move together.
#[derive(Clone, Debug)]
pub struct Channel {
    channels: Arc<[Authorized]>,
    current: Arc<AtomicUsize>,
}

impl Channel {
    /// Begins with any of the addresses, so that many callers spread over them.
    pub fn new(addresses: &Addresses, credentials: &Credentials) -> Self {
        let endpoints = addresses.endpoints(credentials);
        let channels: Arc<[_]> = endpoints.map(|endpoint| endpoint.connect_lazy()).collect();
        let current = Arc::new(AtomicUsize::new(random(channels.len())));
        Self { channels, current }
    }
}

impl Service<Request<Body>> for Channel {
    type Response = Response<Body>;
    type Error = transport::Error;
    type Future = BoxFuture<'static, Result<Response<Body>, transport::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), transport::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let place = self.current.load(Ordering::Relaxed);
        let mut channel = self.channels[place].clone();
        let (current, addresses) = (Arc::clone(&self.current), self.channels.len());
        async move {
            let outcome = async { channel.ready().await?.call(request).await }.await;
            if is_away(&outcome) && addresses > 1 {
                tracing::debug!(place, "an address of a service is not available; the next one has its turn");
                // Of many calls that fail together one moves on.
                let next = (place + 1) % addresses;
                let _ = current.compare_exchange(place, next, Ordering::Relaxed, Ordering::Relaxed);
            }
            outcome
        }
        .boxed()
    }
}

/// Nobody answers, or the one who answers cannot serve now.
fn is_away(outcome: &Result<Response<Body>, transport::Error>) -> bool {
    let refused = |answer: &Response<Body>| Status::from_header_map(answer.headers());
    match outcome {
        Ok(answer) => refused(answer).is_some_and(|status| status.code() == Code::Unavailable),
        Err(_) => true,
    }
}
