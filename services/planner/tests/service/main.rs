//! The planner service over gRPC, in this process.
#![cfg(test)]

mod capabilities;
mod checking;
mod llm;
mod planning;
mod starting;

use std::path::{Path, PathBuf};

use goalpost_planner::{Config, LlmArgs, build};
use goalpost_proto::struct_from_map;
use goalpost_proto::v1::planner_client::PlannerClient;
use pbjson_types::Struct;
use serde_json::Value;
use tokio_util::sync::{CancellationToken, DropGuard};
use tonic::Status;
use tonic::transport::Channel;
use tonic_types::StatusExt as _;

/// A planner that stops when it is dropped.
struct Planner {
    client: PlannerClient<Channel>,
    url: String,
    _stop: DropGuard,
}

fn demo() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../catalogs/weather.yaml")
}

async fn start(catalogs: Vec<PathBuf>) -> Planner {
    start_with(catalogs, LlmArgs::default()).await
}

async fn start_with(catalogs: Vec<PathBuf>, llm: LlmArgs) -> Planner {
    let config = Config { listen: ([127, 0, 0, 1], 0).into(), catalogs, llm, ..Config::default() };
    let app = build(config).await.unwrap();
    let url = format!("http://{}", app.local_addr());
    let stop = CancellationToken::new();
    tokio::spawn(app.run(stop.clone()));
    let client = PlannerClient::connect(url.clone()).await.unwrap();
    Planner { client, url, _stop: stop.drop_guard() }
}

fn fields(json: Value) -> Struct {
    struct_from_map(json.as_object().unwrap())
}

/// The fields that a refused call names.
fn violations(status: &Status) -> Vec<String> {
    assert_eq!(status.code(), tonic::Code::InvalidArgument, "{status}");
    let details = status.get_error_details();
    let refused = details.bad_request().unwrap();
    refused.field_violations.iter().map(|violation| violation.field.clone()).collect()
}
