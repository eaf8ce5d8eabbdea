//! The end of a process that is asked to end.

use goalpost_client::NewGoal;
use goalpost_client::v1::GoalState;
use goalpost_proto::v1::work_response::Message as Answer;
use goalpost_testkit::wait_for;
use serde_json::json;
use tonic::Code;
use tonic_health::pb::health_check_response::ServingStatus;

use crate::cluster::{Cluster, ONE, Replicas, Service};
use crate::harness::{blueprint, echo_worker};
use crate::load::Load;
use crate::raw_worker::{attempt, connect, hello, next, succeed};

/// It is not ready and takes no other worker, but what it receives it still records; then it cuts.
#[tokio::test]
async fn a_worker_that_stays_is_heard_to_the_last_and_cut_off_in_the_end() {
    let mut cluster = Cluster::start(ONE, &["--drain-seconds", "5"]).await;
    let url = cluster.engines[0].url.clone();
    let mut stream = connect(&url, hello("test.other")).await.unwrap();
    let client = cluster.client();
    let alone = json!({"name": "alone", "tasks": [{"name": "try", "capability": "test.other"}]});
    let goal = client.submit(NewGoal::blueprint(blueprint(alone))).await.unwrap();
    let running = attempt(&mut stream).await;
    cluster.engines[0].ask_to_end().await;
    let reason = next(&mut stream, |message| match message {
        Answer::Drain(drain) => Some(drain.reason),
        _ => None,
    });
    assert!(!reason.await.is_empty());
    assert_eq!(cluster.engines[0].health().await, Some(ServingStatus::NotServing));
    let refused = connect(&url, hello("test.other")).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unavailable);
    assert!(succeed(&mut stream, running, json!({})).await.accepted);
    assert_eq!(client.wait(&goal.id).await.unwrap().state(), GoalState::Succeeded);
    let cut = stream.1.message().await.unwrap_err();
    assert_eq!(cut.code(), Code::Unavailable, "{cut}");
    cluster.engines[0].ended().await;
    cluster.verify().await;
}

/// Nobody is there to find it dead: it says good-bye by itself.
#[tokio::test]
async fn a_process_that_stops_leaves_nothing_behind() {
    let mut cluster = Cluster::start(ONE, &[]).await;
    let stream = connect(&cluster.engines[0].url, hello("test.other")).await.unwrap();
    let redis =
        redis::Client::open(cluster.redis.url()).unwrap().get_multiplexed_async_connection().await.unwrap();
    let keys = async |pattern: &str| {
        redis::cmd("KEYS").arg(pattern).query_async::<Vec<String>>(&mut redis.clone()).await.unwrap()
    };
    wait_for("two takers", async || (keys("goalpost:taker:*").await.len() == 2).then_some(())).await;
    drop(stream);
    cluster.persistence[0].kill().await;
    for service in [&mut cluster.engines[0], &mut cluster.groups[0]] {
        service.ask_to_end().await;
        service.ended().await;
    }
    assert_eq!(keys("goalpost:taker:*").await, Vec::<String>::new());
    assert_eq!(keys("goalpost:processing:*").await, Vec::<String>::new());
    let alive = "SELECT count(*) FROM takers WHERE dead_at IS NULL";
    let alive: i64 = cluster.database.client().await.query_one(alive, &[]).await.unwrap().get(0);
    assert_eq!(alive, 0);
}

/// Every replica of every service in turn; callers notice nothing, nothing runs twice.
#[tokio::test]
async fn a_rolling_update_under_load_costs_no_call_and_no_attempt() {
    let mut cluster =
        Cluster::start(Replicas { planners: 2, persistence: 2, engines: 2, groups: 2 }, &[]).await;
    let workers = [echo_worker(&cluster.engine_urls()), echo_worker(&cluster.engine_urls())];
    let load = Load::start(&cluster.client());
    load.more(20).await;
    let Cluster { planners, persistence, engines, groups, .. } = &mut cluster;
    for service in planners.iter_mut().chain(persistence).chain(engines).chain(groups) {
        let name = service.name();
        let gap = load.longest_gap_during(10, roll(service)).await;
        println!("rolling update: {name}: no goal ended for {gap:?}");
    }
    let report = load.stop().await;
    println!("rolling update: {report}");
    for worker in &workers {
        worker.assert_nothing_ran_twice();
    }
    let begun: usize = workers.iter().map(|worker| worker.begun.lock().unwrap().len()).sum();
    assert_eq!(begun, report.attempts());
    cluster.verify().await;
}

async fn roll(service: &mut Service) {
    service.ask_to_end().await;
    service.ended().await;
    service.start_again().await;
}
