//! The planner, ready to serve.

use std::net::SocketAddr;

use goalpost_model::limits::MAX_PLANNING_MESSAGE_BYTES;
use goalpost_proto::v1::planner_server::{PlannerServer, SERVICE_NAME};
use goalpost_service::access::Access;
use goalpost_service::drain::{Drain, DrainArgs};
use goalpost_service::health::Health;
use goalpost_service::load::LoadArgs;
use goalpost_service::server::{self, Listener, Serving};
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;

use crate::api::Api;
use crate::bounded::Bounded;
use crate::llm::{self, Llm};
use crate::{Config, SERVICE, files};

/// Why the planner cannot start, or ended.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no catalog to plan with.
    #[error(transparent)]
    Catalog(#[from] files::Error),
    /// Reading the catalog ended without a result.
    #[error("reading the catalog ended without a result")]
    Lost(#[from] tokio::task::JoinError),
    /// The language model cannot be used.
    #[error(transparent)]
    Llm(#[from] llm::StartError),
    /// It cannot listen or serve.
    #[error(transparent)]
    Server(#[from] server::Error),
}

/// A planner that has read its catalogs and holds its address.
pub struct App {
    listener: Listener,
    access: Access,
    api: Api,
    load: LoadArgs,
    drain: DrainArgs,
}

/// Reads the catalogs and binds the address. Connections wait until [`App::run`].
pub async fn build(config: Config) -> Result<App, Error> {
    let (files, load, drain) = (config.files(), config.load, config.drain);
    let catalog = tokio::task::spawn_blocking(move || {
        let catalog = files::read(&files)?;
        files::log(&catalog, &files);
        Ok::<_, files::Error>(catalog)
    });
    let (catalog, work) = (catalog.await??, Bounded::new());
    let llm = Llm::start(&config.llm, work.clone()).await?;
    if let Some(llm) = &llm {
        tracing::info!(model = llm.name(), "a language model is asked where the catalog has no plan");
    }
    let api = Api::new(catalog, work, llm);
    let listener = Listener::bind(config.listen, "--listen", &config.access).await?;
    config.access.knows_services().map_err(server::Error::from)?;
    let access = Access::new(&config.access, None).map_err(server::Error::from)?;
    Ok(App { listener, access, api, load, drain })
}

impl App {
    /// The address that it is bound to.
    pub fn local_addr(&self) -> SocketAddr {
        self.listener.address()
    }

    /// Serves until `stop`, then ends when the open calls have ended or had their time.
    pub async fn run(self, stop: CancellationToken) -> Result<(), Error> {
        let health = Health::new(&[SERVICE_NAME], &[]).await;
        let Self { listener, access, api, load, drain } = self;
        let service = PlannerServer::new(api).max_decoding_message_size(MAX_PLANNING_MESSAGE_BYTES);
        let mut routes = Routes::builder();
        routes.add_service(service);
        let drain = Drain::new(stop, drain);
        // It has begun nothing but the calls themselves.
        let serving = Serving { service: SERVICE, listener, access, health, load };
        Ok(server::serve(serving, routes.routes(), &drain, async {}).await?)
    }
}
