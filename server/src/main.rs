//! `watchglass`: configuration, routes, the tick. It wires the crates together and holds no rules of its own.

mod assets;
mod cli;
mod core;
mod data_dir;
mod files;
mod fragments;
mod guard;
mod judging;
mod keeper;
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
    settings::read_file(path, &mut settings::Settings::default())?;
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
