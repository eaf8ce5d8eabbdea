//! What a call is about, and whether its caller may make it there.

use goalpost_access::{Kind, Principal};
use goalpost_model::{GoalId, Namespace};
use goalpost_proto::Violations;
use goalpost_proto::v1::{
    CancelGoalRequest, ExplainGoalRequest, ExtendGoalRequest, GetGoalBlueprintRequest, GetGoalRequest,
    ListCatalogRequest, ListDecisionsRequest, ListGoalEventsRequest, ListGoalsRequest, PauseGoalRequest,
    PreviewPlanRequest, ReadPayloadRequest, ReplanGoalRequest, ResolveApprovalRequest,
    ResolveDecisionRequest, ResumeGoalRequest, RetryGoalRequest, SetGoalBudgetRequest, SignalGoalRequest,
    SimulateBlueprintRequest, SkipTaskRequest, SubmitGoalRequest, WatchGoalRequest,
};
use goalpost_service::access::Caller;
use goalpost_service::status;
use goalpost_store::{Store, View, goals};
use tonic::{Code, Request, Status};

/// What a call is about.
pub(crate) enum About<'a> {
    /// A goal, which is in a namespace.
    Goal(&'a str),
    /// A namespace; empty: the one that callers mean who name none.
    Namespace(&'a mut String),
    /// A namespace; empty: all that the caller may see.
    Namespaces(&'a mut String),
    /// No namespace.
    Nothing,
}

/// A request that says what it is about.
pub(crate) trait Scoped {
    fn about(&mut self) -> About<'_>;

    /// Who decides, as the request says.
    fn decider(&mut self) -> Option<&mut String> {
        None
    }
}

macro_rules! scoped {
    ($about:ident of $field:ident: $($request:ident)+) => {$(
        impl Scoped for $request {
            fn about(&mut self) -> About<'_> {
                About::$about(&mut self.$field)
            }
        }
    )+};
}

scoped!(Goal of id: GetGoalRequest WatchGoalRequest CancelGoalRequest PauseGoalRequest ResumeGoalRequest);
scoped!(Goal of id: RetryGoalRequest SetGoalBudgetRequest SignalGoalRequest SkipTaskRequest);
scoped!(Goal of id: ExtendGoalRequest ReplanGoalRequest ExplainGoalRequest);
scoped!(Goal of id: ListGoalEventsRequest GetGoalBlueprintRequest);
scoped!(Namespace of namespace: SubmitGoalRequest PreviewPlanRequest ReadPayloadRequest);
scoped!(Namespaces of namespace: ListGoalsRequest ListDecisionsRequest);

impl Scoped for ResolveApprovalRequest {
    fn about(&mut self) -> About<'_> {
        About::Goal(&self.id)
    }

    fn decider(&mut self) -> Option<&mut String> {
        Some(&mut self.by)
    }
}

impl Scoped for ResolveDecisionRequest {
    fn about(&mut self) -> About<'_> {
        About::Goal(&self.goal_id)
    }

    fn decider(&mut self) -> Option<&mut String> {
        Some(&mut self.decider)
    }
}

impl Scoped for SimulateBlueprintRequest {
    fn about(&mut self) -> About<'_> {
        if self.goal_id.is_empty() { About::Nothing } else { About::Goal(&self.goal_id) }
    }
}

impl Scoped for ListCatalogRequest {
    fn about(&mut self) -> About<'_> {
        About::Nothing
    }
}

/// The request, if its caller may make it there. Namespaces that it leaves open are filled in with the caller's, and so
/// is who decides.
pub(crate) async fn admit<M: Scoped>(
    store: &Store,
    mut request: Request<M>,
) -> Result<(Request<M>, View), Status> {
    let caller = Caller::of(&request)?;
    let view = view(&caller);
    let message = request.get_mut();
    match message.about() {
        About::Goal(id) => may_see(store, &view, id).await?,
        About::Namespace(namespace) => settle(&caller, namespace)?,
        About::Namespaces(namespace) => narrow(&caller, namespace)?,
        About::Nothing => {}
    }
    if let Some(decider) = message.decider() {
        sign(&caller, decider)?;
    }
    Ok((request, view))
}

/// What the caller may see of what is stored.
fn view(caller: &Caller) -> View {
    match caller.principal.namespaces(caller.rule) {
        Some(namespaces) => View::among(namespaces),
        None => View::everything(),
    }
}

/// A goal of another namespace is not there. What is no id is for the service itself to refuse.
async fn may_see(store: &Store, view: &View, id: &str) -> Result<(), Status> {
    let Ok(id) = id.parse::<GoalId>() else { return Ok(()) };
    if view.is_everything() {
        return Ok(());
    }
    let is_there = goals::is_there(store, view, id).await.map_err(|error| status::store(&error))?;
    if is_there { Ok(()) } else { Err(status::not_found("goal", &id.to_string())) }
}

/// Whoever may do this in one namespace alone means that one.
pub(crate) fn settle(caller: &Caller, namespace: &mut String) -> Result<(), Status> {
    if namespace.is_empty()
        && let Some(own) = only(caller)
    {
        *namespace = own.to_string();
    }
    match namespace.as_str() {
        "" => caller.may_in(&Namespace::default()),
        // What is no name is for the service itself to refuse.
        name => name.parse().map_or(Ok(()), |namespace| caller.may_in(&namespace)),
    }
}

fn narrow(caller: &Caller, namespace: &mut String) -> Result<(), Status> {
    let everywhere = caller.principal.namespaces(caller.rule).is_none();
    match namespace.as_str() {
        "" if everywhere => Ok(()),
        // The view of what is stored has theirs alone.
        "" if only(caller).is_none() => Ok(()),
        _ => settle(caller, namespace),
    }
}

fn only(caller: &Caller) -> Option<Namespace> {
    let namespaces = caller.principal.namespaces(caller.rule)?;
    if namespaces.len() == 1 { namespaces.into_iter().next() } else { None }
}

/// Whoever decides does so in their own name.
fn sign(caller: &Caller, decider: &mut String) -> Result<(), Status> {
    let Principal { kind, name, .. } = &*caller.principal;
    if *kind == Kind::Open || decider == name {
        return Ok(());
    }
    if decider.is_empty() {
        name.clone_into(decider);
        return Ok(());
    }
    let message = format!("you are '{name}' and cannot decide as '{decider}'; leave the name out");
    Err(status::with_reason(Code::PermissionDenied, "NOT_YOURSELF", message))
}

/// Adds what is wrong with a field.
pub(crate) fn wrong(field: &str, message: impl Into<String>) -> Status {
    let mut violations = Violations::default();
    violations.add(field, message);
    status::invalid_argument(violations)
}
