//! A write that passed and whose answer was lost.

use goalpost_client::NewGoal;
use goalpost_client::v1::GoalState;
use goalpost_queue::Queue;
use goalpost_testkit::proxy::{Direction, Proxy};
use goalpost_testkit::{database, redis, wait_for};

use crate::harness::{System, chain, echo_worker, folder};

/// Holds every decision back while the test has the lock.
const GATE: &str = "\
    CREATE FUNCTION gate() RETURNS trigger LANGUAGE plpgsql AS $$ \
    BEGIN PERFORM pg_advisory_xact_lock_shared(4242); RETURN NULL; END $$; \
    CREATE TRIGGER gate AFTER INSERT ON decisions FOR EACH STATEMENT EXECUTE FUNCTION gate()";

const AT_THE_GATE: &str =
    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 4242 AND NOT granted";

#[tokio::test]
async fn a_goal_begins_although_nobody_heard_that_its_plan_was_stored() {
    let (database, redis) = (database().await, redis().await);
    let direct = database.client().await;
    let config: tokio_postgres::Config = database.url().parse().unwrap();
    let port = config.get_ports()[0];
    let proxy = Proxy::start(&[([127, 0, 0, 1], port).into()]).await;
    let url = database.url().replacen(&format!(":{port}/"), &format!(":{}/", proxy.address().port()), 1);
    let stores = ["--database-url", &url, "--redis-url", &redis.url()].map(str::to_owned);
    let system = System::start(folder(), &stores).await;
    let _worker = echo_worker(&system.endpoints.graph_engine);
    let client = system.client();
    // A Redis that is told later would be told of the goal again.
    let queue = Queue::new(&redis.url()).unwrap();
    wait_for("the first telling", async || queue.ensure_epoch().await.unwrap().1.then_some(())).await;

    direct.batch_execute(GATE).await.unwrap();
    direct.execute("SELECT pg_advisory_lock(4242)", &[]).await.unwrap();
    let goal = client.submit(NewGoal::blueprint(chain(2))).await.unwrap();
    let count = async |query: &str| direct.query_one(query, &[]).await.unwrap().get::<_, i64>(0);
    wait_for("the plan on its way", async || (count(AT_THE_GATE).await == 1).then_some(())).await;
    proxy.freeze(Direction::ToClient);
    direct.execute("SELECT pg_advisory_unlock(4242)", &[]).await.unwrap();
    let planned = "SELECT count(*) FROM goals WHERE state = 'RUNNING'";
    wait_for("the stored plan", async || (count(planned).await == 1).then_some(())).await;
    proxy.reset();
    proxy.heal();

    wait_for("the goal's end", async || {
        let goal = client.get(&goal.id).await.ok()?;
        (goal.state() == GoalState::Succeeded).then_some(())
    })
    .await;
    wait_for("the verification", async || {
        system.persistence().await.verify(goalpost_client::v1::VerifyRequest::default()).await.ok()
    })
    .await;
    system.verify().await;
}
