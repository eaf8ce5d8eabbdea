//! Installing what the project needs beside Rust and a C compiler.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::Error;

/// A program and the package of Debian and Ubuntu that brings it.
struct Need {
    package: &'static str,
    is_there: fn() -> bool,
}

const TO_RUN: [Need; 2] = [
    Need { package: "postgresql", is_there: has_postgres },
    Need { package: "redis-server", is_there: || in_path("redis-server") },
];
const TO_TEST: [Need; 1] = [Need { package: "pgbouncer", is_there: || in_path("pgbouncer") }];
const NODE: [Need; 2] = [
    Need { package: "nodejs", is_there: || in_path("node") },
    Need { package: "npm", is_there: || in_path("npm") },
];
const NODE_MAJOR: u32 = 18;
const PYTHON: [Need; 2] = [
    Need { package: "python3", is_there: || in_path("python3") },
    Need { package: "python3-venv", is_there: has_venv },
];

/// Installs what it takes to run the system, as far as it is missing.
pub(crate) fn install_missing() -> Result<(), Error> {
    install(&TO_RUN)
}

/// Installs what the tests take beside that, too.
pub(crate) fn install_for_tests() -> Result<(), Error> {
    install(TO_RUN.iter().chain(&TO_TEST))
}

/// Installs what it takes to check what is below deploy/.
pub(crate) fn install_for_deploy() -> Result<(), Error> {
    install(&PYTHON)
}

/// Installs Node.js and npm.
pub(crate) fn install_node() -> Result<(), Error> {
    install(&NODE)?;
    check_node()
}

/// Installs what the example clients take.
pub(crate) fn install_for_clients() -> Result<(), Error> {
    install(NODE.iter().chain(&PYTHON))?;
    check_node()
}

/// Old distributions have an older one.
fn check_node() -> Result<(), Error> {
    let output = Command::new("node").arg("--version").output()?;
    let version = String::from_utf8(output.stdout)?;
    let major = version.trim_start_matches('v').split('.').next().and_then(|major| major.parse::<u32>().ok());
    if major.is_some_and(|major| major >= NODE_MAJOR) {
        return Ok(());
    }
    Err(format!("Node.js {NODE_MAJOR} or later is needed; this machine has {}", version.trim()).into())
}

fn install<'a>(needs: impl IntoIterator<Item = &'a Need>) -> Result<(), Error> {
    let missing: Vec<&str> =
        needs.into_iter().filter(|need| !(need.is_there)()).map(|need| need.package).collect();
    if missing.is_empty() {
        return Ok(());
    }
    if !in_path("apt-get") {
        return Err(format!("please install {}; this machine has no apt-get", missing.join(" and ")).into());
    }
    println!("installing {}", missing.join(" and "));
    apt_get(&["update", "--quiet"])?;
    let install = ["install", "--quiet", "--yes", "--no-install-recommends"];
    apt_get(&[install.as_slice(), missing.as_slice()].concat())
}

fn apt_get(arguments: &[&str]) -> Result<(), Error> {
    let is_root = Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n");
    if !is_root && !in_path("sudo") {
        return Err("packages are missing; run this as root, or install sudo".into());
    }
    let (program, first): (&str, &[&str]) = if is_root { ("env", &[]) } else { ("sudo", &["env"]) };
    let status = Command::new(program)
        .args(first)
        .arg("DEBIAN_FRONTEND=noninteractive")
        .arg("apt-get")
        .args(arguments)
        .stdin(Stdio::null())
        .status()?;
    if status.success() { Ok(()) } else { Err(format!("apt-get {} failed", arguments.join(" ")).into()) }
}

/// PostgreSQL's server programs are not in PATH on Debian.
fn has_postgres() -> bool {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    versions.into_iter().any(|version| version.path().join("bin/initdb").is_file()) || in_path("initdb")
}

/// Debian's Python comes without the part that puts pip into a virtual environment.
fn has_venv() -> bool {
    let mut python = Command::new("python3");
    python.args(["-c", "import ensurepip, venv"]).stderr(Stdio::null());
    python.status().is_ok_and(|status| status.success())
}

fn in_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain([Path::new("/usr/sbin").to_owned()])
        .any(|folder| folder.join(program).is_file())
}
