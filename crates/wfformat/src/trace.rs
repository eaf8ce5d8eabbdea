//! A recorded run: tasks, their times, and who waited for whom.

use crate::scale::{InvalidTimeScale, TimeScale};

/// A recorded run. Its graph has no cycle, and its tasks stand in an order of dependency.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    pub(crate) name: String,
    pub(crate) tasks: Vec<TracedTask>,
}

/// One task of a recorded run.
#[derive(Clone, Debug, PartialEq)]
pub struct TracedTask {
    /// Unique in its trace.
    pub id: String,
    /// How long it took; finite and not negative.
    pub runtime_seconds: f64,
    /// The places of the tasks that it waited for, each one before its own.
    pub parents: Vec<usize>,
}

impl Trace {
    /// Its name, for people.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The tasks, parents before children.
    pub fn tasks(&self) -> &[TracedTask] {
        &self.tasks
    }

    /// Every parent-child pair once, as places of tasks.
    pub fn edges(&self) -> impl Iterator<Item = (usize, usize)> {
        let of_task = |(child, task): (usize, &TracedTask)| {
            task.parents.iter().map(move |parent| (*parent, child)).collect::<Vec<_>>()
        };
        self.tasks.iter().enumerate().flat_map(of_task)
    }

    /// The recorded time along the path that took longest: no run is faster, whatever runs beside it.
    pub fn longest_path_seconds(&self) -> f64 {
        let mut ends: Vec<f64> = Vec::with_capacity(self.tasks.len());
        for task in &self.tasks {
            let ready = task.parents.iter().map(|parent| ends[*parent]).fold(0.0, f64::max);
            ends.push(ready + task.runtime_seconds);
        }
        ends.into_iter().fold(0.0, f64::max)
    }

    /// The scale at which the longest path takes so many seconds. None exists if it took no time.
    pub fn scale_to(&self, seconds: f64) -> Result<TimeScale, InvalidTimeScale> {
        TimeScale::new(self.longest_path_seconds() / seconds)
    }
}
