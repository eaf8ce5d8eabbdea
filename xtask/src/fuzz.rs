//! `cargo xtask fuzz`: looks for bytes that make a blueprint's way into the engine panic, hang or swell.
//!
//! The targets are tests; an ordinary run of these repeats what was found before. Here they are built with
//! libFuzzer, which sees what each input reaches and goes on from there. That needs no other toolchain and
//! nothing installed: instrumentation is an option of rustc, libFuzzer is compiled from its source.

use clap::{Args, ValueEnum};

use crate::{Error, run};

#[derive(Args)]
pub(crate) struct Arguments {
    /// How long each target runs.
    #[arg(long, default_value = "10")]
    minutes: f64,
    /// Only this one.
    target: Option<Target>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Target {
    /// A file is read, and what is found is shown.
    Reading,
    /// A blueprint is checked, compiled and run.
    Checking,
    /// An expression is checked and evaluated.
    Evaluating,
}

impl Target {
    /// Its package, the folder of its test binary, and its test.
    fn place(self) -> [&'static str; 3] {
        match self {
            Self::Reading => ["notation", "documentation", "fuzz::reading_answers_whatever_the_text"],
            Self::Checking => ["checker", "findings", "fuzz::checking_answers_whatever_the_blueprint"],
            Self::Evaluating => ["checker", "findings", "fuzz::evaluating_answers_whatever_the_expression"],
        }
    }

    fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }
}

/// What makes a run a finding, seconds of a case and memory of all; and bytes of a case at most.
const LIMITS: [&str; 3] = ["-timeout=10", "-rss_limit_mb=1024", "-max_len=8192"];

/// What libFuzzer wants to see.
const FLAGS: [&str; 6] = [
    "--cfg=fuzzing",
    "--cfg=fuzzing_libfuzzer",
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4 -sanitizer-coverage-trace-compares",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -sanitizer-coverage-pc-table",
    "-Clink-dead-code",
];

pub(crate) fn run(arguments: &Arguments) -> Result<(), Error> {
    let targets = arguments.target.as_ref().map_or(Target::value_variants(), std::slice::from_ref);
    targets.iter().try_for_each(|target| fuzz(*target, arguments.minutes))
}

fn fuzz(target: Target, minutes: f64) -> Result<(), Error> {
    let [package, binary, test] = target.place();
    let name = target.name();
    let kept =
        run::root().join("crates").join(package).join("tests").join(binary).join("__fuzz__").join(&name);
    let (found, seeds, grown) =
        (kept.join("crashes"), kept.join("corpus"), run::target("fuzz/corpus").join(&name));
    for folder in [&found, &grown] {
        std::fs::create_dir_all(folder)?;
    }
    println!("fuzzing {name} for {minutes} minutes; what it finds is kept in {}", found.display());
    let time = format!("-max_total_time={:.0}", minutes * 60.0);
    let prefix = format!("-artifact_prefix={}/", found.display());
    let corpus = [&grown, &seeds].map(|folder| folder.display().to_string());
    let options = corpus.iter().map(String::as_str).chain(LIMITS);
    let options: Vec<&str> = options.chain([time.as_str(), &prefix, "-print_final_stats=1"]).collect();
    let outcome = start(package, binary, test, &options.join(" "));
    // It stays if something was found.
    let _ = std::fs::remove_dir(&found);
    outcome
}

fn start(package: &str, binary: &str, test: &str, options: &str) -> Result<(), Error> {
    let (package, folder) = (format!("goalpost-{package}"), run::target("fuzz").display().to_string());
    // With a target named, the flags are not for build scripts and macros.
    let host = run::host()?;
    let build = ["test", "--package", &package, "--test", binary, "--profile", "fuzz"];
    let places = ["--target", &host, "--target-dir", &folder, "--"];
    let harness = [test, "--exact", "--nocapture", "--test-threads=1"];
    let flags = FLAGS.join("\u{1f}");
    let variables = [("CARGO_ENCODED_RUSTFLAGS", flags.as_str()), ("BOLERO_LIBFUZZER_ARGS", options)];
    run::cargo_with(&[build.as_slice(), &places, &harness].concat(), &variables)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_is_a_test_with_a_corpus() {
        for target in Target::value_variants() {
            let [package, binary, test] = target.place();
            let tests = run::root().join("crates").join(package).join("tests").join(binary);
            let text = std::fs::read_to_string(tests.join("fuzz.rs")).unwrap();
            assert!(text.contains(&format!("fn {}()", test.trim_start_matches("fuzz::"))), "{test}");
            let corpus =
                std::fs::read_dir(tests.join("__fuzz__").join(target.name()).join("corpus")).unwrap();
            assert!(corpus.count() > 30, "{}", target.name());
        }
    }
}
