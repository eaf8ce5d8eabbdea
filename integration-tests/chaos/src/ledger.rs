//! What workers really did, written by themselves: a line at each begin and end of an execution.
//!
//! A line goes to the file in one write before the work begins, and after it has ended but before
//! its result is sent. A worker that is killed leaves every line that it had written.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A line of a ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// When, by the clock of the machine.
    pub at: Timestamp,
    /// The worker's life that did it: its session, which ends with its process.
    pub session: String,
    /// The workflow.
    pub workflow: String,
    /// The task's name.
    pub task: String,
    /// The attempt.
    pub attempt: u32,
    /// What was done.
    pub mark: Mark,
}

/// What a line says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mark {
    /// The execution begins.
    Begun,
    /// It succeeded.
    Succeeded,
    /// It failed on purpose.
    Failed,
    /// It was stopped because nobody wants its result.
    Stopped,
}

/// A ledger to be written.
pub struct Ledger {
    session: String,
    file: Mutex<File>,
}

impl Ledger {
    /// The ledger of one life of a worker, at the end of the file.
    pub fn open(path: &Path, session: String) -> io::Result<Self> {
        let file = File::options().create(true).append(true).open(path)?;
        Ok(Self { session, file: Mutex::new(file) })
    }

    /// Writes a line.
    ///
    /// # Panics
    /// If it cannot be written: what is not in the ledger must not happen.
    pub fn write(&self, workflow: &str, task: &str, attempt: u32, mark: Mark) {
        let (workflow, task) = (workflow.to_owned(), task.to_owned());
        let session = self.session.clone();
        let line = Line { at: Timestamp::now(), session, workflow, task, attempt, mark };
        let mut text = serde_json::to_string(&line).expect("a line has a JSON form");
        text.push('\n');
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.write_all(text.as_bytes()).expect("the ledger can be written");
    }
}

/// Every line of a ledger. Errors: the file cannot be read, or a line makes no sense.
pub fn read(path: &Path) -> io::Result<Vec<Line>> {
    let text = std::fs::read_to_string(path)?;
    text.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_a_second_life_goes_on_at_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger");
        Ledger::open(&path, "one".to_owned()).unwrap().write("w", "t", 1, Mark::Begun);
        Ledger::open(&path, "two".to_owned()).unwrap().write("w", "t", 2, Mark::Stopped);
        let lines = read(&path).unwrap();
        let sessions: Vec<(&str, u32, Mark)> =
            lines.iter().map(|line| (line.session.as_str(), line.attempt, line.mark)).collect();
        assert_eq!(sessions, [("one", 1, Mark::Begun), ("two", 2, Mark::Stopped)]);
    }
}
