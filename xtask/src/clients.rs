//! The example clients, set up as their READMEs tell people to.

use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};

use crate::{Error, npm, run, setup};

const FOLDER: &str = "examples/clients";

/// Gets the clients' packages, generates the API's code and compiles it, as far as anything has changed.
pub(crate) fn set_up() -> Result<(), Error> {
    setup::install_for_clients()?;
    python(&run::root().join(FOLDER).join("python"))?;
    typescript(&run::root().join(FOLDER).join("typescript"))
}

fn python(folder: &Path) -> Result<(), Error> {
    let environment = folder.join(".venv");
    unless_done(&environment.join("installed"), &[folder.join("requirements.txt")], || {
        println!("installing what the Python client needs");
        run::program_in(folder, Path::new("python3"), &["-m", "venv", "--clear", ".venv"])?;
        let install =
            ["install", "--quiet", "--disable-pip-version-check", "--requirement", "requirements.txt"];
        run::program_in(folder, &environment.join("bin/pip"), &install)
    })?;
    let sources = [protos(), folder.join("requirements.txt"), folder.join("generate.py")];
    unless_done(&folder.join("gen/generated"), &sources, || {
        run::program_in(folder, &environment.join("bin/python"), &["generate.py"])
    })
}

fn typescript(folder: &Path) -> Result<(), Error> {
    let locked = [folder.join("package.json"), folder.join("package-lock.json")];
    unless_done(&folder.join("node_modules/.installed"), &locked, || {
        println!("installing what the TypeScript client needs");
        npm::install_locked(folder)
    })?;
    let own = ["package-lock.json", "package.json", "tsconfig.json", "buf.gen.yaml", "src"];
    let sources: Vec<PathBuf> = own.iter().map(|name| folder.join(name)).chain([protos()]).collect();
    unless_done(&folder.join("dist/built"), &sources, || npm::run_script(folder, "build"))
}

fn protos() -> PathBuf {
    run::root().join("proto/goalpost/v1")
}

/// Does something, unless it was done with the same sources before: files, or folders of them.
fn unless_done(
    stamp: &Path,
    sources: &[PathBuf],
    act: impl FnOnce() -> Result<(), Error>,
) -> Result<(), Error> {
    let mut hasher = DefaultHasher::new();
    for file in sources.iter().map(|source| files(source)).collect::<Result<Vec<_>, _>>()?.concat() {
        (&file, fs::read(&file)?).hash(&mut hasher);
    }
    let digest = hasher.finish().to_string();
    if fs::read_to_string(stamp).is_ok_and(|done| done == digest) {
        return Ok(());
    }
    act()?;
    Ok(fs::write(stamp, digest)?)
}

fn files(source: &Path) -> Result<Vec<PathBuf>, Error> {
    if !source.is_dir() {
        return Ok(vec![source.to_owned()]);
    }
    let mut files =
        fs::read_dir(source)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>()?;
    files.sort_unstable();
    Ok(files)
}
