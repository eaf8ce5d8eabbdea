//! Who is alive, and what becomes of the work of those who are not (invariant 7).

use std::time::{Duration, SystemTime};

use goalpost_client::NewGoal;
use goalpost_client::v1::GoalState;
use goalpost_queue::{List, Queue};
use goalpost_store::Store;
use goalpost_store::takers::Death;
use goalpost_testkit::wait_for;
use serde_json::Value;
use tokio::sync::watch;
use tonic_health::pb::health_check_response::ServingStatus;
use uuid::Uuid;

use crate::cluster::{Cluster, ONE, Replicas};
use crate::harness::{TestWorker, chain, echo_worker, events, words, worker};
use crate::load::Load;
use crate::partition::Cable;

/// A connection to PostgreSQL is given up after 3 s of silence at both its ends.
const IMPATIENT: &str = "?keepalives_idle=1&keepalives_interval=1&tcp_user_timeout=2";

const DEAD_AT: &str = "SELECT dead_at FROM takers WHERE id = $1";

/// Sessions that wait for an advisory lock.
const WAITING: &str = "\
    SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted \
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";

/// Ends the session that has the lock which somebody waits for.
const END_HOLDER: &str = "\
    SELECT pg_terminate_backend(h.pid) FROM pg_locks h JOIN pg_locks w USING (database, classid, objid, objsubid) \
    WHERE h.locktype = 'advisory' AND w.locktype = 'advisory' AND h.granted AND NOT w.granted \
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";

/// Waits until the taker is known to be dead. Answers with how long that was after `since`, by the clock of
/// the machine: waiting takes its own time.
async fn wait_for_death(cluster: &Cluster, taker: Uuid, since: SystemTime) -> Duration {
    let database = cluster.database.client().await;
    let at: SystemTime = wait_for("the death to be noticed", async || {
        database.query_one(DEAD_AT, &[&taker]).await.unwrap().get::<_, Option<SystemTime>>(0)
    })
    .await;
    at.duration_since(since).unwrap_or_default()
}

fn assert_all_ran_once(workers: &[TestWorker]) {
    for worker in workers {
        worker.assert_nothing_ran_twice();
    }
    let mut begun: Vec<String> =
        workers.iter().flat_map(|worker| worker.begun.lock().unwrap().clone()).collect();
    let all = begun.len();
    begun.sort_unstable();
    begun.dedup();
    assert_eq!(begun.len(), all, "an attempt ran on two workers");
}

#[tokio::test]
async fn one_of_two_engines_is_killed_under_load_and_every_goal_succeeds() {
    let mut cluster = Cluster::start(Replicas { engines: 2, ..ONE }, &[]).await;
    let workers: Vec<TestWorker> = (0..4).map(|_| echo_worker(&cluster.engine_urls())).collect();
    let load = Load::start(&cluster.client());
    load.more(30).await;
    let victim = cluster.engine_ids().await[0];
    let killed_at = SystemTime::now();
    cluster.engines[0].kill().await;
    let noticed = wait_for_death(&cluster, victim, killed_at).await;
    load.more(60).await;
    println!("engine killed under load: noticed after {noticed:?}; {}", load.stop().await);
    assert_all_ran_once(&workers);
    cluster.verify().await;
}

#[tokio::test]
async fn the_active_persistence_is_killed_under_load_and_every_goal_succeeds() {
    let mut cluster = Cluster::start(Replicas { persistence: 2, engines: 2, ..ONE }, &[]).await;
    let workers: Vec<TestWorker> = (0..2).map(|_| echo_worker(&cluster.engine_urls())).collect();
    let load = Load::start(&cluster.client());
    load.more(30).await;
    // The first that started has the lock.
    cluster.persistence.remove(0).kill().await;
    load.more(60).await;
    println!("active persistence killed under load: {}", load.stop().await);
    assert_all_ran_once(&workers);
    cluster.verify().await;
}

/// Nothing tells either side that the other one is gone. PostgreSQL gives the engine's lock up, the
/// engine gives up its connections and sends its worker away, and the attempt goes on elsewhere.
#[tokio::test]
async fn an_engine_that_is_cut_off_in_silence_is_given_up_and_its_attempts_go_on_elsewhere() {
    let mut cluster = Cluster::without_engines(&ONE).await;
    let mut cables = Vec::new();
    for _ in 0..2 {
        let (url, cable) = cable(cluster.database.url()).await;
        cluster.add_engine(&format!("{url}{IMPATIENT}"), &[]).await;
        cables.push(cable);
    }
    cluster.add_group().await;
    let (open, gate) = watch::channel(false);
    let worker = worker(&cluster.engine_urls(), move |_, input: Value| {
        let mut gate = gate.clone();
        async move {
            gate.wait_for(|open| *open).await.ok();
            Ok(input)
        }
    });
    let client = cluster.client();
    let goal = client.submit(NewGoal::blueprint(chain(1))).await.unwrap();
    wait_for("the attempt", async || (worker.begun.lock().unwrap().len() == 1).then_some(())).await;
    let cut_off = cluster.engine_of_attempt(|_| true).await;
    let taker = cluster.engine_ids().await[cut_off];
    let cut_at = SystemTime::now();
    cables[cut_off].cut();
    let noticed = wait_for_death(&cluster, taker, cut_at).await;
    println!("silent partition, bound 3 s: noticed after {noticed:?}");
    cluster.engine_of_attempt(|engine| engine != cut_off).await;
    open.send(true).unwrap();
    assert_eq!(client.wait(&goal.id).await.unwrap().state(), GoalState::Succeeded);
    let words = words(&events(&client, &goal.id).await);
    assert_eq!(words.iter().filter(|word| *word == "ATTEMPT_STARTED step0").count(), 1, "{words:?}");
    assert_eq!(worker.begun.lock().unwrap().len(), 1);
    // It comes back under its id, and serves.
    cables[cut_off].mend();
    wait_for("the engine to be back", async || {
        (cluster.engines[cut_off].health().await? == ServingStatus::Serving).then_some(())
    })
    .await;
    cluster.verify().await;
}

/// The same database through a cable.
async fn cable(url: &str) -> (String, Cable) {
    let (head, tail) = url.rsplit_once('@').unwrap_or(("", url));
    let (server, _) = tail.split_once('/').unwrap();
    let cable = Cable::to(server.parse().unwrap()).await;
    (format!("{head}@{}", tail.replacen(server, &cable.address.to_string(), 1)), cable)
}

/// As long as somebody else has its lock an engine hands out nothing, however much there is to do.
#[tokio::test]
async fn an_engine_without_its_lock_takes_nothing_until_it_has_it_again() {
    let mut cluster = Cluster::start(ONE, &[]).await;
    let worker = echo_worker(&cluster.engine_urls());
    let client = cluster.client();
    let goal = client.submit(NewGoal::blueprint(chain(1))).await.unwrap();
    client.wait(&goal.id).await.unwrap();
    // Nobody else asks for the lock.
    cluster.persistence[0].ask_to_end().await;
    cluster.persistence[0].ended().await;
    let store = Store::new(cluster.database.url(), 1).unwrap();
    let engine = cluster.engine_ids().await[0];
    let database = cluster.database.client().await;
    let sessions_waiting = async |count: i64| {
        wait_for(format!("{count} sessions that wait"), async || {
            (database.query_one(WAITING, &[]).await.unwrap().get::<_, i64>(0) == count).then_some(())
        })
        .await;
    };
    // Those of the service that has ended are still there for a moment.
    sessions_waiting(0).await;
    let death = tokio::spawn(async move { Death::of(&store, engine).await.unwrap() });
    sessions_waiting(1).await;
    database.execute(END_HOLDER, &[]).await.unwrap();
    let death = death.await.unwrap();
    let redis =
        redis::Client::open(cluster.redis.url()).unwrap().get_multiplexed_async_connection().await.unwrap();
    let name = format!("name=goalpost:taker:{engine}");
    wait_for("the end of its takes", async || {
        let clients: String = redis::cmd("CLIENT").arg("LIST").query_async(&mut redis.clone()).await.unwrap();
        (!clients.contains(&name)).then_some(())
    })
    .await;
    let begun = worker.begun.lock().unwrap().len();
    cluster.persistence[0].start_again().await;
    let goal = client.submit(NewGoal::blueprint(chain(1))).await.unwrap();
    let (queue, list) = (Queue::new(&cluster.redis.url()).unwrap(), List::ready("test.echo"));
    let waiting = async || queue.depths().await.unwrap().remove(&list).unwrap_or_default().elements;
    wait_for("the delivery", async || (waiting().await == 1).then_some(())).await;
    assert_eq!(cluster.engines[0].health().await, Some(ServingStatus::NotServing));
    assert_eq!(worker.begun.lock().unwrap().len(), begun);
    death.bury().await.unwrap();
    assert_eq!(client.wait(&goal.id).await.unwrap().state(), GoalState::Succeeded);
    assert_eq!(waiting().await, 0);
    cluster.verify().await;
}
