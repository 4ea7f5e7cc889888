//! `watchglass` server: configuration, routes and the ticker. Wires the crates together.

mod access;
mod account_commands;
mod annotations;
mod api;
mod app_state;
mod assets;
mod audit;
mod backup;
mod cli;
mod clock;
mod cluster;
mod config;
mod console;
mod edge;
mod evaluation;
#[cfg(test)]
mod formats;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod heartbeats;
mod host_origin;
mod http;
#[cfg(test)]
mod layering_tests;
mod layouts;
mod logging;
#[cfg(test)]
mod malformed_input_tests;
mod metric_store;
mod notifications;
mod open_files;
mod persist;
mod pipeline;
mod processes;
mod query;
mod rate_limit;
mod record_store;
mod routes;
mod self_metrics;
mod service_errors;
mod services;
mod startup;
mod targets;
#[cfg(test)]
mod test_support;
mod web;
mod work_limit;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Runs the command of the command line arguments.
pub fn run() -> ExitCode {
    let outcome = match cli::parse() {
        cli::Task::CheckConfig(path) => check_config(&path),
        cli::Task::Access(order) => account_commands::run(order),
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
            console::print_error(&*error);
            ExitCode::FAILURE
        }
    }
}

fn check_config(path: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let mut found = config::Settings::default();
    let outcome = config::read_file(path, &mut found);
    for former_name in &found.former_names {
        console::print_warning(former_name);
    }
    for rule_warning in &found.rule_warnings {
        console::print_warning(rule_warning);
    }
    for label_warning in &found.label_warnings {
        console::print_warning(label_warning);
    }
    for companion in found.missing_companions() {
        console::print_warning(&companion);
    }
    outcome?;
    config::check(&found)?;
    if let Some(files) = found.edge.certificate() {
        files.read()?;
    }
    console::print_result(&format!("{}: OK", path.display()));
    Ok(())
}
