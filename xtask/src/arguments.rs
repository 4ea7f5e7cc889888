//! Command line of `cargo xtask`.

use crate::failure::Failure;
use lexopt::{Arg, Parser, ValueExt};
use std::ffi::OsString;

/// List of commands.
pub(crate) const HELP: &str = "\
cargo xtask COMMAND

  run [-- ARGS]    install what is missing, build quickly (profile first-run), start `watchglass serve ARGS`
  build            install what is missing, build the optimised target/release/watchglass
  test [--fast]    formatting, lints, unit, integration and browser tests;
                   --fast skips the release build and the browser tests
  bench [-- ARGS]  run the benchmarks of the code and of the pages; with ARGS, such as a name
                   to filter by, those of the code alone
  bench history [DAYS SERIES]
                   storage size and query time of 7 days of 200 series, compared with Prometheus and
                   Redis if they are installed; the first run records this machine for 20 minutes
  load [ARGS]      load test with many WebSocket connections against a server that it starts, or
                   against --url ws://127.0.0.1:PORT/ws/live; `cargo xtask load --help` lists ARGS
  soak [ARGS]      start a soak test of 6 hours in the background: a server with faults, churn and a viewer;
                   `cargo xtask soak --help` lists ARGS, such as --hours N
  fuzz [--minutes N] [TARGET]
                   fuzz one target, or each of them, for N minutes [1]
  setup            install what building and testing need
  help             print this list";

/// A command with its arguments.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Command {
    /// List the commands.
    Help,
    /// Install what building and testing need.
    Setup,
    /// Build the optimised binary.
    Build,
    /// Build the binary quickly and start it.
    Run {
        /// Arguments for `watchglass serve`.
        arguments: Vec<OsString>,
    },
    /// Run all checks.
    Test {
        /// Skip the release build and the browser tests.
        fast: bool,
    },
    /// Run the benchmarks.
    Bench {
        /// Arguments for the benchmarks.
        arguments: Vec<OsString>,
    },
    /// Measure the history store with days of samples in it.
    BenchHistory {
        /// Days and series.
        arguments: Vec<OsString>,
    },
    /// Run the load test.
    Load {
        /// Arguments for the load generator.
        arguments: Vec<OsString>,
    },
    /// Start the soak test.
    Soak {
        /// Arguments for the soak test.
        arguments: Vec<OsString>,
    },
    /// Run the fuzzer.
    Fuzz {
        /// Minutes for each target.
        minutes: u32,
        /// The only target; all targets if `None`.
        target: Option<String>,
    },
}

/// Maximum minutes for one fuzz target.
const MAX_MINUTES: u32 = 1440;

impl Command {
    /// Parses the arguments after the program's name.
    ///
    /// # Errors
    /// [`Failure::Usage`] for an unknown command or argument.
    pub(crate) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Self, Failure> {
        let mut parser = Parser::from_args(arguments);
        let name = match parser.next()? {
            Some(Arg::Value(name)) => name.string()?,
            None | Some(Arg::Long("help") | Arg::Short('h')) => return Ok(Self::Help),
            Some(other) => return Err(other.unexpected().into()),
        };
        match name.as_str() {
            "help" => Ok(Self::Help),
            "setup" => without_arguments(&mut parser, Self::Setup),
            "build" => without_arguments(&mut parser, Self::Build),
            "run" => Ok(Self::Run { arguments: passed_on(&mut parser)? }),
            "test" => test(&mut parser),
            "bench" => bench(&mut parser),
            "load" => Ok(Self::Load { arguments: passed_on(&mut parser)? }),
            "soak" => Ok(Self::Soak { arguments: passed_on(&mut parser)? }),
            "fuzz" => fuzz(&mut parser),
            _ => Err(Failure::Usage(format!("unknown command {name:?}"))),
        }
    }
}

fn without_arguments(parser: &mut Parser, command: Command) -> Result<Command, Failure> {
    match parser.next()? {
        None => Ok(command),
        Some(other) => Err(other.unexpected().into()),
    }
}

fn test(parser: &mut Parser) -> Result<Command, Failure> {
    let mut fast = false;
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("fast") => fast = true,
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(Command::Test { fast })
}

fn bench(parser: &mut Parser) -> Result<Command, Failure> {
    let mut arguments: Vec<OsString> = parser.raw_args()?.collect();
    match arguments.first().and_then(|first| first.to_str()) {
        Some("history") => {
            arguments.remove(0);
            if matches!(arguments.len(), 0 | 2) {
                Ok(Command::BenchHistory { arguments })
            } else {
                Err(Failure::Usage("bench history takes no arguments, or DAYS and SERIES".to_owned()))
            }
        }
        _ => Ok(Command::Bench { arguments: without_separator(arguments) }),
    }
}

fn fuzz(parser: &mut Parser) -> Result<Command, Failure> {
    let (mut minutes, mut target) = (1, None);
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("minutes") => minutes = parser.value()?.parse_with(parse_minutes)?,
            Arg::Value(name) if target.is_none() => target = Some(name.string()?),
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(Command::Fuzz { minutes, target })
}

fn parse_minutes(text: &str) -> Result<u32, String> {
    let minutes = text.parse().ok().filter(|minutes| (1..=MAX_MINUTES).contains(minutes));
    minutes.ok_or_else(|| format!("--minutes must be from 1 to {MAX_MINUTES}"))
}

/// Arguments for another program, with or without `--` before them.
fn passed_on(parser: &mut Parser) -> Result<Vec<OsString>, Failure> {
    Ok(without_separator(parser.raw_args()?.collect()))
}

fn without_separator(mut arguments: Vec<OsString>) -> Vec<OsString> {
    if arguments.first().is_some_and(|first| first == "--") {
        arguments.remove(0);
    }
    arguments
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Command, Failure> {
        Command::parse(line.split_whitespace().map(OsString::from))
    }

    fn words(line: &str) -> Vec<OsString> {
        line.split_whitespace().map(OsString::from).collect()
    }

    #[test]
    fn each_command_is_parsed() {
        let cases = [
            ("", Command::Help),
            ("help", Command::Help),
            ("--help", Command::Help),
            ("setup", Command::Setup),
            ("build", Command::Build),
            ("run", Command::Run { arguments: words("") }),
            ("run -- --listen 127.0.0.1:8080", Command::Run { arguments: words("--listen 127.0.0.1:8080") }),
            ("run --data-dir d -- x", Command::Run { arguments: words("--data-dir d -- x") }),
            ("test", Command::Test { fast: false }),
            ("test --fast", Command::Test { fast: true }),
            ("bench", Command::Bench { arguments: words("") }),
            ("bench -- encode", Command::Bench { arguments: words("encode") }),
            ("bench -- history", Command::Bench { arguments: words("history") }),
            ("bench history", Command::BenchHistory { arguments: words("") }),
            ("bench history 1 40", Command::BenchHistory { arguments: words("1 40") }),
            ("load --sockets 10", Command::Load { arguments: words("--sockets 10") }),
            ("soak --hours 1", Command::Soak { arguments: words("--hours 1") }),
            ("fuzz", Command::Fuzz { minutes: 1, target: None }),
            ("fuzz --minutes 5 live", Command::Fuzz { minutes: 5, target: Some("live".to_owned()) }),
            ("fuzz live --minutes=5", Command::Fuzz { minutes: 5, target: Some("live".to_owned()) }),
        ];
        for (line, expected) in cases {
            assert_eq!(parse(line).unwrap(), expected, "{line}");
        }
    }

    #[test]
    fn errors_name_the_argument() {
        for (line, reason) in [
            ("biuld", "unknown command \"biuld\""),
            ("--version", "--version"),
            ("build --release", "--release"),
            ("test --quick", "--quick"),
            ("bench history 1", "DAYS and SERIES"),
            ("setup now", "now"),
            ("fuzz --minutes 0", "from 1 to 1440"),
            ("fuzz --minutes", "--minutes"),
            ("fuzz live alerts", "alerts"),
            ("fuzz --seconds 5", "--seconds"),
        ] {
            let message = parse(line).unwrap_err().to_string();
            assert!(message.contains(reason), "{line}: {message}");
        }
    }

    #[test]
    fn help_names_each_command() {
        for name in ["run", "build", "test", "bench", "load", "soak", "fuzz", "setup", "help"] {
            assert!(HELP.lines().any(|line| line.trim_start().starts_with(name)), "{name}");
        }
    }
}
