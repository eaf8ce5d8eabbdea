//! The incident example: diagnosis from all sides at once, an approved change, verification, undoing.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use goalpost_client::NewGoal;
use goalpost_client::v1::{EventType, Goal, GoalState, ResolveApprovalRequest};
use goalpost_example_incident::{Service, Site, looking, offer};
use goalpost_worker::{Attempt, Failure, Worker};
use tempfile::TempDir;
use tokio::sync::Barrier;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::by_hand::{ended, seen};
use crate::harness::{OnStores, folder, on_stores_with};

/// The system with the example's catalog and its worker.
struct Incident {
    on: OnStores,
    site: Site,
    folder: TempDir,
    _stop: DropGuard,
}

/// A catalog of the examples.
pub(crate) fn catalog(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../catalogs").join(name)
}

/// The handler, which ends only while as many others run.
fn together<I: Send + 'static, O: Send + 'static>(
    all: &Arc<Barrier>,
    site: &Site,
    handle: fn(&Site, I) -> Result<O, Failure>,
) -> impl Fn(Attempt, I) -> BoxFuture<'static, Result<O, Failure>> + Send + Sync + 'static {
    let (all, site) = (Arc::clone(all), site.clone());
    move |_, input| {
        let (all, site) = (Arc::clone(&all), site.clone());
        async move {
            all.wait().await;
            handle(&site, input)
        }
        .boxed()
    }
}

async fn incident() -> Incident {
    let on = on_stores_with(&["--catalog", &catalog("incident.yaml").display().to_string()]).await;
    let folder = folder();
    let site = Site::open(folder.path().join("site")).unwrap();
    let all = Arc::new(Barrier::new(4));
    let worker = offer(Worker::builder(&on.system.endpoints.graph_engine).name("incident"), &site)
        .capability("metrics.query", together(&all, &site, looking::metrics))
        .capability("logs.search", together(&all, &site, looking::errors))
        .capability("deploys.list", together(&all, &site, looking::deploys))
        .capability("dependencies.status", together(&all, &site, looking::dependencies));
    let stop = CancellationToken::new();
    tokio::spawn(worker.build().unwrap().run(stop.clone()));
    Incident { on, site, folder, _stop: stop.drop_guard() }
}

impl Incident {
    /// Handles the alert up to the approval of the change, and gives or refuses that.
    async fn handle(&self, alert: &str, approved: bool) -> (Goal, Vec<String>) {
        let client = self.on.system.client();
        let id = client.submit(NewGoal::text(format!("Handle alert {alert}"))).await.unwrap().id;
        let task = "mitigate_roll_back_ask".to_owned();
        seen(&self.on.system, &id, EventType::TaskWaiting, &task).await;
        let resolve = ResolveApprovalRequest { id: id.clone(), task, approved, ..Default::default() };
        client.resolve_approval(resolve).await.unwrap();
        ended(&self.on.system, &id).await
    }

    /// What the channel of incidents was told.
    fn chat(&self) -> Option<String> {
        std::fs::read_to_string(self.folder.path().join("site/chat.log")).ok()
    }
}

fn has(words: &[String], word: &str) -> bool {
    words.iter().any(|other| other == word)
}

/// Of the ways to help, those that were not chosen.
fn assert_others_skipped(words: &[String]) {
    for way in ["scale_up_ask", "restart_ask", "shed_load_ask", "escalate_open"] {
        assert!(has(words, &format!("TASK_SKIPPED mitigate_{way}")), "{way}: {words:?}");
    }
}

#[tokio::test]
async fn an_alert_is_diagnosed_from_all_sides_at_once_and_what_is_approved_is_done_and_verified() {
    let incident = incident().await;
    let before = incident.site.service("checkout").unwrap();
    assert_eq!(before.running, "2.4.0");
    let (goal, words) = incident.handle("A-17", true).await;
    assert_eq!(goal.state(), GoalState::Succeeded, "{:?}", goal.failure);
    assert_others_skipped(&words);
    let place = |word: &str| {
        words.iter().position(|other| other == word).unwrap_or_else(|| panic!("{word}: {words:?}"))
    };
    let (asked, done) =
        (place("TASK_WAITING mitigate_roll_back_ask"), place("ATTEMPT_STARTED mitigate_roll_back_switch"));
    assert!(asked < done && done < place("TASK_SUCCEEDED mitigate_roll_back_verify"), "{words:?}");
    let after = incident.site.service("checkout").unwrap();
    let expected = Service { running: "2.3.1".into(), running_since: after.running_since, ..before };
    assert_eq!(after, expected);
    let told = incident.chat().unwrap();
    assert!(told.contains("checkout was taken care of: 31 % of its requests fail"), "{told}");
    incident.on.system.verify().await;
}

#[tokio::test]
async fn a_change_that_does_not_help_is_undone() {
    let incident = incident().await;
    let before = incident.site.service("search").unwrap();
    let (goal, words) = incident.handle("A-18", true).await;
    assert_eq!(goal.state(), GoalState::Failed);
    let failure = goal.failure.unwrap();
    assert!(failure.message.contains("search: 12 % of its requests fail"), "{failure:?}");
    for word in ["TASK_SUCCEEDED mitigate_roll_back_switch", "TASK_FAILED mitigate_roll_back_verify"] {
        assert!(has(&words, word), "{word}: {words:?}");
    }
    assert!(has(&words, "TASK_SUCCEEDED mitigate_roll_back_switch.undo"), "{words:?}");
    let after = incident.site.service("search").unwrap();
    assert_ne!(after.running_since, before.running_since, "it was switched");
    assert_eq!(after, Service { running_since: after.running_since, ..before });
    assert_eq!(incident.chat(), None);
    incident.on.system.verify().await;
}

#[tokio::test]
async fn what_is_rejected_changes_nothing() {
    let incident = incident().await;
    let before = incident.site.service("checkout").unwrap();
    let (goal, words) = incident.handle("A-17", false).await;
    assert_eq!(goal.state(), GoalState::Failed);
    assert!(goal.failure.unwrap().message.contains("REJECTED"));
    assert!(has(&words, "TASK_SKIPPED mitigate_roll_back_switch"), "{words:?}");
    assert_eq!((incident.site.service("checkout").unwrap(), incident.chat()), (before, None));
    incident.on.system.verify().await;
}
