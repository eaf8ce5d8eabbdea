//! What a run says at its end.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use goalpost_model::{EventType, Failure};
use jiff::Timestamp;

use crate::checker::history::{Event, Goal};
use crate::checker::{History, Violation};
use crate::cluster::Cluster;
use crate::ledger::Mark;
use crate::nemesis::Tally;
use crate::run::Settings;
use crate::topology::Role;

/// Violations that are shown at most.
const SHOWN: usize = 40;

/// What a run did and found.
#[derive(Debug)]
pub struct Report {
    seed: u64,
    lasted: Duration,
    faults: Tally,
    /// Goals by state.
    goals: BTreeMap<String, usize>,
    /// Tasks by their last event.
    tasks: BTreeMap<String, usize>,
    executions: usize,
    attempts_lost: usize,
    attempts_undelivered: usize,
    attempts_adopted: usize,
    watchers: usize,
    watchers_came_back: usize,
    longest_stall: Stall,
    waits: Waits,
    /// What took longest in the healed system.
    slowest: Option<String>,
    violations: Vec<Violation>,
    /// The shortest history that breaks a rule.
    example: Option<String>,
    folder: PathBuf,
}

/// How long a healed system took.
#[derive(Clone, Debug)]
pub(crate) struct Waits {
    /// When it was healed.
    pub healed_at: Timestamp,
    /// Until every goal had ended.
    pub until_ended: Duration,
    /// Until nothing was left to deliver.
    pub until_delivered: Duration,
    /// What was left to deliver last.
    pub last_delivery: Option<String>,
}

/// The longest time in which no task ended although goals were open.
#[derive(Clone, Copy, Debug, Default)]
struct Stall {
    seconds: f64,
    from: Option<Timestamp>,
}

impl Report {
    /// Sums the run up.
    pub(crate) fn of(
        settings: &Settings,
        cluster: &Cluster,
        history: History,
        violations: Vec<Violation>,
        faults: Tally,
        waits: Waits,
    ) -> Self {
        let events = || history.goals.values().flat_map(|goal| &goal.events);
        let failed_as = |kind| events().filter(|event| event.failure.as_deref() == Some(kind)).count();
        let begun = history.ledger.iter().filter(|line| line.mark == Mark::Begun).count();
        Self {
            seed: settings.seed,
            lasted: settings.lasts,
            faults,
            goals: count(history.goals.values().map(|goal| goal.state.to_string())),
            tasks: count(history.goals.values().flat_map(last_events)),
            executions: begun,
            attempts_lost: failed_as(Failure::WORKER_LOST),
            attempts_undelivered: failed_as(Failure::NOT_DELIVERED),
            attempts_adopted: adopted(cluster),
            watchers: history.watches.len(),
            watchers_came_back: history.watches.iter().map(|watched| watched.resumed).sum(),
            longest_stall: longest_stall(events()),
            slowest: slowest(&history, waits.healed_at),
            waits,
            example: example(&history, &violations),
            violations,
            folder: settings.folder.clone(),
        }
    }

    /// Whether every rule was kept.
    pub fn is_clean(&self) -> bool {
        self.violations.is_empty()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "seed {}, {} s of faults", self.seed, self.lasted.as_secs())?;
        writeln!(f, "faults: {}, {}", self.faults.values().sum::<usize>(), list(&self.faults))?;
        writeln!(f, "goals: {}, {}", self.goals.values().sum::<usize>(), list(&self.goals))?;
        writeln!(f, "tasks: {}, {}", self.tasks.values().sum::<usize>(), list(&self.tasks))?;
        writeln!(
            f,
            "attempts: {} run, {} lost with their workers, {} given out again because they never arrived, {} adopted",
            self.executions, self.attempts_lost, self.attempts_undelivered, self.attempts_adopted
        )?;
        writeln!(f, "watchers: {}, which came back {} times", self.watchers, self.watchers_came_back)?;
        let Stall { seconds, from } = self.longest_stall;
        write!(f, "longest time without the end of a task: {seconds:.1} s")?;
        from.map_or(Ok(()), |from| write!(f, ", from {from} on"))?;
        writeln!(
            f,
            "\nafter the last fault: {:.1} s until every goal had ended, {:.1} s until all was delivered",
            self.waits.until_ended.as_secs_f64(),
            self.waits.until_delivered.as_secs_f64()
        )?;
        for (what, which) in [("slowest", &self.slowest), ("last", &self.waits.last_delivery)] {
            which.as_ref().map_or(Ok(()), |which| writeln!(f, "{what} of that: {which}"))?;
        }
        if self.is_clean() {
            return write!(f, "every rule was kept");
        }
        self.tell_violations(f)
    }
}

impl Report {
    fn tell_violations(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\n{} VIOLATIONS with seed {}", self.violations.len(), self.seed)?;
        for violation in self.violations.iter().take(SHOWN) {
            writeln!(f, "  {violation}")?;
        }
        if self.violations.len() > SHOWN {
            writeln!(f, "  and {} more", self.violations.len() - SHOWN)?;
        }
        if let Some(example) = &self.example {
            writeln!(f, "\nthe shortest history that breaks a rule:\n{example}")?;
        }
        write!(f, "logs, ledgers and data: {}", self.folder.display())
    }
}

fn count(words: impl Iterator<Item = String>) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    words.for_each(|word| *counts.entry(word).or_default() += 1);
    counts
}

fn list(counts: &BTreeMap<String, usize>) -> String {
    let counts: Vec<String> = counts.iter().map(|(word, count)| format!("{word} {count}")).collect();
    counts.join(", ")
}

/// The last word on each task of the goal; tasks of which nothing is known are left out.
fn last_events(goal: &Goal) -> impl Iterator<Item = String> + '_ {
    let tasks = (0..goal.graph.tasks.len()).chain(goal.rows.keys().copied());
    tasks.filter_map(|task| Some(goal.events_of(task).last()?.kind.to_string()))
}

/// Attempts that workers brought along when they came to an engine, as the engines' logs tell.
fn adopted(cluster: &Cluster) -> usize {
    let logs = cluster.logs(Role::GraphEngine);
    let texts = logs.iter().map(|log| std::fs::read_to_string(log).unwrap_or_default());
    texts.map(|text| text.lines().filter_map(held).sum::<usize>()).sum()
}

fn held(line: &str) -> Option<usize> {
    let (_, held) = line.split_once("worker connected")?.1.split_once("held=")?;
    held.split_whitespace().next()?.parse().ok()
}

fn longest_stall<'a>(events: impl Iterator<Item = &'a Event>) -> Stall {
    let ends = |event: &&Event| matches!(event.kind, EventType::TaskSucceeded | EventType::TaskFailed);
    let events: Vec<&Event> = events.collect();
    let mut ends: Vec<Timestamp> = events.iter().copied().filter(ends).map(|event| event.at).collect();
    // Before the first task ended there was something to do as well.
    ends.extend(events.iter().map(|event| event.at).min());
    ends.sort_unstable();
    let stalls = ends
        .windows(2)
        .map(|pair| Stall { seconds: pair[1].duration_since(pair[0]).as_secs_f64(), from: Some(pair[0]) });
    stalls.max_by(|one, other| one.seconds.total_cmp(&other.seconds)).unwrap_or_default()
}

/// The longest time between two events of a goal that ended in the healed system.
fn slowest(history: &History, healed_at: Timestamp) -> Option<String> {
    let pairs = history
        .goals
        .iter()
        .flat_map(|(id, goal)| goal.events.windows(2).map(move |pair| (id, &pair[0], &pair[1])));
    let pairs = pairs.filter(|(_, _, after)| after.at > healed_at);
    let seconds = |(_, before, after): &(&String, &Event, &Event)| {
        after.at.duration_since(before.at.max(healed_at)).as_secs_f64()
    };
    let slowest = pairs.max_by(|one, other| seconds(one).total_cmp(&seconds(other)))?;
    let (id, before, after) = slowest;
    Some(format!(
        "{:.1} s from {} to {} of {id}, events {} and {}",
        seconds(&slowest),
        before.kind,
        after.kind,
        before.number,
        after.number
    ))
}

/// Events and executions of the workflow with the shortest history among those that break a rule.
fn example(history: &History, violations: &[Violation]) -> Option<String> {
    let broken = violations.iter().filter_map(|violation| violation.workflow.as_ref());
    let stored = broken.filter_map(|id| Some((id, history.goals.get(id)?)));
    let (id, goal) = stored.min_by_key(|(_, goal)| goal.events.len())?;
    let name = |task: usize| goal.name_of(task).unwrap_or("?");
    let mut lines: Vec<(Timestamp, String)> = Vec::new();
    for event in &goal.events {
        let task = event.task.map(name).unwrap_or_default();
        let failure = event.failure.as_deref().unwrap_or_default();
        let line = format!("{:>4} {} {task} {} {failure}", event.number, event.kind, event.attempt);
        lines.push((event.at, line));
    }
    for line in history.ledger.iter().filter(|line| line.workflow == *id) {
        let text = format!("     {:?} {} {} by {}", line.mark, line.task, line.attempt, line.session);
        lines.push((line.at, text));
    }
    lines.sort_by_key(|(at, _)| *at);
    let lines: Vec<String> = lines.into_iter().map(|(at, line)| format!("  {at} {line}")).collect();
    let graph = draw(goal);
    Some(format!("goal {id}, request {}\n{graph}\n{}", goal.request_id, lines.join("\n")))
}

/// The graph in a few lines.
fn draw(goal: &Goal) -> String {
    let tasks = goal.graph.tasks.iter().enumerate().map(|(ordinal, task)| {
        let edges = goal.graph.edges.iter().filter(|edge| edge.target == ordinal);
        let edges: Vec<String> = edges
            .map(|edge| {
                let holds = if edge.holds { "" } else { " (condition false)" };
                format!("{} {:?}{holds}", goal.graph.tasks[edge.source].name, edge.on)
            })
            .collect();
        format!(
            "  {}: {:?} of [{}], {} attempts",
            task.name,
            task.join,
            edges.join(", "),
            task.retry.max_attempts
        )
    });
    tasks.collect::<Vec<_>>().join("\n")
}
