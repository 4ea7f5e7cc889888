//! Coverage-guided fuzzing of all parsers of external bytes.
//!
//! One binary for all targets, so that the server is linked once. Environment variables: `WATCHGLASS_FUZZ` is the target,
//! without it all targets are listed; `WATCHGLASS_FUZZ_CORPUS` is a folder to fill with the seed corpus;
//! `WATCHGLASS_FUZZ_FOLDER` is a folder for files. Everything else is set by the arguments of
//! [libFuzzer](https://llvm.org/docs/LibFuzzer.html#options). Without it, as lints compile the targets, the arguments are
//! files with inputs.

#![cfg_attr(fuzzing, no_main)]
#![expect(clippy::expect_used, clippy::panic, reason = "a failure ends the run")]
#![expect(clippy::print_stderr, clippy::print_stdout, reason = "`cargo xtask fuzz` reads the output")]

mod corpus;
mod examples;
mod stores;
mod targets;

use std::fs;
use std::path::PathBuf;
use std::sync::OnceLock;
use targets::{TARGETS, Target};

static CHOSEN: OnceLock<Target> = OnceLock::new();

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(init: begin(), |data: &[u8]| run(data));

#[cfg(not(fuzzing))]
fn main() {
    begin();
    for path in std::env::args_os().skip(1) {
        run(&fs::read(path).expect("an input"));
    }
}

fn run(data: &[u8]) {
    if let Some(target) = CHOSEN.get() {
        (target.run)(data);
    }
}

fn begin() {
    let Ok(name) = std::env::var("WATCHGLASS_FUZZ") else {
        TARGETS.iter().for_each(|target| println!("{}", target.name));
        std::process::exit(0);
    };
    let Some(target) = TARGETS.into_iter().find(|target| target.name == name) else {
        eprintln!("there is no target {name:?}");
        std::process::exit(2);
    };
    if let Some(folder) = std::env::var_os("WATCHGLASS_FUZZ_CORPUS") {
        let folder = PathBuf::from(folder);
        for (number, bytes) in (target.examples)().into_iter().enumerate() {
            fs::write(folder.join(format!("example-{number}")), bytes).expect("the corpus takes examples");
        }
    }
    let _ = CHOSEN.set(target);
}
