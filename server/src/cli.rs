//! The command line, made from the table of settings.

use crate::access::{self, Order};
use crate::backup;
use crate::settings::KEYS;
use clap::{Arg, ArgMatches, Command};
use std::path::PathBuf;

/// What the program is to do.
pub(crate) enum Task {
    /// Watch and serve.
    Serve(Box<ArgMatches>),
    /// Check a configuration file.
    CheckConfig(PathBuf),
    /// Change who may call.
    Access(Order),
    /// Write or restore a backup.
    Backup(backup::Order),
}

/// Reads the command line. Prints and ends the process for `--help`, `--version` and mistakes, as is the custom.
pub(crate) fn parse() -> Task {
    let mut matches = command().get_matches();
    match matches.remove_subcommand() {
        Some((name, found)) if name == "check-config" => {
            Task::CheckConfig(found.get_one::<PathBuf>("FILE").cloned().unwrap_or_default())
        }
        Some((name, found)) => match (access::order(&name, &found), backup::order(&name, &found)) {
            (Some(order), _) => Task::Access(order),
            (_, Some(order)) => Task::Backup(order),
            _ => Task::Serve(Box::new(found)),
        },
        None => Task::Serve(Box::new(matches)),
    }
}

fn command() -> Command {
    let mut serve = Command::new("serve").about("Watch this machine and serve the pages").arg(
        Arg::new("config")
            .long("config")
            .value_name("FILE")
            .env("WATCHGLASS_CONFIG")
            .value_parser(clap::value_parser!(PathBuf))
            .help("A TOML file with settings; flags and environment count before it"),
    );
    for key in KEYS {
        let help = format!("{} [env: {}] [default: {}]", key.help, key.variable(), key.default);
        serve = serve.arg(Arg::new(key.flag()).long(key.flag()).value_name(key.placeholder).help(help));
    }
    Command::new("watchglass")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Watches a host and its services, keeps seven days, shows it live in the browser")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(serve)
        .subcommands(access::commands())
        .subcommands(backup::commands())
        .subcommand(
            Command::new("check-config").about("Check a configuration file without starting").arg(
                Arg::new("FILE")
                    .required(true)
                    .value_parser(clap::value_parser!(PathBuf))
                    .help("The file to check"),
            ),
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        command().debug_assert();
    }

    #[test]
    fn an_unknown_flag_is_named() {
        let error =
            command().try_get_matches_from(["watchglass", "serve", "--lisen", "x"]).unwrap_err().to_string();
        assert!(error.contains("--lisen") && error.contains("--listen"), "{error}");
    }
}
