//! Reading goals.

use goalpost_model::{
    Amount, Digest, Failure, GoalBudget, GoalId, GoalState, LlmUsage, Namespace, Policy, Priority, Spending,
};
use jiff::Timestamp;
use serde_json::{Map, Value};
use tokio_postgres::Row;
use uuid::Uuid;

use crate::connection::Queries;
use crate::goals::approvals::{StoredApproval, approvals_of};
use crate::row::digest;
use crate::{Error, Json, Store, View};

const COLUMNS: &str = "\
    g.id, g.namespace, g.priority, g.request_id, g.goal, g.goal_type, g.input, g.state, g.cancel_reason, \
    g.blueprint_digest, g.policy, g.approved_digests, g.result, g.failure, g.traceparent, g.created_at, g.ended_at, \
    EXISTS (SELECT FROM workflows w WHERE w.id = g.id) AS has_workflow, \
    coalesce((SELECT w.budget FROM workflows w WHERE w.id = g.id), g.budget) AS budget, \
    (SELECT json_agg(d.llm_usage) FROM decisions d WHERE d.goal_id = g.id AND d.llm_usage IS NOT NULL) AS llm_usages";

const DECISIONS: &str = "SELECT verdict, decided_by, reason, at, llm_usage, blueprint_digest, approval FROM decisions WHERE goal_id = $1 ORDER BY number";

/// What the attempts of a goal took that are over, and the planning of its sub-goals.
const SPENT: &str = "\
    SELECT count(*) FILTER (WHERE spent[1] > 0), coalesce(sum(spent[1]), 0)::bigint, coalesce(sum(spent[2]), 0)::bigint, \
           coalesce(sum(spent[3]), 0)::bigint \
    FROM tasks WHERE workflow_id = $1 AND spent IS NOT NULL";

/// A goal as it is stored.
#[derive(Clone, Debug)]
pub struct StoredGoal {
    /// Its id.
    pub id: GoalId,
    /// Whose it is.
    pub namespace: Namespace,
    /// How much it may claim.
    pub priority: Priority,
    /// The caller's key for idempotency.
    pub request_id: Option<String>,
    /// The goal in words, or empty.
    pub goal: String,
    /// The structured goal type, or empty.
    pub goal_type: String,
    /// The goal's input.
    pub input: Map<String, Value>,
    /// How far it has come.
    pub state: GoalState,
    /// Why it shall be cancelled, once somebody wants that.
    pub cancel_reason: Option<String>,
    /// Its plan. One that waits for its plan has it already if the caller brought it along.
    pub blueprint_digest: Option<Digest>,
    /// The caller's own policy.
    pub policy: Option<Policy>,
    /// The blueprints that were approved for it, in order; `None`: no policy wanted an approval.
    pub approved_digests: Option<Vec<Digest>>,
    /// Whether its workflow was begun.
    pub has_workflow: bool,
    /// What came out.
    pub result: Option<Map<String, Value>>,
    /// Why it failed or was cancelled.
    pub failure: Option<Failure>,
    /// W3C trace context of the caller.
    pub traceparent: Option<String>,
    /// When it was stored.
    pub created_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// What it may take: as its workflow says, if it has one.
    pub budget: GoalBudget,
    /// What its planning took.
    pub planning: Amount,
}

/// A goal with what is known besides.
#[derive(Clone, Debug)]
pub struct FoundGoal {
    /// The goal.
    pub goal: StoredGoal,
    /// The verdicts on it, in order.
    pub decisions: Vec<StoredDecision>,
    /// The approvals that policies want of its plans, in order.
    pub approvals: Vec<StoredApproval>,
    /// What it has taken, by planning and by attempts that are over.
    pub spent: Spending,
}

/// A verdict on a goal.
#[derive(Clone, Debug)]
pub struct StoredDecision {
    /// What was decided.
    pub verdict: String,
    /// By whom or what.
    pub decided_by: String,
    /// Why.
    pub reason: String,
    /// When.
    pub at: Timestamp,
    /// What asking a language model took for it, if one was asked.
    pub llm_usage: Option<LlmUsage>,
    /// The blueprint that it is about, if it is somebody's word on a plan, or another plan.
    pub blueprint_digest: Option<Digest>,
    /// The approval that it is about, if it is somebody's word on a plan.
    pub approval: Option<Uuid>,
}

/// One goal.
pub async fn find(store: &Store, id: GoalId) -> Result<Option<StoredGoal>, Error> {
    find_on(&store.client().await?, id).await
}

async fn find_on(client: &impl Queries, id: GoalId) -> Result<Option<StoredGoal>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM goals g WHERE g.id = $1");
    client.query_opt(&sql, &[&id.0]).await?.as_ref().map(goal).transpose()
}

/// Whether the view shows the goal.
pub async fn is_there(store: &Store, view: &View, id: GoalId) -> Result<bool, Error> {
    let mut client = store.client().await?;
    let found = client.through(view).await?.query_opt("SELECT FROM goals WHERE id = $1", &[&id.0]).await?;
    Ok(found.is_some())
}

/// One goal that the view shows, with its decisions and its approvals, and what it has taken.
pub async fn get(store: &Store, view: &View, id: GoalId) -> Result<Option<FoundGoal>, Error> {
    let mut client = store.client().await?;
    let client = client.through(view).await?;
    let Some(goal) = find_on(&client, id).await? else { return Ok(None) };
    let decisions = client.query(DECISIONS, &[&id.0]).await?;
    let decisions = decisions
        .iter()
        .map(|row| {
            let llm_usage: Option<Json> = row.try_get(4)?;
            Ok(StoredDecision {
                verdict: row.try_get(0)?,
                decided_by: row.try_get(1)?,
                reason: row.try_get(2)?,
                at: row.try_get(3)?,
                llm_usage: llm_usage.map(|json| json.parse("a decision's usage")).transpose()?,
                blueprint_digest: row.try_get::<_, Option<&[u8]>>(5)?.map(digest).transpose()?,
                approval: row.try_get(6)?,
            })
        })
        .collect::<Result<_, Error>>()?;
    let approvals = approvals_of(&client, id).await?;
    let spent = Spending::new(0, goal.planning).plus(spent(&client.query_one(SPENT, &[&id.0]).await?)?);
    Ok(Some(FoundGoal { goal, decisions, approvals, spent }))
}

fn spent(row: &Row) -> Result<Spending, Error> {
    let sum = |at: usize| Ok::<u64, Error>(row.try_get::<_, i64>(at)?.unsigned_abs());
    Ok(Spending { tasks: sum(0)?, attempts: sum(1)?, money_micros: sum(2)?, tokens: sum(3)? })
}

/// Which goals somebody wants to see; `None`: it does not matter.
#[derive(Clone, Debug, Default)]
pub struct GoalFilter {
    /// Whose they are.
    pub namespace: Option<Namespace>,
    /// How far they have come.
    pub state: Option<GoalState>,
    /// The structured type that they have.
    pub goal_type: Option<String>,
    /// Only those with smaller ids: submitted before.
    pub before: Option<GoalId>,
    /// Only those with this id or greater ones: submitted after.
    pub from: Option<GoalId>,
}

/// Goals that the view shows, newest first.
pub async fn list(
    store: &Store,
    view: &View,
    filter: &GoalFilter,
    limit: i64,
) -> Result<Vec<StoredGoal>, Error> {
    let GoalFilter { namespace, state, goal_type, before, from } = filter;
    let mut client = store.client().await?;
    let client = client.through(view).await?;
    // A statement for each case, so that each has its index.
    let of_state = if state.is_some() { "g.state = $3" } else { "$3::text IS NULL" };
    let of_namespace = if namespace.is_some() { "g.namespace = $4" } else { "$4::text IS NULL" };
    let of_type = match goal_type {
        Some(_) => "g.goal_type = $5 AND g.goal_type <> ''",
        None => "$5::text IS NULL",
    };
    let sql = format!(
        "SELECT {COLUMNS} FROM goals g WHERE g.id < $1 AND g.id >= $6 AND {of_state} AND {of_namespace} AND {of_type} \
         ORDER BY g.id DESC LIMIT $2"
    );
    let before = before.map_or(Uuid::max(), |goal| goal.0);
    let from = from.map_or(Uuid::nil(), |goal| goal.0);
    let (state, namespace) = (state.map(GoalState::as_str), namespace.as_ref().map(Namespace::as_str));
    let rows = client.query(&sql, &[&before, &limit, &state, &namespace, goal_type, &from]).await?;
    rows.iter().map(goal).collect()
}

/// Those of the goals that are not ended.
pub async fn open(store: &Store, ids: &[GoalId]) -> Result<Vec<StoredGoal>, Error> {
    let client = store.client().await?;
    let sql = format!("SELECT {COLUMNS} FROM goals g WHERE g.id = ANY ($1) AND is_open_goal(g.state)");
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    client.query(&sql, &[&ids]).await?.iter().map(goal).collect()
}

fn goal(row: &Row) -> Result<StoredGoal, Error> {
    let blueprint_digest: Option<&[u8]> = row.try_get("blueprint_digest")?;
    let approved: Option<Vec<&[u8]>> = row.try_get("approved_digests")?;
    let policy: Option<Json> = row.try_get("policy")?;
    let result: Option<Json> = row.try_get("result")?;
    let failure: Option<Json> = row.try_get("failure")?;
    let state: &str = row.try_get("state")?;
    let (namespace, priority): (&str, i16) = (row.try_get("namespace")?, row.try_get("priority")?);
    Ok(StoredGoal {
        id: GoalId(row.try_get("id")?),
        namespace: namespace.parse().map_err(|error| Error::corrupt("a namespace", error))?,
        priority: Priority::of_rank(priority).ok_or_else(|| Error::corrupt("a priority", priority))?,
        request_id: row.try_get("request_id")?,
        goal: row.try_get("goal")?,
        goal_type: row.try_get("goal_type")?,
        input: row.try_get::<_, Json>("input")?.parse("a goal's input")?,
        state: state.parse().map_err(|error| Error::corrupt("a state", error))?,
        cancel_reason: row.try_get("cancel_reason")?,
        blueprint_digest: blueprint_digest.map(digest).transpose()?,
        policy: policy.map(|json| json.parse("a policy")).transpose()?,
        approved_digests: approved.map(|all| all.into_iter().map(digest).collect()).transpose()?,
        has_workflow: row.try_get("has_workflow")?,
        result: result.map(|json| json.parse("a result")).transpose()?,
        failure: failure.map(|json| json.parse("a failure")).transpose()?,
        traceparent: row.try_get("traceparent")?,
        created_at: row.try_get("created_at")?,
        ended_at: row.try_get("ended_at")?,
        budget: row.try_get::<_, Json>("budget")?.parse("a budget")?,
        planning: planning(row.try_get("llm_usages")?)?,
    })
}

/// What asking language models took.
fn planning(usages: Option<Json>) -> Result<Amount, Error> {
    let usages: Vec<LlmUsage> = usages.map(|json| json.parse("usages")).transpose()?.unwrap_or_default();
    Ok(usages.iter().map(Amount::from).fold(Amount::default(), Amount::plus))
}
