//! The `Planner` service.

use std::sync::Arc;
use std::time::Duration;

use goalpost_checker::{CapabilitySource, check};
use goalpost_model::Capability;
use goalpost_planning::{Catalog, InNamespace, plan, replan};
use goalpost_proto::v1::planner_server::Planner;
use goalpost_proto::v1::{
    CheckBlueprintRequest, CheckBlueprintResponse, ListCapabilitiesRequest, ListCapabilitiesResponse,
    PlanRequest, PlanResponse, ReplanRequest, ReplanResponse,
};
use goalpost_service::status;
use tonic::{Code, Request, Response, Status};

use crate::bounded::{Bounded, Error};
use crate::cached::Cached;
use crate::llm::{Llm, Refused};
use crate::requests::{Check, Running};
use crate::{answers, requests};

/// After this a call may find room.
const BUSY_PAUSE: Duration = Duration::from_millis(200);
/// After this a goal may find room with the language model, which is slower.
const LLM_PAUSE: Duration = Duration::from_secs(5);

/// Serves one catalog, and asks a language model where it has no plan, if there is one.
#[derive(Clone)]
pub(crate) struct Api {
    catalog: Arc<Catalog>,
    cached: Arc<Cached>,
    work: Bounded,
    llm: Option<Llm>,
}

impl Api {
    pub(crate) fn new(catalog: Catalog, work: Bounded, llm: Option<Llm>) -> Self {
        Self { catalog: Arc::new(catalog), cached: Arc::default(), work, llm }
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
        let (goal, request_id) = requests::goal(request.into_inner()).map_err(status::invalid_argument)?;
        let rest = self.llm.as_ref().map(|llm| (llm, goal.clone()));
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
        let answer = self.answer(work).await?.into_inner();
        let Some((llm, goal)) = rest.filter(|_| answer.failure.is_some()) else {
            return Ok(Response::new(answer));
        };
        let made = llm.plan(Arc::clone(&self.catalog), goal, &request_id, answer).await;
        made.map(Response::new).map_err(|refused| match &refused {
            Refused::Busy => status::exhausted("LLM_BUSY", refused.to_string(), LLM_PAUSE),
            Refused::Work(error) => self::refused(error),
            Refused::Lost => lost(&refused),
        })
    }

    async fn replan(&self, request: Request<ReplanRequest>) -> Result<Response<ReplanResponse>, Status> {
        let Running { goal, present, past } =
            requests::running(request.into_inner()).map_err(status::invalid_argument)?;
        let work = move |catalog: &Catalog| {
            let planned = replan(catalog, &goal, &present, &past);
            match &planned {
                Ok(plan) => {
                    tracing::info!(planned_by = plan.planned_by, reason = plan.reason, "planned a goal anew")
                }
                Err(no_plan) => tracing::info!(goal = &*no_plan.goal, "there is no other plan for a goal"),
            }
            answers::replanned(planned)
        };
        self.answer(work).await
    }

    async fn check_blueprint(
        &self,
        request: Request<CheckBlueprintRequest>,
    ) -> Result<Response<CheckBlueprintResponse>, Status> {
        let message = request.into_inner();
        let work = move |catalog: &Catalog| {
            let Check { blueprint, keep_capabilities, namespace } = requests::check(message)?;
            let own = if keep_capabilities { blueprint.capabilities.as_slice() } else { &[] };
            let known = Known { own, catalog: catalog.of_namespace(&namespace) };
            Ok(answers::checked(check(&blueprint, &known)))
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

/// The capabilities that a blueprint brings along, before those of the catalog.
struct Known<'a> {
    own: &'a [Capability],
    catalog: InNamespace<'a>,
}

impl CapabilitySource for Known<'_> {
    fn capability(&self, name: &str) -> Option<&Capability> {
        self.own.capability(name).or_else(|| self.catalog.capability(name))
    }

    fn names(&self) -> Vec<&str> {
        self.own.names().into_iter().chain(self.catalog.names()).collect()
    }
}

fn refused(error: &Error) -> Status {
    match error {
        Error::Busy => status::exhausted("PLANNER_BUSY", error.to_string(), BUSY_PAUSE),
        Error::Stopped(_) => status::unavailable("the planner", error),
        Error::Lost(_) => lost(error),
    }
}

fn lost(error: &(dyn std::error::Error + 'static)) -> Status {
    tracing::error!(error, "planning ended without a result");
    status::with_reason(Code::Internal, "INTERNAL", error.to_string())
}
