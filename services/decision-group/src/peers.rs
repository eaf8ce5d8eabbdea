//! The services that the decision group calls.

use goalpost_model::limits::MAX_MESSAGE_BYTES;
use goalpost_peers::{Addresses, Channel, Credentials, InvalidAddress};
use goalpost_proto::v1::graph_engine_client::GraphEngineClient;
use goalpost_proto::v1::persistence_client::PersistenceClient;
use goalpost_proto::v1::planner_client::PlannerClient;
use goalpost_service::server;

use crate::{Config, Error};

/// Answers carry payloads of many tasks.
const MAX_ANSWER_BYTES: usize = 16 * MAX_MESSAGE_BYTES;

/// Clients that connect when they are used, and elsewhere when a connection is lost.
#[derive(Clone)]
pub(crate) struct Peers {
    pub(crate) planner: PlannerClient<Channel>,
    pub(crate) engine: GraphEngineClient<Channel>,
    pub(crate) persistence: PersistenceClient<Channel>,
}

impl Peers {
    pub(crate) fn new(config: &Config) -> Result<Self, Error> {
        let connector = config.access.tls.connector().map_err(|error| server::Error::Access(error.into()))?;
        let credentials = Credentials::default().tls(connector);
        let channel = |addresses| channel(addresses, &credentials);
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

fn channel(addresses: &str, credentials: &Credentials) -> Result<Channel, Error> {
    let addresses = addresses.parse::<Addresses>().map_err(|InvalidAddress(text)| Error::Peer(text))?;
    Ok(Channel::new(&addresses, credentials))
}
