//! What Prometheus finds.

use goalpost_client::NewGoal;
use goalpost_client::v1::GoalState;
use goalpost_testkit::wait_for;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::harness::{System, chain, echo_worker, folder};

/// The metrics as text.
async fn scrape(address: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET /metrics HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    answer
}

/// The value of a series, as its name and labels are written.
fn value(metrics: &str, series: &str) -> Option<f64> {
    metrics.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' ')?.parse().ok())
}

#[tokio::test]
async fn metrics_tell_of_queues_steps_commits_the_relay_and_workers() {
    let system = System::start(folder(), &["--metrics-listen".to_owned(), "127.0.0.1:0".to_owned()]).await;
    let url = system.endpoints.metrics.clone().unwrap();
    let address = url.strip_prefix("http://").unwrap().strip_suffix("/metrics").unwrap();
    let waits = system.client().submit(NewGoal::blueprint(chain(1))).await.unwrap();
    let depth =
        async |list: &str| value(&scrape(address).await, &format!("goalpost_queue_depth{{list=\"{list}\"}}"));
    // Or twice: what was delivered while the relay took up its work is told again.
    wait_for("the attempt on its list", async || {
        depth("ready:test.echo").await.is_some_and(|waiting| waiting >= 1.0).then_some(())
    })
    .await;
    let worker = echo_worker(&system.endpoints.graph_engine);
    let (goal, _) = system.run(NewGoal::blueprint(chain(3))).await;
    assert_eq!(goal.state(), GoalState::Succeeded);
    system.client().wait(&waits.id).await.unwrap();
    let metrics = scrape(address).await;
    let at_least = |series, least: f64| {
        let found = value(&metrics, series);
        assert!(found.is_some_and(|value| value >= least), "{series}: {found:?}\n{metrics}");
    };
    at_least("goalpost_step_seconds_count", 4.0);
    at_least("goalpost_commit_batch_commands_count", 4.0);
    // Two beginnings, four claims, four ends.
    at_least("goalpost_commit_batch_commands_sum", 10.0);
    at_least("goalpost_commit_seconds_count", 4.0);
    at_least("goalpost_relay_seconds_count", 4.0);
    at_least("goalpost_goals_submitted_total", 2.0);
    for list in ["goals", "ready:test.echo"] {
        wait_for("what was delivered twice", async || (depth(list).await == Some(0.0)).then_some(())).await;
    }
    assert_eq!(value(&metrics, "goalpost_connected_workers"), Some(1.0));
    worker.stop.cancel();
    wait_for("the worker's end", async || {
        (value(&scrape(address).await, "goalpost_connected_workers") == Some(0.0)).then_some(())
    })
    .await;
}
