//! Holes in plans: what no method can plan, and somebody else may.
//!
//! A hole is a task with a capability of its own, which says nothing of its output: so what is around it can be checked
//! before it is filled. What fills it is the graph that the task runs.

use std::collections::BTreeSet;

use goalpost_checker::CapabilitySource;
use goalpost_model::{Body, Capability, Effect, Run, Task};

use crate::fragment::{Fragment, Size};
use crate::goal::GoalRequest;
use crate::rename::{End, output_of};

/// The name of its task, in the step that it is for.
const TASK: &str = "filled";

/// What is to be planned.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Hole {
    /// Tells it from others; those that came up later have higher ones.
    pub(crate) number: usize,
    /// The capability of its task, which no other task has.
    pub(crate) capability: Capability,
    /// What it is for. Its input is the constant part of the task's.
    pub(crate) goal: GoalRequest,
    /// Facts that are in the task's input when it runs.
    pub(crate) at_run_time: BTreeSet<String>,
    /// Facts that have to be fields of its output.
    pub(crate) wanted: Vec<String>,
}

impl Hole {
    /// The name of the capability of the hole with this number.
    pub(crate) fn name(number: usize) -> String {
        format!("hole.{number}")
    }

    pub(crate) fn new(
        number: usize,
        goal: GoalRequest,
        at_run_time: BTreeSet<String>,
        wanted: Vec<String>,
    ) -> Self {
        // Of what will fill it nothing is known: it is judged when it is there.
        let capability = Capability {
            name: Self::name(number),
            description: String::new(),
            input_schema: None,
            output_schema: None,
            effect: Effect::Read,
            cost: None,
        };
        Self { number, capability, goal, at_run_time, wanted }
    }

    /// The plan that it stands for.
    pub(crate) fn fragment(&self) -> Fragment {
        let (input, output) = (self.goal.input.clone(), output_of(TASK));
        let passed = self.at_run_time.iter().map(|fact| (fact.clone(), format!("facts.{fact}")));
        let size = Size::of(&input);
        let task = Task {
            name: TASK.to_owned(),
            capability: self.capability.name.clone(),
            data_flow: passed.collect(),
            input,
            ..Task::default()
        };
        Fragment {
            tasks: vec![task],
            result: Some(End::task(TASK)),
            facts: self.wanted.iter().map(|fact| (fact.clone(), format!("{output}.{fact}"))).collect(),
            size,
            ..Fragment::default()
        }
    }

    /// Puts the graph in its place among these tasks, or inside of them.
    pub(crate) fn fill(&self, tasks: &mut [Task], graph: &Body) {
        for task in tasks {
            if task.capability == self.capability.name {
                task.capability = String::new();
                task.run = Some(Run { body: Some(graph.clone()), digest: None });
            } else if let Some(body) = task.body_mut() {
                self.fill(&mut body.tasks, graph);
            }
        }
    }
}

/// Holes, and what there is beside them.
pub(crate) struct WithHoles<'a> {
    pub(crate) holes: &'a [Hole],
    pub(crate) others: &'a dyn CapabilitySource,
}

impl CapabilitySource for WithHoles<'_> {
    fn capability(&self, name: &str) -> Option<&Capability> {
        let hole = self.holes.iter().find(|hole| hole.capability.name == name);
        hole.map(|hole| &hole.capability).or_else(|| self.others.capability(name))
    }

    /// Nobody means a hole who has misspelt a capability.
    fn names(&self) -> Vec<&str> {
        self.others.names()
    }
}
