//! Developer commands: run, build, test, bench, load, soak, fuzz.
//!
//! `cargo xtask` alone lists the commands. A command installs what is missing, prints its steps, and skips what is up to
//! date. Nothing here is part of the server.

mod arguments;
mod checks;
mod commands;
mod failure;
mod page;
mod process;
mod report;
mod setup;
mod steps;
#[cfg(test)]
mod tidy;
mod workspace;

use arguments::Command;
use failure::Failure;
use std::process::ExitCode;
use workspace::Workspace;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        // The last line must be the number of passed and failed checks.
        Err(Failure::Checks) => ExitCode::FAILURE,
        Err(failure) => {
            report::error(&failure);
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Failure> {
    let command = Command::parse(std::env::args_os().skip(1))?;
    let workspace = Workspace::find()?;
    match command {
        Command::Help => report::say(arguments::HELP),
        Command::Setup => commands::setup(&workspace)?,
        Command::Build => commands::build(&workspace)?,
        Command::Run { arguments } => commands::run(&workspace, &arguments)?,
        Command::Test { fast } => commands::test(&workspace, fast)?,
        Command::Bench { arguments } => commands::bench(&workspace, &arguments)?,
        Command::BenchHistory { arguments } => commands::history(&workspace, &arguments)?,
        Command::Load { arguments } => commands::load(&workspace, &arguments)?,
        Command::Soak { arguments } => commands::soak(&workspace, &arguments)?,
        Command::Fuzz { minutes, target } => commands::fuzz(&workspace, minutes, target.as_deref())?,
    }
    Ok(())
}
