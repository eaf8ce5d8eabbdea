//! Planning with a language model is a journal: `kill -9` of the planner and of the decision group at every point
//! between two of its transactions, and nothing that was heard is paid for again.

use std::sync::Arc;

use goalpost_client::v1::{Goal, GoalState};
use goalpost_client::{Client, NewGoal};
use goalpost_testkit::llm::{Line, Server};
use goalpost_testkit::wait_for;
use serde_json::json;
use tokio::sync::Semaphore;

use crate::cluster::{Cluster, ONE, Service};
use crate::harness::{TestWorker, blueprint, echo_worker, events, words};
use crate::llm::{flags, plan, result, used};

/// Where planning stands still. The model errs first, and repairs its plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Point {
    /// The model is asked for a plan.
    Draft,
    /// It has answered; the answer is not journaled yet.
    DraftUnkept,
    /// The answer is journaled, and the model is asked to repair its plan.
    Repair,
    /// It has answered; that is not journaled yet.
    RepairUnkept,
    /// Everything is journaled; the plan is not stored yet.
    PlanUnstored,
    /// The plan is stored; the workflow has not begun yet.
    NotBegun,
}

const POINTS: [Point; 6] = [
    Point::Draft,
    Point::DraftUnkept,
    Point::Repair,
    Point::RepairUnkept,
    Point::PlanUnstored,
    Point::NotBegun,
];

/// What is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Victim {
    Planner,
    Group,
    Both,
}

impl Point {
    /// Whether the answer that comes next is paid for twice: whoever is killed is the last one that has it.
    fn is_lost_with(self, victim: Victim) -> bool {
        match self {
            Self::Draft | Self::Repair => victim != Victim::Group,
            Self::DraftUnkept | Self::RepairUnkept => victim == Victim::Both,
            Self::PlanUnstored | Self::NotBegun => false,
        }
    }

    /// Whether planning stands still at the first answer.
    fn is_at_draft(self) -> bool {
        matches!(self, Self::Draft | Self::DraftUnkept)
    }
}

/// What the model says, and holds back where planning is to stand still until there is a permit; and how often it is
/// asked.
fn script(point: Point, victim: Victim, permits: &Arc<Semaphore>) -> (Vec<Line>, usize) {
    let (wrong, right) = (plan("test.none").to_string(), plan("test.echo").to_string());
    let hold = |text: &String| Line::Held(text.clone(), Arc::clone(permits));
    let said = |text: &String| Line::Text(text.clone());
    let mut lines = match point {
        Point::Draft | Point::DraftUnkept => vec![hold(&wrong), said(&right)],
        Point::Repair | Point::RepairUnkept => vec![said(&wrong), hold(&right)],
        Point::PlanUnstored | Point::NotBegun => vec![said(&wrong), said(&right)],
    };
    if point.is_lost_with(victim) {
        let (place, again) = if point.is_at_draft() { (1, &wrong) } else { (2, &right) };
        lines.insert(place, said(again));
    }
    let asked = lines.len();
    (lines, asked)
}

struct Case {
    cluster: Cluster,
    server: Server,
    client: Client,
    worker: TestWorker,
    database: tokio_postgres::Client,
}

/// Statements that wait for a table.
const WAITING: &str = "pg_locks WHERE locktype = 'relation' AND NOT granted \
                       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";

impl Case {
    async fn start() -> Self {
        let (server, mut cluster) = (Server::start([]).await, Cluster::start(ONE, &[]).await);
        let planner = &mut cluster.planners[0];
        planner.kill().await;
        planner.add_arguments(&flags(&server.url()).each_ref().map(String::as_str));
        planner.start_again().await;
        let (client, worker) = (cluster.client(), echo_worker(&cluster.engine_urls()));
        let database = cluster.database.client().await;
        Self { cluster, server, client, worker, database }
    }

    async fn count(&self, sql: &str) -> i64 {
        self.database.query_one(sql, &[]).await.unwrap().get(0)
    }

    async fn counted(&self, sql: &str, expected: i64) {
        let is_there = async || (self.count(sql).await == expected).then_some(());
        wait_for(format!("{sql}: {expected}"), is_there).await;
    }

    async fn asked(&self, times: usize) {
        let is_there = async || (self.server.recorded().len() == times).then_some(());
        wait_for(format!("{times} requests"), is_there).await;
    }

    fn services(&mut self, victim: Victim) -> Vec<&mut Service> {
        let Cluster { planners, groups, .. } = &mut self.cluster;
        match victim {
            Victim::Planner => vec![&mut planners[0]],
            Victim::Group => vec![&mut groups[0]],
            Victim::Both => vec![&mut planners[0], &mut groups[0]],
        }
    }

    /// Has a goal planned, kills the victim where planning stands still, and lets it go on.
    async fn planned_despite(&mut self, victim: Victim, point: Point) {
        let permits = Arc::new(Semaphore::new(0));
        let before = self.server.recorded().len();
        let (lines, asked) = script(point, victim, &permits);
        self.server.add(lines);
        if point == Point::NotBegun {
            self.cluster.engines[0].kill().await;
        }
        let lock = self.cluster.database.client().await;
        if point == Point::PlanUnstored {
            hold(&lock, "decisions").await;
        }
        let goal = self.client.submit(NewGoal::text("Say this")).await.unwrap().id;
        self.stands_still(&goal, point, before, &permits, &lock).await;
        for service in self.services(victim) {
            service.kill().await;
        }
        if victim != Victim::Planner {
            // What it has sent is not carried out behind its back.
            self.count(&format!("SELECT count(pg_terminate_backend(pid)) FROM {WAITING}")).await;
        }
        for service in self.services(victim) {
            service.start_again().await;
        }
        permits.add_permits(1);
        lock.batch_execute("ROLLBACK").await.unwrap();
        if point == Point::NotBegun {
            self.cluster.engines[0].start_again().await;
        }
        let goal = self.client.wait(&goal).await.unwrap();
        self.assert_once(&goal, point).await;
        assert_eq!(self.server.recorded().len() - before, asked, "{victim:?} killed at {point:?}");
        assert_eq!(result(goal), json!({"say": {"words": "Say this"}}));
    }

    async fn stands_still(
        &self,
        goal: &str,
        point: Point,
        before: usize,
        permits: &Semaphore,
        lock: &tokio_postgres::Client,
    ) {
        let steps = format!("SELECT count(*) FROM planning_steps WHERE id = '{goal}'");
        let waiting = format!("SELECT count(*) FROM {WAITING}");
        match point {
            Point::Draft | Point::DraftUnkept => self.asked(before + 1).await,
            Point::Repair | Point::RepairUnkept => {
                self.asked(before + 2).await;
                // An answer is durable before the next question is asked.
                assert_eq!(self.count(&steps).await, 1);
            }
            Point::PlanUnstored => {
                self.counted(&waiting, 1).await;
                assert_eq!(self.count(&steps).await, 2);
            }
            Point::NotBegun => {
                let planned = format!("SELECT count(*) FROM goals WHERE id = '{goal}' AND state = 'RUNNING'");
                self.counted(&planned, 1).await;
            }
        }
        if matches!(point, Point::DraftUnkept | Point::RepairUnkept) {
            hold(lock, "planning_steps").await;
            permits.add_permits(1);
            self.counted(&waiting, 1).await;
        }
    }

    /// One plan, one workflow, one decision, and its usage is that of the journal.
    async fn assert_once(&self, goal: &Goal, point: Point) {
        assert_eq!(goal.state(), GoalState::Succeeded, "{point:?}: {:?}", goal.failure);
        assert_eq!((goal.decisions.len(), &goal.decisions[0].usage), (1, &used(2)), "{point:?}");
        let journaled = format!(
            "SELECT count(*), sum((usage ->> 'requests')::bigint)::bigint, \
                    sum((usage ->> 'input_tokens')::bigint)::bigint, sum((usage ->> 'output_tokens')::bigint)::bigint \
             FROM planning_steps WHERE id = '{}'",
            goal.id
        );
        let row = self.database.query_one(&journaled, &[]).await.unwrap();
        let told = goal.decisions[0].usage.as_ref().unwrap();
        let sums: [i64; 4] = [0_usize, 1, 2, 3].map(|column| row.get(column));
        assert_eq!(sums, [2, told.requests, told.input_tokens, told.output_tokens], "{point:?}");
        let words = words(&events(&self.client, &goal.id).await);
        for once in ["GOAL_PLANNED", "WORKFLOW_STARTED"] {
            assert_eq!(words.iter().filter(|word| *word == once).count(), 1, "{point:?}: {words:?}");
        }
    }
}

/// Nobody writes to this table until the transaction ends.
async fn hold(lock: &tokio_postgres::Client, table: &str) {
    lock.batch_execute(&format!("BEGIN; LOCK TABLE {table} IN SHARE MODE")).await.unwrap();
}

async fn nothing_is_paid_for_twice(victim: Victim) {
    let mut case = Case::start().await;
    for point in POINTS {
        case.planned_despite(victim, point).await;
    }
    // All of them run the same.
    assert_eq!(case.count("SELECT count(*) FROM blueprints").await, 1);
    case.worker.assert_nothing_ran_twice();
    case.cluster.verify().await;
}

#[tokio::test]
async fn a_planner_that_is_killed_anywhere_costs_at_most_the_answer_that_it_waited_for() {
    nothing_is_paid_for_twice(Victim::Planner).await;
}

#[tokio::test]
async fn a_decision_group_that_is_killed_anywhere_costs_nothing() {
    nothing_is_paid_for_twice(Victim::Group).await;
}

#[tokio::test]
async fn both_killed_together_cost_at_most_one_answer() {
    nothing_is_paid_for_twice(Victim::Both).await;
}

#[tokio::test]
async fn a_goal_inside_of_a_goal_is_paid_for_once_whoever_dies() {
    let permits = Arc::new(Semaphore::new(0));
    let wrong = Line::json(&plan("test.none"));
    let held = Line::Held(plan("test.echo").to_string(), Arc::clone(&permits));
    let mut case = Case::start().await;
    case.server.add([wrong, held]);
    let outer = blueprint(json!({
        "name": "outer",
        "tasks": [{"name": "inner", "capability": "goalpost.sub_goal", "input": {"goal": "Say this"}}],
    }));
    let goal = case.client.submit(NewGoal::blueprint(outer)).await.unwrap().id;
    case.asked(2).await;
    case.cluster.groups[0].kill().await;
    case.cluster.groups[0].start_again().await;
    permits.add_permits(1);
    let ended = case.client.wait(&goal).await.unwrap();
    assert_eq!(result(ended), json!({"inner": {"say": {"words": "Say this"}}}));
    let of_task = format!("SELECT count(*) FROM planning_steps WHERE id = '{goal}' AND task = 0");
    assert_eq!((case.count(&of_task).await, case.server.recorded().len()), (2, 2));
    case.worker.assert_nothing_ran_twice();
    case.cluster.verify().await;
}
