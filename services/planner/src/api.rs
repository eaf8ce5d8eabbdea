//! The `Planner` service.

use std::sync::Arc;
use std::time::Duration;

use goalpost_checker::check;
use goalpost_planning::{Catalog, plan};
use goalpost_proto::v1::planner_server::Planner;
use goalpost_proto::v1::{
    CheckBlueprintRequest, CheckBlueprintResponse, ListCapabilitiesRequest, ListCapabilitiesResponse,
    PlanRequest, PlanResponse,
};
use goalpost_service::status;
use tonic::{Code, Request, Response, Status};

use crate::bounded::{Bounded, Error};
use crate::cached::Cached;
use crate::{answers, requests};

/// After this a call may find room.
const BUSY_PAUSE: Duration = Duration::from_millis(200);

/// Serves one catalog.
#[derive(Clone, Debug)]
pub(crate) struct Api {
    catalog: Arc<Catalog>,
    cached: Arc<Cached>,
    work: Bounded,
}

impl Api {
    pub(crate) fn new(catalog: Catalog) -> Self {
        Self { catalog: Arc::new(catalog), cached: Arc::default(), work: Bounded::new() }
    }

    async fn answer<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Catalog) -> T + Send + 'static,
    ) -> Result<Response<T>, Status> {
        let catalog = Arc::clone(&self.catalog);
        self.work.run(move || work(&catalog)).await.map(Response::new).map_err(|error| refused(&error))
    }
}

#[tonic::async_trait]
impl Planner for Api {
    async fn plan(&self, request: Request<PlanRequest>) -> Result<Response<PlanResponse>, Status> {
        let goal = requests::goal(request.into_inner()).map_err(status::invalid_argument)?;
        let cached = Arc::clone(&self.cached);
        let work = move |catalog: &Catalog| {
            cached.plan(catalog.version(), &goal, || {
                let planned = plan(catalog, &goal);
                match &planned {
                    Ok(plan) => {
                        tracing::info!(planned_by = plan.planned_by, reason = plan.reason, "planned a goal");
                    }
                    Err(no_plan) => tracing::info!(goal = &*no_plan.goal, "there is no plan for a goal"),
                }
                answers::planned(planned)
            })
        };
        self.answer(work).await
    }

    async fn check_blueprint(
        &self,
        request: Request<CheckBlueprintRequest>,
    ) -> Result<Response<CheckBlueprintResponse>, Status> {
        let message = request.into_inner();
        let work = move |catalog: &Catalog| {
            let blueprint = requests::blueprint(message)?;
            Ok(answers::checked(check(&blueprint, catalog)))
        };
        let checked = self.answer(work).await?.into_inner();
        checked.map(Response::new).map_err(status::invalid_argument)
    }

    async fn list_capabilities(
        &self,
        request: Request<ListCapabilitiesRequest>,
    ) -> Result<Response<ListCapabilitiesResponse>, Status> {
        let page = requests::page(request.into_inner()).map_err(status::invalid_argument)?;
        Ok(Response::new(answers::capabilities(&self.catalog, &page)))
    }
}

fn refused(error: &Error) -> Status {
    match error {
        Error::Busy => status::exhausted("PLANNER_BUSY", error.to_string(), BUSY_PAUSE),
        Error::Stopped(_) => status::unavailable("the planner", error),
        Error::Lost(_) => {
            tracing::error!(error = error as &dyn std::error::Error, "planning ended without a result");
            status::with_reason(Code::Internal, "INTERNAL", error.to_string())
        }
    }
}
