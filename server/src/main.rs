//! `watchglass`: configuration, routes, the tick. It wires the crates together and holds no rules of its own.

mod access;
mod annotations;
mod arranging;
mod assets;
mod audit;
mod backup;
mod cli;
mod core;
mod data_dir;
mod edge;
mod files;
#[cfg(test)]
mod formats;
mod fragments;
#[cfg(fuzzing)]
pub mod fuzzing;
mod guard;
#[cfg(test)]
mod hostile;
mod judging;
mod keeper;
mod limits;
mod logging;
mod routes;
mod serve;
mod services;
mod settings;
mod sharing;
mod store_probe;
mod telling;
mod ticker;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

fn main() -> ExitCode {
    let outcome = match cli::parse() {
        cli::Task::CheckConfig(path) => check_config(&path),
        cli::Task::Access(order) => access::run(order),
        cli::Task::Backup(order) => backup::run(order),
        cli::Task::Serve(matches) => {
            let flag = |name: &str| matches.get_one::<String>(name).cloned();
            let file = matches.get_one::<PathBuf>("config").cloned();
            settings::resolve(file.as_deref(), flag, |name| std::env::var(name).ok())
                .map_err(Into::into)
                .and_then(|settings| serve::run(&settings))
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say_error(&*error);
            ExitCode::FAILURE
        }
    }
}

fn check_config(path: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let mut found = settings::Settings::default();
    settings::read_file(path, &mut found)?;
    settings::check(&found)?;
    if let Some(files) = found.edge.certificate() {
        files.read()?;
    }
    say(&format!("{}: no mistakes", path.display()));
    Ok(())
}

#[expect(clippy::print_stdout, reason = "what a person asked for goes to standard output")]
fn say(text: &str) {
    println!("{text}");
}

#[expect(clippy::print_stderr, reason = "a reason to stop is shown even where logging was never started")]
fn say_error(error: &dyn std::error::Error) {
    eprintln!("watchglass: {error}");
}
