//! A child that ends with its parent.
//!
//! Between the parent and the server stands a shell that reads from a pipe which the parent
//! holds open and never writes to. When the parent closes it or dies, even of SIGKILL, the read
//! ends and the shell stops the server in its proper way.

use std::ffi::OsString;
use std::fs::File;
use std::path::Path;
use std::process::Stdio;

use tokio::process::{Child, ChildStdin, Command};

use crate::Error;

/// $1 is the signal that stops the server; the rest is its command line.
const SCRIPT: &str = r#"
signal=$1; shift
exec 3<&0
"$@" </dev/null 3<&- &
server=$!
( read -r _ <&3; kill -s "$signal" "$server" ) >/dev/null 2>&1 &
watcher=$!
exec 3<&-
trap 'kill -s KILL "$server"' USR1
wait "$server"
code=$?
while kill -s 0 "$server" 2>/dev/null; do
    wait "$server"
    code=$?
done
kill "$watcher" 2>/dev/null
exit "$code"
"#;

/// A server on its leash.
#[derive(Debug)]
pub(crate) struct Leash {
    shell: Child,
    /// Held open while the server shall run.
    held: Option<ChildStdin>,
}

impl Leash {
    /// Starts the command line; `signal` stops it. What it prints goes to the log.
    pub(crate) fn start(line: &[OsString], signal: &str, folder: &Path, log: &Path) -> Result<Self, Error> {
        let file =
            || File::options().create(true).append(true).open(log).map_err(Error::file("cannot write", log));
        let mut command = Command::new("sh");
        command
            .args(["-c", SCRIPT, "leash", signal])
            .args(line)
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(file()?)
            .stderr(file()?)
            // Ctrl-C at the terminal is for the parent, which stops its children when it is drained.
            .process_group(0);
        let program = line.first().map(|program| program.to_string_lossy().into_owned()).unwrap_or_default();
        let mut shell = command.spawn().map_err(|source| Error::Spawn { program, source })?;
        let held = shell.stdin.take();
        Ok(Self { shell, held })
    }

    /// Whether the server has ended by itself.
    pub(crate) fn has_ended(&mut self) -> bool {
        !matches!(self.shell.try_wait(), Ok(None))
    }

    /// Sends the server's process a signal.
    pub(crate) async fn signal(&self, signal: &str, process: u32) {
        let _ = Command::new("kill").args(["-s", signal, &process.to_string()]).status().await;
    }

    /// Stops the server in its proper way and waits for its end.
    pub(crate) async fn stop(&mut self) {
        self.held = None;
        let _ = self.shell.wait().await;
    }

    /// Kills the server with SIGKILL and waits for its end: the power failure of tests.
    pub(crate) async fn kill(&mut self) {
        // The shell kills its child, and sees to it that nothing is left of it.
        if let Some(shell) = self.shell.id() {
            self.signal("USR1", shell).await;
        }
        let _ = self.shell.wait().await;
    }
}
