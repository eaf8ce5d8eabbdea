//! Processes: started, killed, paused, ended in good order, each with its log.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::process::{Child, Command};
use tokio::time::{sleep, timeout};

/// How a process is started.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    /// Its name.
    pub(crate) name: String,
    /// The binary.
    pub(crate) binary: PathBuf,
    /// Its arguments.
    pub(crate) arguments: Vec<OsString>,
    /// Variables of its environment.
    pub(crate) variables: Vec<(&'static str, String)>,
    /// Where its output goes.
    pub(crate) log: PathBuf,
}

/// A process over all its lives. It ends with this, and with the harness, however that ends.
#[derive(Debug)]
pub(crate) struct Process {
    program: Program,
    child: Option<Child>,
    /// What it did that nobody asked for.
    mishaps: Vec<String>,
}

impl Process {
    /// A process that does not run yet.
    pub(crate) fn new(program: Program) -> Self {
        Self { program, child: None, mishaps: Vec::new() }
    }

    /// Its name.
    pub(crate) fn name(&self) -> &str {
        &self.program.name
    }

    /// Starts it, if it does not run.
    pub(crate) fn start(&mut self) -> io::Result<()> {
        self.note_end();
        if self.child.is_some() {
            return Ok(());
        }
        let Program { name, binary, arguments, variables, log } = &self.program;
        let mut file = File::options().create(true).append(true).open(log)?;
        writeln!(file, "--- {name} is started at {}", jiff::Timestamp::now())?;
        let child = Command::new("setpriv")
            // The system kills it when the harness is gone, even if that was killed.
            .args(["--pdeathsig", "KILL", "--"])
            .arg(binary)
            .args(arguments)
            .env_remove("DATABASE_URL")
            .env_remove("REDIS_URL")
            .env("GOALPOST_AUTH", "open")
            .envs(variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file)
            // Ctrl-C is for the harness.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()?;
        self.child = Some(child);
        Ok(())
    }

    /// Kills it as a failure would.
    pub(crate) async fn kill(&mut self) {
        self.note_end();
        if let Some(mut child) = self.child.take() {
            // It may be gone at this moment.
            let _ = child.kill().await;
        }
    }

    /// Asks it to end, as at a new version's arrival, and waits for that.
    pub(crate) async fn end(&mut self, patience: Duration) {
        // One that was started just now would die of it, before it has done anything.
        if timeout(patience, self.hears_term()).await.is_ok() {
            self.signal("TERM").await;
        }
        let Some(mut child) = self.child.take() else { return };
        let name = &self.program.name;
        match timeout(patience, child.wait()).await {
            Ok(Ok(status)) if status.success() => {}
            Ok(Ok(status)) => self.mishaps.push(format!("{name} was asked to end and ended with {status}")),
            Ok(Err(error)) => self.mishaps.push(format!("{name} cannot be waited for: {error}")),
            Err(_) => {
                self.mishaps.push(format!("{name} was asked to end and did not within {patience:?}"));
                let _ = child.kill().await;
            }
        }
    }

    /// Stops it where it stands; it notices nothing.
    pub(crate) async fn pause(&mut self) {
        self.signal("STOP").await;
    }

    /// Lets it go on.
    pub(crate) async fn resume(&mut self) {
        self.signal("CONT").await;
    }

    /// What it did that nobody asked for, up to now: ended, or panicked.
    pub(crate) fn mishaps(&mut self) -> Vec<String> {
        self.note_end();
        let mut mishaps = self.mishaps.clone();
        mishaps
            .extend(panics(&self.program.log).into_iter().map(|panic| format!("{}: {panic}", self.name())));
        mishaps
    }

    /// Waits until the process has a handler for SIGTERM, or has ended.
    async fn hears_term(&self) {
        let Some(pid) = self.child.as_ref().and_then(Child::id) else { return };
        while std::fs::read_to_string(format!("/proc/{pid}/status"))
            .is_ok_and(|status| !catches_term(&status))
        {
            sleep(Duration::from_millis(1)).await;
        }
    }

    async fn signal(&mut self, signal: &str) {
        self.note_end();
        if let Some(pid) = self.child.as_ref().and_then(Child::id) {
            // It may be gone at this moment.
            let _ = Command::new("kill").args(["-s", signal, &pid.to_string()]).status().await;
        }
    }

    /// A process that is asked nothing has no reason to end.
    fn note_end(&mut self) {
        let ended: Option<ExitStatus> = self.child.as_mut().and_then(|child| child.try_wait().ok().flatten());
        if let Some(status) = ended {
            self.child = None;
            self.mishaps.push(format!("{} ended by itself with {status}", self.program.name));
        }
    }
}

/// Whether the status of a process, as the kernel shows it, says that it catches SIGTERM. That of one that
/// is gone and not waited for says nothing.
fn catches_term(status: &str) -> bool {
    const TERM: u32 = 15;
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    let mask = caught.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_none_or(|mask| mask & (1 << (TERM - 1)) != 0) || status.contains("\nState:\tZ")
}

/// The lines of a log that tell of panics.
fn panics(log: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    text.lines().filter(|line| line.contains("panicked at")).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(folder: &Path, script: &str) -> Process {
        let arguments = vec!["-c".into(), script.into()];
        let (name, log) = ("shell".to_owned(), folder.join("log"));
        Process::new(Program { name, binary: "sh".into(), arguments, variables: Vec::new(), log })
    }

    #[tokio::test]
    async fn a_process_that_is_killed_has_no_mishap_and_one_that_ends_by_itself_has() {
        let folder = tempfile::tempdir().unwrap();
        let mut process = shell(folder.path(), "exec sleep 1000");
        process.start().unwrap();
        process.pause().await;
        process.resume().await;
        process.kill().await;
        assert_eq!(process.mishaps(), Vec::<String>::new());
        let mut process = shell(folder.path(), "exit 3");
        process.start().unwrap();
        goalpost_testkit::wait_for("the end", async || (!process.mishaps().is_empty()).then_some(())).await;
        assert_eq!(process.mishaps(), ["shell ended by itself with exit status: 3"]);
    }

    #[tokio::test]
    async fn a_process_is_asked_to_end_once_it_hears() {
        let folder = tempfile::tempdir().unwrap();
        let mut process = shell(folder.path(), "sleep 0.1; trap 'exit 0' TERM; while :; do sleep 0.01; done");
        process.start().unwrap();
        process.end(Duration::from_secs(30)).await;
        assert_eq!(process.mishaps(), Vec::<String>::new());
        let mut gone = shell(folder.path(), "exit 3");
        gone.start().unwrap();
        gone.end(Duration::from_secs(30)).await;
        assert_eq!(gone.mishaps().len(), 1);
    }

    #[tokio::test]
    async fn a_panic_is_read_from_the_log() {
        let folder = tempfile::tempdir().unwrap();
        let mut process = shell(folder.path(), "echo \"thread 'main' panicked at x.rs:1\"; exec sleep 1000");
        process.start().unwrap();
        goalpost_testkit::wait_for("the panic", async || (process.mishaps().len() == 1).then_some(())).await;
    }

    #[tokio::test]
    async fn a_process_that_does_not_end_when_it_is_asked_is_killed() {
        let folder = tempfile::tempdir().unwrap();
        let mut process = shell(folder.path(), "trap '' TERM; echo deaf; while :; do sleep 1000; done");
        process.start().unwrap();
        let log = folder.path().join("log");
        let is_deaf = || std::fs::read_to_string(&log).is_ok_and(|text| text.contains("deaf"));
        goalpost_testkit::wait_for("the trap", async || is_deaf().then_some(())).await;
        process.end(Duration::from_millis(50)).await;
        assert_eq!(process.mishaps().len(), 1);
        assert!(process.child.is_none());
    }
}
