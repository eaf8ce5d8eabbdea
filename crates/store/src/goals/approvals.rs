//! Approvals of plans, and what principals decide on them.

use goalpost_model::{ApprovalTerms, Digest, GoalId, Namespace, PlanApprovalState};
use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

use crate::connection::{Parameter, Queries};
use crate::row::digest;
use crate::{Error, Json, Store, View};

const ASK: &str = "SELECT ask_for_approvals($1, $2, $3, $4, $5, $6, $7, $8, $9)";

const DECIDE: &str = "SELECT decide_plan($1, $2, $3, $4, $5)";

const EDIT: &str = "SELECT edit_plan($10, $11, $12, $13, $14, $1, $2, $3, $4, $5, $6, $7, $8, $9)";

const ASK_TO_EXTEND: &str = "SELECT ask_to_extend($10, $11, $12, $1, $2, $3, $4, $5, $6, $7, $8, $9)";

/// It may take the place of what the goal runs, and no policy wants that to be approved.
const ADMIT: &str = "\
    UPDATE goals SET approved_digests = approved_digests || $2::bytea \
    WHERE id = $1 AND state = 'RUNNING' AND $2::bytea <> ALL (approved_digests)";

const EXPIRE: &str = "SELECT expire_plan_approvals($1)";

const SELECT: &str = "\
    SELECT a.id, a.goal_id, a.blueprint_digest, a.rule, a.reason, a.deciders, a.quorum, a.expires_at, a.at_deadline, a.state, \
           a.asked_at, ARRAY(SELECT d.decided_by FROM decisions d WHERE d.approval = a.id AND d.verdict = 'approve' ORDER BY d.number) \
    FROM plan_approvals a";

/// An approval that a plan needs.
#[derive(Clone, Debug)]
pub struct NewApproval {
    /// UUIDv7.
    pub id: Uuid,
    /// The blueprint.
    pub digest: Digest,
    /// The rule that wants it.
    pub rule: String,
    /// Why.
    pub reason: String,
    /// Who has to approve, and until when.
    pub terms: ApprovalTerms,
}

/// An approval as it is stored.
#[derive(Clone, Debug)]
pub struct StoredApproval {
    /// Its id.
    pub id: Uuid,
    /// The goal.
    pub goal: GoalId,
    /// The blueprint.
    pub digest: Digest,
    /// The rule that wants it.
    pub rule: String,
    /// Why.
    pub reason: String,
    /// Who has to approve. The deadline is in `expires_at`.
    pub terms: ApprovalTerms,
    /// When its deadline decides.
    pub expires_at: Option<Timestamp>,
    /// How far it is.
    pub state: PlanApprovalState,
    /// When it was asked for.
    pub asked_at: Timestamp,
    /// Who approved so far.
    pub approved_by: Vec<String>,
}

/// Somebody's word on a plan.
#[derive(Clone, Debug)]
pub struct Word<'a> {
    /// The goal.
    pub goal: GoalId,
    /// The plan that is meant.
    pub digest: Digest,
    /// Who.
    pub decider: &'a str,
    /// Why.
    pub reason: &'a str,
}

/// Another blueprint in a plan's place.
#[derive(Clone, Debug)]
pub struct Edit<'a> {
    /// The blueprint, which is stored.
    pub next: Digest,
    /// The approvals that it needs.
    pub approvals: &'a [NewApproval],
}

/// What became of somebody's word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It counts, now or since an earlier time.
    Done,
    /// There is no such goal.
    GoalNotFound,
    /// Nothing waits for a decision.
    NothingOpen,
    /// Another blueprint does.
    OtherDigest,
    /// Nobody asked them.
    NotADecider,
    /// They have decided otherwise before.
    DecidedOtherwise,
    /// It was approved before.
    Approved,
    /// It was rejected before.
    Rejected,
}

/// Which approvals are looked for.
#[derive(Clone, Debug, Default)]
pub struct ApprovalFilter {
    /// Those of this goal.
    pub goal: Option<GoalId>,
    /// Those of this namespace.
    pub namespace: Option<Namespace>,
    /// Those on which this principal may decide.
    pub decider: Option<String>,
    /// Those in this state.
    pub state: Option<PlanApprovalState>,
    /// Those that were asked for before this one.
    pub before: Option<Uuid>,
}

/// Asks for approvals, in the transaction that has made their goals wait.
pub(crate) async fn ask(client: &impl Queries, wanted: &[(GoalId, &NewApproval)]) -> Result<(), Error> {
    let columns = Columns::of(wanted.iter().copied());
    if columns.ids.is_empty() {
        return Ok(());
    }
    client.query(ASK, &columns.parameters()).await.map(drop)
}

/// Approves or rejects.
pub async fn decide(store: &Store, word: &Word<'_>, approves: bool) -> Result<Answer, Error> {
    let Word { goal, digest, decider, reason } = word;
    let client = store.client().await?;
    let row = client.query_one(DECIDE, &[&goal.0, &digest.0.as_slice(), decider, &approves, reason]).await?;
    answer(&row)
}

/// Puts another blueprint in the place of a plan that waits.
pub async fn edit(store: &Store, word: &Word<'_>, edit: &Edit<'_>) -> Result<Answer, Error> {
    let columns = Columns::of(edit.approvals.iter().map(|approval| (word.goal, approval)));
    let (digest, next) = (word.digest.0.as_slice(), edit.next.0.as_slice());
    let mut parameters = columns.parameters();
    parameters.extend([&word.goal.0 as &dyn Parameter, &digest, &word.decider, &word.reason, &next]);
    answer(&store.client().await?.query_one(EDIT, &parameters).await?)
}

/// Asks for the approvals without which `next` does not take the place of `present`, which the goal runs.
pub async fn ask_to_extend(
    store: &Store,
    goal: GoalId,
    present: Digest,
    next: Digest,
    approvals: &[NewApproval],
) -> Result<Answer, Error> {
    let columns = Columns::of(approvals.iter().map(|approval| (goal, approval)));
    let (present, next) = (present.0.as_slice(), next.0.as_slice());
    let mut parameters = columns.parameters();
    parameters.extend([&goal.0 as &dyn Parameter, &present, &next]);
    answer(&store.client().await?.query_one(ASK_TO_EXTEND, &parameters).await?)
}

/// Notes that a blueprint may take the place of the one that the goal runs, and that no policy wants this to be
/// approved.
pub async fn admit(store: &Store, goal: GoalId, digest: Digest) -> Result<(), Error> {
    store.client().await?.execute(ADMIT, &[&goal.0, &digest.0.as_slice()]).await.map(drop)
}

/// Lets deadlines decide that have come.
pub async fn expire(store: &Store, ids: &[GoalId]) -> Result<(), Error> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    store.client().await?.execute(EXPIRE, &[&ids]).await.map(drop)
}

/// The approvals of a goal, in order.
pub(crate) async fn approvals_of(client: &impl Queries, goal: GoalId) -> Result<Vec<StoredApproval>, Error> {
    let sql = format!("{SELECT} WHERE a.goal_id = $1 ORDER BY a.id");
    client.query(&sql, &[&goal.0]).await?.iter().map(approval).collect()
}

/// Approvals that the view shows, newest first.
pub async fn list_approvals(
    store: &Store,
    view: &View,
    filter: &ApprovalFilter,
    limit: i64,
) -> Result<Vec<StoredApproval>, Error> {
    let ApprovalFilter { goal, namespace, decider, state, before } = filter;
    // A statement for each case, so that each has its index.
    let of_goal = if goal.is_some() { "a.goal_id = $2" } else { "$2::uuid IS NULL" };
    let sql = format!(
        "{SELECT} JOIN goals g ON g.id = a.goal_id \
         WHERE a.id < $1 AND {of_goal} AND ($3::text IS NULL OR g.namespace = $3) \
           AND ($4::text IS NULL OR a.deciders = '{{}}' OR $4 = ANY (a.deciders)) AND ($5::text IS NULL OR a.state = $5) \
         ORDER BY a.id DESC LIMIT $6"
    );
    let before = before.unwrap_or(Uuid::max());
    let parameters: [&dyn Parameter; 6] = [
        &before,
        &goal.map(|goal| goal.0),
        &namespace.as_ref().map(Namespace::as_str),
        decider,
        &state.map(PlanApprovalState::as_str),
        &limit,
    ];
    let mut client = store.client().await?;
    client.through(view).await?.query(&sql, &parameters).await?.iter().map(approval).collect()
}

/// Approvals as the functions of the database take them.
struct Columns<'a> {
    ids: Vec<Uuid>,
    goals: Vec<Uuid>,
    digests: Vec<&'a [u8]>,
    rules: Vec<&'a str>,
    reasons: Vec<&'a str>,
    deciders: Vec<Json>,
    quorums: Vec<i32>,
    deadlines: Vec<i64>,
    at_deadlines: Vec<&'static str>,
}

impl<'a> Columns<'a> {
    fn of(wanted: impl Iterator<Item = (GoalId, &'a NewApproval)>) -> Self {
        let all: Vec<_> = wanted.collect();
        let terms = |(_, approval): &(GoalId, &'a NewApproval)| &approval.terms;
        Self {
            ids: all.iter().map(|(_, approval)| approval.id).collect(),
            goals: all.iter().map(|(goal, _)| goal.0).collect(),
            digests: all.iter().map(|(_, approval)| approval.digest.0.as_slice()).collect(),
            rules: all.iter().map(|(_, approval)| approval.rule.as_str()).collect(),
            reasons: all.iter().map(|(_, approval)| approval.reason.as_str()).collect(),
            deciders: all.iter().map(|one| Json::of(&terms(one).deciders)).collect(),
            quorums: all.iter().map(|one| i32::try_from(terms(one).quorum).unwrap_or(i32::MAX)).collect(),
            deadlines: all
                .iter()
                .map(|one| i64::try_from(terms(one).deadline_ms).unwrap_or(i64::MAX))
                .collect(),
            at_deadlines: all.iter().map(|one| terms(one).at_deadline.as_str()).collect(),
        }
    }

    fn parameters(&self) -> Vec<&dyn Parameter> {
        vec![
            &self.ids,
            &self.goals,
            &self.digests,
            &self.rules,
            &self.reasons,
            &self.deciders,
            &self.quorums,
            &self.deadlines,
            &self.at_deadlines,
        ]
    }
}

fn answer(row: &Row) -> Result<Answer, Error> {
    Ok(match row.try_get(0)? {
        "DONE" => Answer::Done,
        "GOAL_NOT_FOUND" => Answer::GoalNotFound,
        "NOTHING_OPEN" => Answer::NothingOpen,
        "OTHER_DIGEST" => Answer::OtherDigest,
        "NOT_A_DECIDER" => Answer::NotADecider,
        "DECIDED_OTHERWISE" => Answer::DecidedOtherwise,
        "APPROVED" => Answer::Approved,
        "REJECTED" => Answer::Rejected,
        other => return Err(Error::corrupt("what became of a decision", other)),
    })
}

fn approval(row: &Row) -> Result<StoredApproval, Error> {
    let (at_deadline, state): (&str, &str) = (row.try_get(8)?, row.try_get(9)?);
    let quorum: i32 = row.try_get(6)?;
    Ok(StoredApproval {
        id: row.try_get(0)?,
        goal: GoalId(row.try_get(1)?),
        digest: digest(row.try_get(2)?)?,
        rule: row.try_get(3)?,
        reason: row.try_get(4)?,
        terms: ApprovalTerms {
            deciders: row.try_get(5)?,
            quorum: quorum.unsigned_abs(),
            deadline_ms: 0,
            at_deadline: at_deadline.parse().map_err(|error| Error::corrupt("a deadline", error))?,
        },
        expires_at: row.try_get(7)?,
        state: state.parse().map_err(|error| Error::corrupt("a state", error))?,
        asked_at: row.try_get(10)?,
        approved_by: row.try_get(11)?,
    })
}
