//! From what the planner found to messages.

use goalpost_checker::Checked;
use goalpost_model::{Failure, Finding};
use goalpost_planning::{Catalog, NoPlan, Plan};
use goalpost_proto::v1::{self, CheckBlueprintResponse, ListCapabilitiesResponse, PlanResponse};
use goalpost_proto::{blueprint_from_model, capability_from_model};
use prost::Message as _;

use crate::requests::Page;

/// The answer with a plan, or with the reason why there is none.
pub(crate) fn planned(planned: Result<Plan, NoPlan>) -> PlanResponse {
    match planned {
        Ok(Plan { blueprint, planned_by, reason: _, findings: found, worst_case }) => PlanResponse {
            blueprint_digest: blueprint.digest().to_string(),
            blueprint: Some(blueprint_from_model(&blueprint)),
            planned_by,
            findings: findings(found),
            failure: None,
            worst_case: Some(worst_case.into()),
            usage: None,
        },
        Err(no_plan) => PlanResponse {
            failure: Some(Failure::new(Failure::NO_PLAN, no_plan.to_string()).into()),
            findings: findings(no_plan.findings),
            ..PlanResponse::default()
        },
    }
}

/// The answer of a check.
pub(crate) fn checked(checked: Checked) -> CheckBlueprintResponse {
    let Checked { findings: found, blueprint, worst_case } = checked;
    CheckBlueprintResponse {
        findings: findings(found),
        blueprint_digest: blueprint
            .as_ref()
            .map(|blueprint| blueprint.digest().to_string())
            .unwrap_or_default(),
        blueprint: blueprint.as_ref().map(blueprint_from_model),
        worst_case: worst_case.map(v1::WorstCase::from),
    }
}

/// Errors first, otherwise in the checker's order.
pub(crate) fn findings(mut findings: Vec<Finding>) -> Vec<v1::Finding> {
    findings.sort_by_key(|finding| finding.severity);
    findings.into_iter().map(v1::Finding::from).collect()
}

/// Bytes of one page at most, unless a single capability is larger: clients take 4 MiB.
const MAX_PAGE_BYTES: usize = 2 << 20;

/// A page of the catalog's capabilities.
pub(crate) fn capabilities(catalog: &Catalog, page: &Page) -> ListCapabilitiesResponse {
    let mut answer = ListCapabilitiesResponse::default();
    let mut bytes = 0;
    for capability in catalog.capabilities().filter(|capability| capability.name > page.after) {
        let message = capability_from_model(capability);
        bytes += message.encoded_len();
        if let Some(last) = answer.capabilities.last()
            && (answer.capabilities.len() == page.size || bytes > MAX_PAGE_BYTES)
        {
            answer.next_page_token = last.name.clone();
            break;
        }
        answer.capabilities.push(message);
    }
    answer
}
