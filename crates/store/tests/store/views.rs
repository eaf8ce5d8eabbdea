//! What a caller of some namespaces can read, whatever a statement says.

use goalpost_model::{GoalBudget, GoalId, Namespace, Priority};
use goalpost_store::goals::{self, ApprovalFilter, GoalFilter, Inserted, NewGoal};
use goalpost_store::{Json, Store, View};
use goalpost_testkit::Database;
use tokio_postgres::Client;
use uuid::Uuid;

fn namespace(name: &str) -> Namespace {
    name.parse().unwrap()
}

fn goal(id: u128, of: &str) -> NewGoal {
    NewGoal {
        id: GoalId(Uuid::from_u128(id)),
        namespace: namespace(of),
        priority: Priority::Normal,
        request: None,
        goal: "a goal".to_owned(),
        goal_type: String::new(),
        blueprint: None,
        input: Json("{}".to_owned()),
        traceparent: None,
        policy: None,
        budget: Json::of(&GoalBudget::default()),
    }
}

/// A goal of `own` and one of `foreign`, each with what belongs to it.
async fn two_goals() -> (Database, Store, [GoalId; 2]) {
    let database = goalpost_testkit::database().await;
    let store = Store::new(database.url(), 2).unwrap();
    let new = [goal(1, "own"), goal(2, "foreign")];
    let inserted = goals::insert(&store, &new, 10).await.unwrap();
    assert_eq!(inserted, [Inserted::New, Inserted::New]);
    let ids = new.map(|goal| goal.id);
    let sql = database.client().await;
    for id in ids {
        let belonging = format!(
            "INSERT INTO decisions (goal_id, verdict, decided_by, reason) VALUES ('{0}', 'approve', 'ann', 'x');
             INSERT INTO plan_approvals (id, goal_id, blueprint_digest, rule, reason, deciders, quorum, at_deadline, state)
             VALUES (gen_random_uuid(), '{0}', sha256('x'), 'rule', 'x', '{{}}', 1, 'reject', 'OPEN')",
            id.0
        );
        sql.batch_execute(&belonging).await.unwrap();
    }
    (database, store, ids)
}

#[tokio::test]
async fn what_belongs_to_a_foreign_namespace_is_not_found() {
    let (_database, store, [own, foreign]) = two_goals().await;
    let view = View::among([namespace("own")]);
    assert!(goals::is_there(&store, &view, own).await.unwrap());
    assert!(!goals::is_there(&store, &view, foreign).await.unwrap());
    let found = goals::get(&store, &view, own).await.unwrap().unwrap();
    assert!(found.decisions.len() == 1 && found.approvals.len() == 1);
    assert!(goals::get(&store, &view, foreign).await.unwrap().is_none());
    let listed = async |view: &View, of: Option<&Namespace>| {
        let filter = GoalFilter { namespace: of.cloned(), ..GoalFilter::default() };
        let goals = goals::list(&store, view, &filter, 10).await.unwrap();
        goals.into_iter().map(|goal| goal.id).collect::<Vec<_>>()
    };
    assert_eq!(listed(&view, None).await, [own]);
    // Also where the statement asks for it.
    assert_eq!(listed(&view, Some(&namespace("foreign"))).await, []);
    assert_eq!(listed(&View::among([namespace("own"), namespace("foreign")]), None).await, [foreign, own]);
    assert_eq!(listed(&View::among([]), None).await, []);
    assert_eq!(listed(&View::everything(), None).await, [foreign, own]);
    let approvals = goals::list_approvals(&store, &view, &ApprovalFilter::default(), 10).await.unwrap();
    assert_eq!(approvals.iter().map(|approval| approval.goal).collect::<Vec<_>>(), [own]);
    // The connection is the system's again: it was one of two, and all of this went over it.
    assert_eq!(goals::open(&store, &[own, foreign]).await.unwrap().len(), 2);
}

async fn column(sql: &Client, query: &str) -> Vec<String> {
    sql.query(query, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn every_table_that_callers_reads_go_to_has_its_policy_and_they_write_nothing() {
    let (database, _store, _) = two_goals().await;
    let sql = database.client().await;
    let readable = "SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v') \
                    AND has_table_privilege('goalpost_tenant', oid, 'SELECT') ORDER BY 1";
    let guarded =
        "SELECT relname::text FROM pg_class WHERE relrowsecurity AND relname NOT LIKE 'pg_%' ORDER BY 1";
    let tables = column(&sql, readable).await;
    assert_eq!(tables, column(&sql, guarded).await);
    let writable = "SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace \
                    AND has_table_privilege('goalpost_tenant', oid, 'INSERT, UPDATE, DELETE, TRUNCATE')";
    assert_eq!(column(&sql, writable).await, [""; 0]);
    // Without a namespace, and with another one's, nothing is there; whatever is asked.
    for (namespaces, goals) in [("", 0), ("nobody", 0), ("own", 1), ("own,foreign", 2)] {
        let begin =
            format!("BEGIN; SET LOCAL ROLE goalpost_tenant; SET LOCAL goalpost.namespaces = '{namespaces}'");
        sql.batch_execute(&begin).await.unwrap();
        for table in ["goals", "decisions", "plan_approvals"] {
            let found = sql.query(&format!("SELECT FROM {table} WHERE true"), &[]).await.unwrap();
            assert_eq!(found.len(), goals, "{table} for '{namespaces}'");
        }
        sql.batch_execute("ROLLBACK").await.unwrap();
    }
}
