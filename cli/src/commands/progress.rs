//! What is shown of long work: on a terminal, on standard error, and gone when it is done.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressFinish, ProgressStyle};

/// How often it moves by itself.
const TICK: Duration = Duration::from_millis(100);

/// Bytes that move; of an unknown number if `total` is absent.
pub(crate) fn bytes(total: Option<u64>) -> ProgressBar {
    let (bar, template) = match total {
        Some(total) => {
            (ProgressBar::new(total), "{bar:30} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} to go")
        }
        None => (ProgressBar::new_spinner(), "{spinner} {bytes}, {bytes_per_sec}"),
    };
    styled(bar, template)
}

/// Things that are counted.
pub(crate) fn count(verb: &'static str) -> ProgressBar {
    styled(ProgressBar::new_spinner(), "{spinner} {human_pos} {msg}").with_message(verb)
}

/// Work whose end nobody knows.
pub(crate) fn wait(message: impl Into<String>) -> ProgressBar {
    styled(ProgressBar::new_spinner(), "{spinner} {msg}  {elapsed}").with_message(message.into())
}

/// Hidden where standard error is no terminal.
fn styled(bar: ProgressBar, template: &str) -> ProgressBar {
    // Also when the work fails.
    let bar = bar.with_finish(ProgressFinish::AndClear);
    // The templates are written here.
    bar.set_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()));
    if !bar.is_hidden() {
        bar.enable_steady_tick(TICK);
    }
    bar
}
