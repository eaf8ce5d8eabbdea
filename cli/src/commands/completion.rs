//! `goalpost completion`.

use clap::{Args, CommandFactory as _};
use clap_complete::{Shell, generate};

use crate::failure::Failure;
use crate::out;

/// For this session: `source <(goalpost completion bash)`. For good: put what is printed where the shell looks for
/// completions, for example `goalpost completion zsh > ~/.zfunc/_goalpost`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The shell.
    shell: Shell,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let mut script = Vec::new();
    generate(arguments.shell, &mut crate::Arguments::command(), "goalpost", &mut script);
    out::text(String::from_utf8_lossy(&script))
}
