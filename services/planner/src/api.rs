//! The `Planner` service.

use std::sync::Arc;
use std::time::Duration;

use goalpost_checker::{CapabilitySource, check};
use goalpost_model::Capability;
use goalpost_planning::{Catalog, GoalRequest, InNamespace, plan, replan};
use goalpost_proto::v1::draft_response::Next;
use goalpost_proto::v1::planner_server::Planner;
use goalpost_proto::v1::{
    CheckBlueprintRequest, CheckBlueprintResponse, DraftRequest, DraftResponse, ListCapabilitiesRequest,
    ListCapabilitiesResponse, PlanRequest, PlanResponse, ReplanRequest, ReplanResponse,
};
use goalpost_service::status;
use tonic::{Code, Request, Response, Status};

use crate::bounded::{Bounded, Error};
use crate::cached::Cached;
use crate::llm::{self, Llm, Refused};
use crate::requests::{Check, Running};
use crate::{answers, listing, requests};

/// After this a call may find room.
const BUSY_PAUSE: Duration = Duration::from_millis(200);
/// After this a question may find room with the language model, which is slower.
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
    ) -> Result<T, Status> {
        let catalog = Arc::clone(&self.catalog);
        self.work.run(move || work(&catalog)).await.map_err(|error| refused(&error))
    }

    /// What the rungs without a language model come to.
    async fn by_catalog(&self, goal: GoalRequest) -> Result<PlanResponse, Status> {
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

    /// What they come to for another plan in the place of one that runs.
    async fn anew(&self, running: Running) -> Result<ReplanResponse, Status> {
        let work = move |catalog: &Catalog| {
            let Running { goal, present, past } = running;
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
}

#[tonic::async_trait]
impl Planner for Api {
    async fn plan(&self, request: Request<PlanRequest>) -> Result<Response<PlanResponse>, Status> {
        let goal = requests::goal(request.into_inner()).map_err(status::invalid_argument)?;
        let answer = self.by_catalog(goal).await?;
        let may_draft = self.llm.is_some() && answer.failure.is_some();
        Ok(Response::new(PlanResponse { may_draft, ..answer }))
    }

    async fn draft(&self, request: Request<DraftRequest>) -> Result<Response<DraftResponse>, Status> {
        let draft = requests::draft(request.into_inner()).map_err(status::invalid_argument)?;
        // Whoever asks was told so before; the catalog may be another one by now.
        let answer = match &draft.running {
            None => self.by_catalog(draft.goal.clone()).await?,
            Some((present, past)) => {
                let (goal, present, past) = (draft.goal.clone(), present.clone(), past.clone());
                answers::whole(self.anew(Running { goal, present, past }).await?)
            }
        };
        let next = match &self.llm {
            Some(llm) if answer.failure.is_some() => {
                llm.next(Arc::clone(&self.catalog), draft, answer).await.map_err(|error| no_draft(&error))?
            }
            _ => Next::Plan(PlanResponse { usage: llm::used(&draft.steps).map(Into::into), ..answer }),
        };
        Ok(Response::new(DraftResponse { next: Some(next) }))
    }

    async fn replan(&self, request: Request<ReplanRequest>) -> Result<Response<ReplanResponse>, Status> {
        let running = requests::running(request.into_inner()).map_err(status::invalid_argument)?;
        let answer = self.anew(running).await?;
        let may_draft = self.llm.is_some() && answer.failure.is_some();
        Ok(Response::new(ReplanResponse { may_draft, ..answer }))
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
        let checked = self.answer(work).await?;
        checked.map(Response::new).map_err(status::invalid_argument)
    }

    async fn list_capabilities(
        &self,
        request: Request<ListCapabilitiesRequest>,
    ) -> Result<Response<ListCapabilitiesResponse>, Status> {
        let page = requests::page(request.into_inner()).map_err(status::invalid_argument)?;
        let listed = listing::listed(&self.catalog, &page).map_err(status::invalid_argument)?;
        Ok(Response::new(listed))
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

fn no_draft(error: &Refused) -> Status {
    match error {
        Refused::Busy => status::exhausted("LLM_BUSY", error.to_string(), LLM_PAUSE),
        Refused::Work(error) => refused(error),
        Refused::Lost => lost(error),
    }
}

fn lost(error: &(dyn std::error::Error + 'static)) -> Status {
    tracing::error!(error, "planning ended without a result");
    status::with_reason(Code::Internal, "INTERNAL", error.to_string())
}
