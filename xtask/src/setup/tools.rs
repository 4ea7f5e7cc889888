//! Build tools and the page's WebAssembly module.
//!
//! Trunk and wasm-bindgen are used as they are installed on this machine, if they have the right version. Otherwise
//! `cargo install` builds the published packages into `target/tools`.

use super::jobs::Jobs;
use super::target::WASM;
use crate::failure::Failure;
use crate::process;
use crate::workspace::{Profile, Workspace};
use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// A build tool that is published as a package.
#[derive(Debug)]
struct Tool {
    /// Name of the program.
    program: &'static str,
    package: &'static str,
    /// Version to install.
    version: String,
    /// A version with this beginning can be used.
    series: String,
    /// Whether the published package can be built with its own lock file.
    locked: bool,
}

/// Trunk of the series that `Trunk.toml` names.
fn trunk() -> Tool {
    Tool {
        program: "trunk",
        package: "trunk",
        version: "0.21.14".to_owned(),
        series: "0.21.".to_owned(),
        locked: true,
    }
}

/// The wasm-bindgen command. Its version must equal that of the library in the page.
fn wasm_bindgen(workspace: &Workspace) -> Result<Tool, Failure> {
    let path = workspace.root().join("Cargo.lock");
    let lock = fs::read_to_string(&path).map_err(Failure::file("read", &path))?;
    let version = locked_version(&lock, "wasm-bindgen")
        .ok_or_else(|| Failure::Missing("Cargo.lock has no package wasm-bindgen".to_owned()))?;
    Ok(Tool {
        program: "wasm-bindgen",
        package: "wasm-bindgen-cli",
        version: version.to_owned(),
        series: version.to_owned(),
        // The lock file of 0.2.130 names a version that was withdrawn.
        locked: false,
    })
}

/// Version of a package in the text of a `Cargo.lock`.
fn locked_version<'a>(lock: &'a str, package: &str) -> Option<&'a str> {
    let name = format!("name = \"{package}\"");
    let mut lines = lock.lines().skip_while(|line| *line != name);
    lines.nth(1)?.strip_prefix("version = \"")?.strip_suffix('"')
}

impl Tool {
    /// Version of the installed program, if it can be used. A program in `target/tools` precedes one on `PATH`.
    fn installed(&self, workspace: &Workspace) -> Option<String> {
        let own = workspace.tools().join("bin").join(self.program);
        let path = if own.is_file() { own } else { process::find_on_path(self.program)? };
        let text = process::output_of(process::program(workspace, path).arg("--version"))?;
        let version = text.split_whitespace().nth(1)?;
        version.starts_with(&self.series).then(|| version.to_owned())
    }

    fn install(&self, workspace: &Workspace, offline: bool) -> Command {
        let mut command = process::background_cargo(workspace);
        command.args(["install", self.package, "--version", &self.version]);
        // Trunk and wasm-bindgen need TLS only for downloads. An unoptimised build takes a third of the time,
        // and the tools run for seconds.
        command.args(["--no-default-features", "--debug", "--force"]);
        command.arg("--root").arg(workspace.tools());
        command.arg("--target-dir").arg(build_folder(workspace).join(self.program));
        command.env("CARGO_PROFILE_DEV_DEBUG", "0");
        if self.locked {
            command.arg("--locked");
        } else {
            command.env("CARGO_RESOLVER_INCOMPATIBLE_RUST_VERSIONS", "fallback");
        }
        if offline {
            command.arg("--offline");
        }
        command
    }
}

/// Folder for the intermediate files of `cargo install`.
fn build_folder(workspace: &Workspace) -> PathBuf {
    workspace.tools().join("build")
}

/// Versions of the tools that build the page.
///
/// # Errors
/// `Cargo.lock` could not be read.
pub(crate) fn tool_versions(workspace: &Workspace) -> Result<[Option<String>; 2], Failure> {
    Ok([trunk().installed(workspace), wasm_bindgen(workspace)?.installed(workspace)])
}

/// Installs missing tools, compiles the page's WebAssembly module and the compressor, all in parallel.
/// `before_compiling` runs while the tools are being installed, before the workspace's packages are compiled.
///
/// # Errors
/// The first build that failed, with the end of its log, or the error of `before_compiling`.
pub(crate) fn build_tools_and_page(
    workspace: &Workspace,
    before_compiling: impl FnOnce() -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut jobs = Jobs::new(workspace.tools().join("logs"))?;
    for tool in [trunk(), wasm_bindgen(workspace)?] {
        if tool.installed(workspace).is_none() {
            // The offline attempt fails within a second if a package has not been downloaded yet.
            jobs.start(tool.program, vec![tool.install(workspace, true), tool.install(workspace, false)]);
        }
    }
    before_compiling()?;
    jobs.start("page", vec![compile_page(workspace)]);
    jobs.start("compressor", vec![compile_compressor(workspace)]);
    jobs.wait()?;
    let leftover = build_folder(workspace);
    if leftover.exists() {
        fs::remove_dir_all(&leftover).map_err(Failure::file("remove", &leftover))?;
    }
    Ok(())
}

/// The same cargo call that Trunk makes later, which then has nothing left to compile. The last crate takes a minute on
/// one processor, so this build precedes the others.
fn compile_page(workspace: &Workspace) -> Command {
    let mut command = process::cargo(workspace);
    command.arg("build").arg(format!("--target={WASM}"));
    command.arg("--manifest-path").arg(workspace.root().join("app").join("Cargo.toml"));
    command.args(["--profile", "wasm-release", "--offline", "--features", "hydrate"]);
    command
}

fn compile_compressor(workspace: &Workspace) -> Command {
    let mut command = process::background_cargo(workspace);
    command.args(["build", "--offline", "--package", "watchglass-compress", "--profile"]);
    command.arg(Profile::FirstRun.name());
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = "\
version = 4

[[package]]
name = \"wasm-bindgen-macro\"
version = \"0.1.0\"

[[package]]
name = \"wasm-bindgen\"
version = \"0.2.130\"
source = \"registry\"
";

    #[test]
    fn version_is_read_from_the_lock_file() {
        assert_eq!(locked_version(LOCK, "wasm-bindgen"), Some("0.2.130"));
        assert_eq!(locked_version(LOCK, "wasm"), None);
        assert_eq!(locked_version("name = \"wasm\"", "wasm"), None);
    }
}
