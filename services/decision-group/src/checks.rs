//! Blueprints that callers bring along, checked by the planner.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use goalpost_model::{Blueprint, Digest, Finding, Namespace, Severity};
use goalpost_peers::Channel;
use goalpost_proto::v1::planner_client::PlannerClient;
use goalpost_proto::v1::{CheckBlueprintRequest, CheckBlueprintResponse, PlanEstimate, WorstCase};
use goalpost_proto::{Violations, blueprint_from_model, read_blueprint};
use goalpost_service::{status, trace_context};
use goalpost_store::Store;
use goalpost_store::goals::NewBlueprint;
use tonic::Status;

use crate::inline::inline;
use crate::requests::Own;

/// How long the planner's consent holds. A catalog that changes is obeyed after this at the latest,
/// as while planners with two catalogs run side by side.
const FRESH: Duration = Duration::from_secs(5);
/// Answers held at most; beyond, all are forgotten and asked for again.
const CAPACITY: usize = 256;

/// Which definitions of capabilities count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Definitions {
    /// Those of the catalog, as it is now.
    Catalog,
    /// Those that the blueprint has, and the catalog's for what it has none for.
    Own,
}

/// A blueprint that can run.
#[derive(Clone)]
pub(crate) struct Checked {
    /// It, with the definitions of its capabilities.
    pub(crate) blueprint: NewBlueprint,
    /// What its workflow comes to if all goes well.
    pub(crate) estimate: PlanEstimate,
    /// What it comes to at most.
    pub(crate) worst_case: WorstCase,
}

/// The planner's consent to blueprints, asked for once while it is fresh: callers submit the same
/// blueprint again and again.
pub(crate) struct Checks {
    planner: PlannerClient<Channel>,
    store: Store,
    passed: Mutex<HashMap<(Namespace, Digest), (Instant, Checked)>>,
}

impl Checks {
    pub(crate) fn new(planner: PlannerClient<Channel>, store: Store) -> Self {
        Self { planner, store, passed: Mutex::default() }
    }

    /// The blueprint with the definitions of its capabilities. One that cannot run is refused here,
    /// where its author hears of it.
    pub(crate) async fn checked(
        &self,
        own: &Own,
        namespace: &Namespace,
        traceparent: Option<&str>,
    ) -> Result<Checked, Status> {
        let key = (namespace.clone(), own.digest);
        if let Some(checked) = self.fresh(&key) {
            return Ok(checked);
        }
        let asked = Instant::now();
        let checked =
            self.consent(own.blueprint.clone(), Definitions::Catalog, namespace, traceparent).await?;
        let mut passed = self.passed.lock().unwrap_or_else(PoisonError::into_inner);
        if passed.len() >= CAPACITY {
            passed.clear();
        }
        passed.insert(key, (asked, checked.clone()));
        Ok(checked)
    }

    fn fresh(&self, key: &(Namespace, Digest)) -> Option<Checked> {
        let passed = self.passed.lock().unwrap_or_else(PoisonError::into_inner);
        let (asked, checked) = passed.get(key)?;
        (asked.elapsed() < FRESH).then(|| checked.clone())
    }

    /// Everything that the planner finds in a blueprint, whether it can run or not.
    pub(crate) async fn all_found(
        &self,
        blueprint: Blueprint,
        definitions: Definitions,
        namespace: &Namespace,
        traceparent: Option<&str>,
    ) -> Result<CheckBlueprintResponse, Status> {
        let blueprint = inline(&self.store, blueprint).await.map_err(|error| status::store(&error))?;
        let request = CheckBlueprintRequest {
            blueprint: Some(blueprint_from_model(&blueprint)),
            keep_capabilities: definitions == Definitions::Own,
            namespace: namespace.to_string(),
        };
        let mut planner = self.planner.clone();
        let answer = planner.check_blueprint(trace_context::request(request, traceparent)).await?;
        Ok(answer.into_inner())
    }

    /// The same as `checked`, for a blueprint that is not expected again.
    pub(crate) async fn ask(
        &self,
        blueprint: Blueprint,
        definitions: Definitions,
        namespace: &Namespace,
        traceparent: Option<&str>,
    ) -> Result<NewBlueprint, Status> {
        Ok(self.consent(blueprint, definitions, namespace, traceparent).await?.blueprint)
    }

    /// The same, with what it comes to.
    pub(crate) async fn consent(
        &self,
        blueprint: Blueprint,
        definitions: Definitions,
        namespace: &Namespace,
        traceparent: Option<&str>,
    ) -> Result<Checked, Status> {
        let CheckBlueprintResponse { findings, blueprint, blueprint_digest: _, worst_case, estimate } =
            self.all_found(blueprint, definitions, namespace, traceparent).await?;
        let mut violations = Violations::default();
        for finding in findings.into_iter().map(Finding::from) {
            if finding.severity == Severity::Error {
                let field = [finding.node.as_str(), finding.field.as_str()]
                    .iter()
                    .filter(|part| !part.is_empty())
                    .fold("blueprint".to_owned(), |path, part| format!("{path}: {part}"));
                violations.add(field, format!("{} {} (fix: {})", finding.code, finding.message, finding.fix));
            }
        }
        let checked = read_blueprint(blueprint.unwrap_or_default(), "blueprint", &mut violations);
        match checked {
            Some(checked) if violations.is_empty() => {
                let (blueprint, estimate) = (NewBlueprint::of(&checked), estimate.unwrap_or_default());
                Ok(Checked { blueprint, estimate, worst_case: worst_case.unwrap_or_default() })
            }
            _ => Err(status::invalid_argument(violations)),
        }
    }
}
