//! Command line of the soak test.

use clap::{Parser, value_parser};
use std::path::PathBuf;
use std::time::Duration;

/// Soak test of a server on this machine. `cargo xtask soak` builds and starts it.
#[derive(Clone, Debug, Parser, PartialEq)]
#[command(name = "watchglass-soak", args_override_self = true)]
pub(crate) struct Arguments {
    /// Binary of the server
    #[arg(long, value_name = "FILE")]
    pub(crate) binary: PathBuf,
    /// Folder of the report, the log and the data of the server
    #[arg(long, value_name = "FOLDER")]
    pub(crate) output: PathBuf,
    /// Hours
    #[arg(long, value_name = "N", default_value_t = 6.0, value_parser = hours)]
    hours: f64,
    /// Minutes between two restarts of Redis
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = value_parser!(u32).range(1..=1440))]
    pub(crate) redis_minutes: u32,
    /// Minutes between two SIGKILL of the server
    #[arg(long, value_name = "N", default_value_t = 60, value_parser = value_parser!(u32).range(1..=1440))]
    pub(crate) kill_minutes: u32,
    /// Add and remove network interfaces: only in a network namespace of its own
    #[arg(long)]
    pub(crate) interfaces: bool,
}

impl Arguments {
    /// Length of the run.
    pub(crate) fn length(&self) -> Duration {
        Duration::from_secs_f64(self.hours * 3600.0)
    }
}

fn hours(text: &str) -> Result<f64, String> {
    let hours = text.parse().ok().filter(|hours| (0.01..=168.0).contains(hours));
    hours.ok_or_else(|| "it must be from 0.01 to 168".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Arguments, String> {
        let words = ["watchglass-soak", "--binary", "b", "--output", "o"].into_iter();
        Arguments::try_parse_from(words.chain(line.split_whitespace())).map_err(|error| error.to_string())
    }

    #[test]
    fn arguments_have_defaults_and_limits() {
        let usual = parse("").unwrap();
        assert_eq!(
            (usual.length(), usual.redis_minutes, usual.kill_minutes),
            (Duration::from_secs(21_600), 30, 60)
        );
        assert!(!usual.interfaces);
        assert_eq!(parse("--hours 0.5 --interfaces").unwrap().length(), Duration::from_secs(1800));
        for (line, reason) in
            [("--hours 0", "0.01 to 168"), ("--hours x", "0.01 to 168"), ("--kill-minutes 0", "1..=1440")]
        {
            let message = parse(line).unwrap_err();
            assert!(message.contains(reason), "{line}: {message}");
        }
    }
}
