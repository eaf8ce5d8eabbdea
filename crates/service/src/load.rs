//! Keeping load bounded: what is too much is refused at once, with a hint when to come back.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use clap::Args;
use http::{Request, Response};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tonic::Status;
use tonic::body::Body;
use tower::{Layer, Service};

use crate::status;

/// How much a service takes on at once.
#[derive(Args, Clone, Copy, Debug)]
pub struct LoadArgs {
    /// Calls that one service answers at once; beyond, they are refused with RESOURCE_EXHAUSTED.
    #[arg(long, env = "GOALPOST_MAX_CALLS", default_value_t = 2_000)]
    pub max_calls: usize,
    /// Streams (watches, workers) that one service serves at once; beyond, they are refused with
    /// RESOURCE_EXHAUSTED.
    #[arg(long, env = "GOALPOST_MAX_STREAMS", default_value_t = 10_000)]
    pub max_streams: usize,
}

impl Default for LoadArgs {
    fn default() -> Self {
        Self { max_calls: 2_000, max_streams: 10_000 }
    }
}

/// A number of places. Cheap to clone.
#[derive(Clone)]
pub struct Gate {
    places: Arc<Semaphore>,
    reason: &'static str,
    what: &'static str,
    pause: Duration,
}

/// A place, given back when it is dropped.
#[must_use]
pub struct Place(#[expect(dead_code, reason = "it only has to be dropped")] OwnedSemaphorePermit);

impl Gate {
    /// A gate with so many places for `what`. `reason` and `pause` are what those hear who find none.
    pub fn new(places: usize, what: &'static str, reason: &'static str, pause: Duration) -> Self {
        let places = Arc::new(Semaphore::new(places.min(Semaphore::MAX_PERMITS)));
        Self { places, reason, what, pause }
    }

    /// A gate for streams.
    pub fn of_streams(load: LoadArgs) -> Self {
        Self::new(load.max_streams, "streams", "TOO_MANY_STREAMS", Duration::from_secs(1))
    }

    /// Takes a place. Errors: RESOURCE_EXHAUSTED at once if there is none.
    pub fn enter(&self) -> Result<Place, Status> {
        match Arc::clone(&self.places).try_acquire_owned() {
            Ok(permit) => Ok(Place(permit)),
            Err(_) => {
                let message = format!("the service has as many {} as it takes; try again", self.what);
                Err(status::exhausted(self.reason, message, self.pause))
            }
        }
    }
}

/// Lets calls in as long as there are places. Health and reflection are always answered.
#[derive(Clone)]
pub(crate) struct Shed(Gate);

impl Shed {
    pub(crate) fn new(load: LoadArgs) -> Self {
        Self(Gate::new(load.max_calls, "calls", "TOO_MANY_CALLS", Duration::from_millis(100)))
    }
}

impl<S> Layer<S> for Shed {
    type Service = Shedding<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Shedding { inner, gate: self.0.clone() }
    }
}

#[derive(Clone)]
pub(crate) struct Shedding<S> {
    inner: S,
    gate: Gate,
}

type Answering<E> = Pin<Box<dyn Future<Output = Result<Response<Body>, E>> + Send>>;

impl<S> Service<Request<Body>> for Shedding<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Future: Send + 'static, Error: Send + 'static>,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Answering<S::Error>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        if is_exempt(request.uri().path()) {
            return Box::pin(self.inner.call(request));
        }
        match self.gate.enter() {
            Ok(place) => {
                let answering = self.inner.call(request);
                Box::pin(async move {
                    let answer = answering.await;
                    drop(place);
                    answer
                })
            }
            Err(status) => Box::pin(async move { Ok(status.into_http()) }),
        }
    }
}

/// What operators ask must be answered while there is too much of everything else.
pub(crate) fn is_exempt(path: &str) -> bool {
    path.starts_with("/grpc.health.") || path.starts_with("/grpc.reflection.")
}

#[cfg(test)]
mod tests {
    use tonic::Code;
    use tonic_types::StatusExt as _;

    use super::*;

    #[test]
    fn who_finds_no_place_is_told_when_to_come_back() {
        let gate = Gate::new(1, "calls", "TOO_MANY_CALLS", Duration::from_millis(100));
        let place = gate.enter().unwrap();
        let refused = gate.enter().err().unwrap();
        assert_eq!(refused.code(), Code::ResourceExhausted);
        assert_eq!(refused.get_details_error_info().unwrap().reason, "TOO_MANY_CALLS");
        let hint = refused.get_details_retry_info().unwrap().retry_delay;
        assert_eq!(hint, Some(Duration::from_millis(100)));
        drop(place);
        assert!(gate.enter().is_ok());
    }

    #[tokio::test]
    async fn calls_beyond_the_limit_are_refused_and_health_is_answered() {
        let load = LoadArgs { max_calls: 2, ..LoadArgs::default() };
        let never = tower::service_fn(|request: Request<Body>| async move {
            if !is_exempt(request.uri().path()) {
                std::future::pending::<()>().await;
            }
            Ok::<_, std::convert::Infallible>(Response::new(Body::empty()))
        });
        let mut service = Shed::new(load).layer(never);
        let request = |path: &str| Request::builder().uri(path).body(Body::empty()).unwrap();
        let call = "/goalpost.v1.CentralDecisionGroup/SubmitGoal";
        let running = [service.call(request(call)), service.call(request(call))];
        for _ in 0..1_000 {
            let refused = service.call(request(call)).await.unwrap();
            assert_eq!(refused.headers()[Status::GRPC_STATUS], "8");
        }
        let healthy = service.call(request("/grpc.health.v1.Health/Check")).await.unwrap();
        assert!(healthy.headers().get(Status::GRPC_STATUS).is_none());
        drop(running);
        assert!(service.gate.enter().is_ok());
    }
}
