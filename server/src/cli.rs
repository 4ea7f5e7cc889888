//! Command line, generated from the table of settings.

use crate::account_commands::{self, AccountCommand};
use crate::backup;
use crate::config::{OPTIONS, path_flag};
use clap::{Arg, ArgMatches, Command};
use std::path::PathBuf;

/// Parsed command.
pub(crate) enum Task {
    /// Run the server.
    Serve(Box<ArgMatches>),
    /// Check a configuration file.
    CheckConfig(PathBuf),
    /// Manage users and tokens.
    Access(AccountCommand),
    /// Write or restore a backup.
    Backup(backup::BackupCommand),
}

/// Parses the command line. Prints and exits for `--help`, `--version` and invalid arguments.
pub(crate) fn parse() -> Task {
    let mut matches = command().get_matches();
    match matches.remove_subcommand() {
        Some((name, found)) if name == "check-config" => {
            Task::CheckConfig(found.get_one::<PathBuf>("FILE").cloned().unwrap_or_default())
        }
        Some((name, found)) => {
            match (account_commands::parse_command(&name, &found), backup::parse_command(&name, &found)) {
                (Some(order), _) => Task::Access(order),
                (_, Some(order)) => Task::Backup(order),
                _ => Task::Serve(Box::new(found)),
            }
        }
        None => Task::Serve(Box::new(matches)),
    }
}

fn command() -> Command {
    let mut serve = Command::new("serve").about("Run the monitoring server").arg(
        path_flag("config", "FILE", "WATCHGLASS_CONFIG")
            .help("TOML configuration file; flags and environment variables take precedence"),
    );
    for key in OPTIONS {
        let help = format!("{} [env: {}] [default: {}]", key.help, key.variable(), key.default);
        serve = serve.arg(Arg::new(key.flag()).long(key.flag()).value_name(key.placeholder).help(help));
        if let Some(former) = key.former_flag() {
            serve = serve.arg(Arg::new(former.clone()).long(former).value_name(key.placeholder).hide(true));
        }
    }
    Command::new("watchglass")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Monitoring server: host, PostgreSQL, Redis and applications, with live pages and seven days of history")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(serve)
        .subcommands(account_commands::commands())
        .subcommands(backup::commands())
        .subcommand(
            Command::new("check-config").about("Validate a configuration file without starting the server").arg(
                Arg::new("FILE")
                    .required(true)
                    .value_parser(clap::value_parser!(PathBuf))
                    .help("Configuration file to validate"),
            ),
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_line_is_consistent() {
        command().debug_assert();
    }

    #[test]
    fn unknown_flags_are_named() {
        let error =
            command().try_get_matches_from(["watchglass", "serve", "--lisen", "x"]).unwrap_err().to_string();
        assert!(error.contains("--lisen") && error.contains("--listen"), "{error}");
    }
}
