//! Build of `dist`, the files that the server embeds.

mod fingerprint;
mod stylesheet;

use crate::failure::Failure;
use crate::process;
use crate::report;
use crate::setup;
use crate::workspace::Workspace;
use fingerprint::Fingerprint;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Builds `dist`: runs Trunk, joins the style sheets to one, and writes compressed files. Skips the build if neither its
/// inputs nor its outputs have changed since. The tools and the page's module must have been built.
///
/// # Errors
/// A file could not be read, or Trunk or the compressor failed.
pub(crate) fn build(workspace: &Workspace) -> Result<(), Failure> {
    let stamp = workspace.tools().join("page.stamp");
    let inputs = inputs(workspace)?;
    let is_done = |outputs: &str| fs::read_to_string(&stamp).is_ok_and(|text| text == mark(&inputs, outputs));
    let dist = workspace.dist();
    if dist.join("index.html").is_file() && is_done(&outputs(&dist)?) {
        report::say("      up to date");
        return Ok(());
    }
    // An interrupted build must not count as complete.
    if let Err(error) = fs::remove_file(&stamp)
        && error.kind() != std::io::ErrorKind::NotFound
    {
        return Err(Failure::file("remove", &stamp)(error));
    }
    run_quietly(&mut trunk(workspace), "building the page with Trunk")?;
    stylesheet::join(&dist)?;
    let mut compress = process::program(workspace, workspace.compressor());
    let sizes = run_quietly(compress.arg(&dist), "compressing the page's files")?;
    report::say(&format!("      {}", sizes.trim()));
    fs::write(&stamp, mark(&inputs, &outputs(&dist)?)).map_err(Failure::file("write", &stamp))
}

fn mark(inputs: &str, outputs: &str) -> String {
    format!("{inputs} {outputs}\n")
}

/// Fingerprint of the inputs.
fn inputs(workspace: &Workspace) -> Result<String, Failure> {
    let mut fingerprint = Fingerprint::default();
    for version in setup::tool_versions(workspace)? {
        fingerprint.text(&version.unwrap_or_default());
    }
    let root = workspace.root();
    for path in ["Trunk.toml", "app/index.html", "style", "public"] {
        fingerprint.path(&root.join(path))?;
    }
    // Stands for the source code: cargo writes it anew after a change.
    fingerprint.path(&workspace.page_wasm())?;
    Ok(fingerprint.finish())
}

/// Fingerprint of the files in `dist`.
fn outputs(dist: &Path) -> Result<String, Failure> {
    let mut fingerprint = Fingerprint::default();
    fingerprint.path(dist)?;
    Ok(fingerprint.finish())
}

fn trunk(workspace: &Workspace) -> Command {
    let mut command = process::program(workspace, "trunk");
    command.args(["build", "--config"]).arg(workspace.root().join("Trunk.toml"));
    command.args(["--offline", "--skip-version-check", "--color", "never"]);
    command.env("PATH", workspace.path_with_tools()).env("CARGO_TARGET_DIR", workspace.target());
    // Trunk reads its settings from the environment too, and rejects NO_COLOR=1.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("TRUNK_") || ["NO_COLOR", "RUST_LOG", "CARGO_BUILD_TARGET"].contains(&&*text) {
            command.env_remove(&name);
        }
    }
    command
}

/// Runs a program, and prints its output only if it fails. Returns its standard output.
fn run_quietly(command: &mut Command, doing: &str) -> Result<String, Failure> {
    let output = command.output().map_err(process::not_started(command))?;
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(stdout);
    }
    Err(Failure::Ended {
        doing: doing.to_owned(),
        status: output.status.to_string(),
        advice: format!("Its output:\n{stdout}{}", String::from_utf8_lossy(&output.stderr)),
    })
}
