//! Every call, and who may make it.

use crate::Role;
use crate::Role::{Admin, Approver, Operator, Submitter, Viewer, Worker};

/// Who may make a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The call, as HTTP/2 has it: `/package.Service/Method`.
    pub rpc: &'static str,
    /// Who may, in the namespace that it is about.
    pub roles: &'static [Role],
    /// Services of the system that may.
    pub services: &'static [&'static str],
    /// It is about all namespaces at once, so only who has the role in every one of them may.
    pub everywhere: bool,
    /// It changes who may do what, or what runs for others: each such call is noted, also one that is allowed.
    pub administrative: bool,
}

/// Everybody who has to do with goals.
const READERS: &[Role] = &[Viewer, Submitter, Approver, Operator, Admin];
const SUBMITTERS: &[Role] = &[Submitter, Operator, Admin];
const OPERATORS: &[Role] = &[Operator, Admin];
const APPROVERS: &[Role] = &[Approver, Admin];
/// The one that calls the others.
const CALLERS: &[&str] = &["decision-group"];

const fn group(rpc: &'static str, roles: &'static [Role]) -> Rule {
    Rule { rpc, roles, services: &[], everywhere: false, administrative: false }
}

const fn by_hand(rpc: &'static str, roles: &'static [Role]) -> Rule {
    Rule { rpc, roles, services: &[], everywhere: false, administrative: true }
}

const fn inner(rpc: &'static str) -> Rule {
    Rule { rpc, roles: &[], services: CALLERS, everywhere: false, administrative: false }
}

const fn of_all(rpc: &'static str, services: &'static [&'static str]) -> Rule {
    Rule { rpc, roles: OPERATORS, services, everywhere: true, administrative: false }
}

/// Every call. What is not here is allowed to nobody.
pub const RULES: &[Rule] = &[
    group("/goalpost.v1.CentralDecisionGroup/SubmitGoal", SUBMITTERS),
    group("/goalpost.v1.CentralDecisionGroup/GetGoal", READERS),
    group("/goalpost.v1.CentralDecisionGroup/ListGoals", READERS),
    group("/goalpost.v1.CentralDecisionGroup/WatchGoal", READERS),
    group("/goalpost.v1.CentralDecisionGroup/ListGoalEvents", READERS),
    group("/goalpost.v1.CentralDecisionGroup/GetGoalBlueprint", READERS),
    group("/goalpost.v1.CentralDecisionGroup/ExplainGoal", READERS),
    group("/goalpost.v1.CentralDecisionGroup/ListDecisions", READERS),
    group("/goalpost.v1.CentralDecisionGroup/ListCatalog", READERS),
    group("/goalpost.v1.CentralDecisionGroup/SimulateBlueprint", READERS),
    group("/goalpost.v1.CentralDecisionGroup/ReadPayload", READERS),
    group("/goalpost.v1.CentralDecisionGroup/WritePayload", SUBMITTERS),
    // It may ask a language model, which costs.
    group("/goalpost.v1.CentralDecisionGroup/PreviewPlan", SUBMITTERS),
    group("/goalpost.v1.CentralDecisionGroup/CancelGoal", SUBMITTERS),
    group("/goalpost.v1.CentralDecisionGroup/SignalGoal", SUBMITTERS),
    by_hand("/goalpost.v1.CentralDecisionGroup/PauseGoal", OPERATORS),
    by_hand("/goalpost.v1.CentralDecisionGroup/ResumeGoal", OPERATORS),
    by_hand("/goalpost.v1.CentralDecisionGroup/SetGoalBudget", OPERATORS),
    by_hand("/goalpost.v1.CentralDecisionGroup/RetryGoal", OPERATORS),
    by_hand("/goalpost.v1.CentralDecisionGroup/SkipTask", OPERATORS),
    by_hand("/goalpost.v1.CentralDecisionGroup/ExtendGoal", OPERATORS),
    by_hand("/goalpost.v1.CentralDecisionGroup/ReplanGoal", OPERATORS),
    by_hand("/goalpost.v1.CentralDecisionGroup/ResolveApproval", APPROVERS),
    by_hand("/goalpost.v1.CentralDecisionGroup/ResolveDecision", APPROVERS),
    of_all("/goalpost.v1.CentralDecisionGroup/ListWorkers", &[]),
    of_all("/goalpost.v1.CentralDecisionGroup/ListQueues", &[]),
    by_hand("/goalpost.v1.AccessControl/CreateApiKey", &[Admin]),
    by_hand("/goalpost.v1.AccessControl/ListApiKeys", &[Admin]),
    by_hand("/goalpost.v1.AccessControl/RevokeApiKey", &[Admin]),
    group("/goalpost.v1.AccessControl/GetCaller", &Role::ALL),
    inner("/goalpost.v1.GraphEngine/CreateWorkflow"),
    inner("/goalpost.v1.GraphEngine/GetWorkflow"),
    inner("/goalpost.v1.GraphEngine/CancelWorkflow"),
    inner("/goalpost.v1.GraphEngine/ActOnWorkflow"),
    inner("/goalpost.v1.GraphEngine/ExplainWorkflow"),
    inner("/goalpost.v1.GraphEngine/KeepPayloads"),
    inner("/goalpost.v1.GraphEngine/WritePayload"),
    inner("/goalpost.v1.GraphEngine/ReadPayload"),
    inner("/goalpost.v1.Planner/Plan"),
    inner("/goalpost.v1.Planner/Draft"),
    inner("/goalpost.v1.Planner/Replan"),
    inner("/goalpost.v1.Planner/CheckBlueprint"),
    inner("/goalpost.v1.Planner/ListCapabilities"),
    inner("/goalpost.v1.Persistence/ListEvents"),
    inner("/goalpost.v1.Persistence/WatchEvents"),
    of_all("/goalpost.v1.Persistence/GetStats", CALLERS),
    Rule { administrative: true, ..of_all("/goalpost.v1.Persistence/Verify", CALLERS) },
    group("/goalpost.v1.Worker/Work", &[Worker]),
    group("/goalpost.v1.Worker/WritePayload", &[Worker]),
    group("/goalpost.v1.Worker/ReadPayload", &[Worker]),
];

/// The rule of a call.
pub fn rule(rpc: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.rpc == rpc)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_call_has_one_rule_that_lets_somebody() {
        let rpcs: BTreeSet<&str> = RULES.iter().map(|rule| rule.rpc).collect();
        assert_eq!(rpcs.len(), RULES.len());
        assert!(RULES.iter().all(|rule| !rule.roles.is_empty() || !rule.services.is_empty()));
        assert_eq!(rule("/goalpost.v1.CentralDecisionGroup/Nothing"), None);
    }
}
