//! Budgets of goals that do not run yet.

use goalpost_model::{BudgetChange, GoalBudget, GoalId, GoalState};

use crate::connection::Queries as _;
use crate::{Error, Json, Store};

const PRESENT: &str = "SELECT state, budget FROM goals WHERE id = $1 FOR NO KEY UPDATE";

const CHANGE: &str = "UPDATE goals SET budget = $2 WHERE id = $1";

/// Changes the budget of a goal that waits for its plan, or for its being approved; from then on it is its workflow's. Answers with the goal's
/// state; `None` if there is no such goal.
pub async fn set_budget(store: &Store, id: GoalId, change: BudgetChange) -> Result<Option<GoalState>, Error> {
    let mut client = store.client().await?;
    let transaction = client.begin().await?;
    let Some(row) = transaction.query_opt(PRESENT, &[&id.0]).await? else { return Ok(None) };
    let state: GoalState =
        row.try_get::<_, &str>(0)?.parse().map_err(|error| Error::corrupt("a state", error))?;
    let present: GoalBudget = row.try_get::<_, Json>(1)?.parse("a budget")?;
    let next = present.changed(change);
    if matches!(state, GoalState::Submitted | GoalState::AwaitingApproval) && next != present {
        transaction.execute(CHANGE, &[&id.0, &Json::of(&next)]).await?;
    }
    transaction.commit().await?;
    Ok(Some(state))
}
