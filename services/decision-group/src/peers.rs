//! The services that the decision group calls.

use std::time::Duration;

use goalpost_model::limits::MAX_MESSAGE_BYTES;
use goalpost_proto::v1::graph_engine_client::GraphEngineClient;
use goalpost_proto::v1::persistence_client::PersistenceClient;
use goalpost_proto::v1::planner_client::PlannerClient;
use tonic::transport::{Channel, Endpoint};

use crate::{Config, Error};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const KEEPALIVE: Duration = Duration::from_secs(30);
/// Answers carry payloads of many tasks.
const MAX_ANSWER_BYTES: usize = 16 * MAX_MESSAGE_BYTES;

/// Clients that connect when they are used, and again when a connection is lost.
#[derive(Clone)]
pub(crate) struct Peers {
    pub(crate) planner: PlannerClient<Channel>,
    pub(crate) engine: GraphEngineClient<Channel>,
    pub(crate) persistence: PersistenceClient<Channel>,
}

impl Peers {
    pub(crate) fn new(config: &Config) -> Result<Self, Error> {
        Ok(Self {
            planner: PlannerClient::new(channel(&config.planner)?)
                .max_decoding_message_size(MAX_ANSWER_BYTES),
            engine: GraphEngineClient::new(channel(&config.graph_engine)?)
                .max_decoding_message_size(MAX_ANSWER_BYTES),
            persistence: PersistenceClient::new(channel(&config.persistence)?)
                .max_decoding_message_size(MAX_ANSWER_BYTES),
        })
    }
}

fn channel(address: &str) -> Result<Channel, Error> {
    let endpoint = Endpoint::from_shared(address.to_owned()).map_err(|_| Error::Peer(address.to_owned()))?;
    Ok(endpoint
        .connect_timeout(CONNECT_TIMEOUT)
        .http2_keep_alive_interval(KEEPALIVE)
        .tcp_nodelay(true)
        .connect_lazy())
}
