//! Prometheus metrics on an HTTP port.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use axum::Router;
use axum::routing::get;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

static RECORDER: OnceLock<Option<PrometheusHandle>> = OnceLock::new();
static LOOKS: Mutex<Vec<Arc<Look>>> = Mutex::new(Vec::new());

/// Records what is known only to those who look.
type Look = dyn Fn() -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync;

/// Seconds and sizes that histograms tell apart.
const BUCKETS: &[f64] = &[
    0.000_25, 0.000_5, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 50.0,
    100.0, 500.0, 1_000.0,
];

/// Serves `/metrics` at the address until `stop`. Answers with the address it is bound to.
pub async fn serve(listen: SocketAddr, stop: CancellationToken) -> std::io::Result<SocketAddr> {
    let listener = TcpListener::bind(listen).await?;
    let address = listener.local_addr()?;
    tracing::info!(metrics = %address, "metrics are served");
    let recorder = RECORDER.get_or_init(install);
    let routes = Router::new().route("/metrics", get(async || render(recorder.as_ref()).await));
    tokio::spawn(async move {
        let served = axum::serve(listener, routes).with_graceful_shutdown(stop.cancelled_owned()).await;
        if let Err(error) = served {
            tracing::error!(%error, "metrics are no longer served");
        }
    });
    Ok(address)
}

fn install() -> Option<PrometheusHandle> {
    let recorder = PrometheusBuilder::new().set_buckets(BUCKETS).ok()?.build_recorder();
    let handle = recorder.handle();
    metrics::set_global_recorder(recorder).ok()?;
    Some(handle)
}

/// Has `look` record its metrics whenever somebody reads them, and never else.
pub fn on_read<F: Future<Output = ()> + Send + 'static>(look: impl Fn() -> F + Send + Sync + 'static) {
    let look: Arc<Look> = Arc::new(move || Box::pin(look()));
    LOOKS.lock().unwrap_or_else(PoisonError::into_inner).push(look);
}

/// The upkeep of histograms is done when somebody looks, so that nothing runs while nobody does.
async fn render(recorder: Option<&PrometheusHandle>) -> String {
    let Some(recorder) = recorder else { return String::new() };
    let looks = LOOKS.lock().unwrap_or_else(PoisonError::into_inner).clone();
    for look in looks {
        look().await;
    }
    recorder.run_upkeep();
    recorder.render()
}
