//! `watchglass` server: configuration, routes and the ticker. Wires the crates together.

mod access;
mod annotations;
mod app_state;
mod assets;
mod atomic_file;
mod audit;
mod background_writer;
mod backup;
mod cli;
mod cluster;
mod config;
mod data_dir;
mod edge;
mod evaluation;
#[cfg(test)]
mod formats;
mod fragments;
#[cfg(fuzzing)]
pub mod fuzzing;
mod history_probe;
mod host_origin;
mod layouts;
mod logging;
#[cfg(test)]
mod malformed_input_tests;
mod notifications;
mod rate_limit;
mod routes;
mod startup;
mod targets;
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
            config::resolve(file.as_deref(), flag, |name| std::env::var(name).ok())
                .map_err(Into::into)
                .and_then(|settings| startup::run(&settings))
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            print_error(&*error);
            ExitCode::FAILURE
        }
    }
}

fn check_config(path: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let mut found = config::Settings::default();
    let outcome = config::read_file(path, &mut found);
    for former_name in &found.former_names {
        print_warning(former_name);
    }
    outcome?;
    config::check(&found)?;
    if let Some(files) = found.edge.certificate() {
        files.read()?;
    }
    print_line(&format!("{}: OK", path.display()));
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the output of a command goes to standard output")]
fn print_line(text: &str) {
    println!("{text}");
}

#[expect(clippy::print_stderr, reason = "standard output has the result alone")]
fn print_warning(warning: &impl std::fmt::Display) {
    eprintln!("watchglass: warning: {warning}");
}

#[expect(clippy::print_stderr, reason = "fatal errors are printed even before logging is set up")]
fn print_error(error: &dyn std::error::Error) {
    eprintln!("watchglass: {error}");
}
