//! `cargo xtask fuzz`.
//!
//! The fuzzer is guided by code coverage, which any stable compiler can record. The address sanitizer of cargo-fuzz needs a
//! nightly compiler, and finds nothing in a program without unsafe code.

use super::fuzz_outcome::Outcome;
use crate::failure::Failure;
use crate::process;
use crate::report;
use crate::setup;
use crate::workspace::Workspace;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

/// Compiler flags that record code coverage and compared values for [libFuzzer](https://llvm.org/docs/LibFuzzer.html). The
/// second is the flag of `.cargo/config.toml`, which these replace.
const FLAGS: [&str; 7] = [
    "--cfg fuzzing",
    "--cfg erase_components",
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
];
/// Limits of seconds and mebibytes for one input.
const LIMITS: [&str; 2] = ["-timeout=10", "-rss_limit_mb=2048"];

/// Fuzzes one target, or all targets one after the other, for `minutes` each, and prints the number of inputs, the coverage
/// and the crashes. Inputs with new coverage are saved in `target/fuzz/corpus`, where the next run begins; inputs that
/// crash are saved in `target/fuzz/faults`.
///
/// # Errors
/// The build failed, the target is unknown, or an input crashed.
pub(crate) fn fuzz(workspace: &Workspace, minutes: u32, target: Option<&str>) -> Result<(), Failure> {
    setup::ensure_tool(workspace, "fuzzing needs", &setup::COMPILER)?;
    let folder = workspace.target().join("fuzz");
    let program = build(workspace, &folder)?;
    let listed = process::output_of(process::program(workspace, &program).env_remove("WATCHGLASS_FUZZ"));
    let listed = listed.unwrap_or_default();
    let targets: Vec<&str> =
        listed.lines().filter(|name| target.is_none_or(|target| target == *name)).collect();
    if targets.is_empty() {
        let known: Vec<_> = listed.lines().collect();
        return Err(Failure::Usage(format!(
            "unknown target {:?}; targets are {}",
            target.unwrap_or_default(),
            known.join(", ")
        )));
    }
    let mut is_sound = true;
    for name in targets {
        let outcome = one(workspace, &program, &folder, name, minutes)?;
        report::say(&outcome.line(name));
        for fault in &outcome.faults {
            is_sound = false;
            report::say(&format!("  {fault}"));
            report::say(&format!("  reproduce: WATCHGLASS_FUZZ={name} {} {fault}", program.display()));
        }
        if !outcome.is_complete && outcome.faults.is_empty() {
            is_sound = false;
            report::say(&format!("  the fuzzer ended early: see {}", log(&folder, name).display()));
        }
    }
    if is_sound { Ok(()) } else { Err(Failure::Checks) }
}

fn build(workspace: &Workspace, folder: &Path) -> Result<PathBuf, Failure> {
    let version = process::output_of(process::program(workspace, "rustc").arg("-vV")).unwrap_or_default();
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).unwrap_or_default();
    let mut command = process::cargo(workspace);
    // With an explicit target, the flags do not apply to build scripts and macros.
    command.args(["build", "--locked", "--profile", "fuzz", "--package", "watchglass-fuzz", "--bin", "fuzz"]);
    command.args(["--target", host]);
    command.env("CARGO_TARGET_DIR", folder).env("RUSTFLAGS", FLAGS.join(" "));
    command.env_remove("CARGO_ENCODED_RUSTFLAGS");
    process::run(&mut command, "building the fuzzer", "The compiler's messages are above.")?;
    Ok(folder.join(host).join("fuzz").join("fuzz"))
}

fn one(
    workspace: &Workspace,
    program: &Path,
    folder: &Path,
    name: &str,
    minutes: u32,
) -> Result<Outcome, Failure> {
    let (corpus, faults) = (folder.join("corpus").join(name), folder.join("faults"));
    let files = files(folder);
    for folder in [&corpus, &faults, &folder.join("logs"), &files] {
        fs::create_dir_all(folder).map_err(Failure::file("create", folder))?;
    }
    let path = log(folder, name);
    let log = File::create(&path).map_err(Failure::file("write", &path))?;
    let mut command: Command = process::program(workspace, program);
    command.env("WATCHGLASS_FUZZ", name).env("WATCHGLASS_FUZZ_CORPUS", &corpus);
    command.env("WATCHGLASS_FUZZ_FOLDER", &files);
    command.args(LIMITS).arg("-print_final_stats=1").arg(format!("-max_total_time={}", minutes * 60));
    command.arg(format!("-artifact_prefix={}-", faults.join(name).display())).arg(&corpus);
    command.stderr(log);
    let begun = Instant::now();
    let status = command.status().map_err(process::not_started(&command))?;
    let took = begun.elapsed();
    // Nothing of it is needed any more.
    let _ = fs::remove_dir_all(&files);
    let text = fs::read(&path).map_err(Failure::file("read", &path))?;
    Ok(Outcome::read(&String::from_utf8_lossy(&text), took, status.success()))
}

fn log(folder: &Path, name: &str) -> PathBuf {
    folder.join("logs").join(format!("{name}.log"))
}

/// Folder for inputs that must be files: in memory, if the system has a folder there.
fn files(folder: &Path) -> PathBuf {
    let memory = Path::new("/dev/shm");
    let below = if memory.is_dir() { memory } else { folder };
    below.join(format!("watchglass-fuzz-{}", std::process::id()))
}
