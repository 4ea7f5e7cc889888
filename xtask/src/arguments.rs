//! What was asked for on the command line.

use crate::failure::Failure;
use std::ffi::{OsStr, OsString};

/// The list of commands.
pub(crate) const HELP: &str = "\
cargo xtask COMMAND

  run [-- ARGS]    set up what is missing, build, and start `watchglass serve ARGS`
  build            set up what is missing, and build target/release/watchglass with its pages inside
  test [--fast]    formatting, lints, unit and integration tests, release build, browser tests;
                   --fast leaves out the release build and the browser tests
  bench [-- ARGS]  run the benchmarks; ARGS go to them, such as a name to filter by
  bench history [DAYS SERIES]
                   what seven days of 200 series cost in files, beside Prometheus if it is installed; the first time
                   it records this machine for 20 minutes
  load [ARGS]      measure many live connections, to a server of its own or to --url ws://127.0.0.1:PORT/ws/live;
                   `cargo xtask load --help` lists ARGS; `load attacks` does to one what those do who want to bring it down
  fuzz [--minutes N] [TARGET]
                   give rubbish that finds its way to everything that reads bytes from outside, N minutes each [1]
  setup            only set up what building and testing need
  help             this list";

/// A command with its arguments.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Command {
    /// List the commands.
    Help,
    /// Set up what building and testing need.
    Setup,
    /// Build the program.
    Build,
    /// Build the program and become it.
    Run {
        /// Arguments for `watchglass serve`.
        arguments: Vec<OsString>,
    },
    /// Check everything.
    Test {
        /// Leave out the release build and the browser tests.
        fast: bool,
    },
    /// Run the benchmarks.
    Bench {
        /// Arguments for the benchmarks.
        arguments: Vec<OsString>,
    },
    /// Measure the history with days of samples in it.
    BenchHistory {
        /// Days and series.
        arguments: Vec<OsString>,
    },
    /// Measure many live connections.
    Load {
        /// Arguments for the load generator.
        arguments: Vec<OsString>,
    },
    /// Look for bytes that bring the program down.
    Fuzz {
        /// How long each target is given.
        minutes: u32,
        /// The only target; all when it is none.
        target: Option<String>,
    },
}

impl Command {
    /// Reads the arguments behind the program's name.
    ///
    /// # Errors
    /// [`Failure::Usage`] for a command or a flag that there is not.
    pub(crate) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Self, Failure> {
        let mut rest = arguments.into_iter();
        let Some(name) = rest.next() else {
            return Ok(Self::Help);
        };
        let rest: Vec<OsString> = rest.collect();
        match name.to_str().unwrap_or_default() {
            "help" | "--help" | "-h" => Ok(Self::Help),
            "setup" => none(&name, &rest).map(|()| Self::Setup),
            "build" => none(&name, &rest).map(|()| Self::Build),
            "run" => Ok(Self::Run { arguments: passed_on(rest) }),
            "bench" if rest.first().is_some_and(|first| first == "history") => match rest.get(1..) {
                Some(arguments @ ([] | [_, _])) => Ok(Self::BenchHistory { arguments: arguments.to_vec() }),
                other => Err(unexpected(
                    OsStr::new("bench history"),
                    other.unwrap_or_default(),
                    "it takes nothing, or days and series",
                )),
            },
            "bench" => Ok(Self::Bench { arguments: passed_on(rest) }),
            "load" => Ok(Self::Load { arguments: passed_on(rest) }),
            "fuzz" => fuzz(&name, &rest),
            "test" => match rest.as_slice() {
                [] => Ok(Self::Test { fast: false }),
                [flag] if flag == "--fast" => Ok(Self::Test { fast: true }),
                other => Err(unexpected(&name, other, "it takes nothing, or --fast")),
            },
            _ => Err(Failure::Usage(format!(
                "there is no command {name:?}; there are run, build, test, bench, load, fuzz, setup and help"
            ))),
        }
    }
}

/// The most minutes that one target is given.
const MOST_MINUTES: u32 = 1440;

fn fuzz(name: &OsStr, rest: &[OsString]) -> Result<Command, Failure> {
    let right = "it takes --minutes N, from 1 to 1440, and a target";
    let wrong = || unexpected(name, rest, right);
    let (mut minutes, mut target) = (1, None);
    let mut words = rest.iter().map(|word| word.to_str().unwrap_or_default());
    while let Some(word) = words.next() {
        match word {
            "--minutes" => {
                let number = words.next().and_then(|text| text.parse().ok());
                minutes = number.filter(|number| (1..=MOST_MINUTES).contains(number)).ok_or_else(wrong)?;
            }
            word if word.is_empty() || word.starts_with('-') || target.is_some() => return Err(wrong()),
            word => target = Some(word.to_owned()),
        }
    }
    Ok(Command::Fuzz { minutes, target })
}

/// Arguments for another program, with or without `--` before them.
fn passed_on(mut arguments: Vec<OsString>) -> Vec<OsString> {
    if arguments.first().is_some_and(|first| first == "--") {
        arguments.remove(0);
    }
    arguments
}

fn none(name: &OsStr, rest: &[OsString]) -> Result<(), Failure> {
    if rest.is_empty() { Ok(()) } else { Err(unexpected(name, rest, "it takes none")) }
}

fn unexpected(name: &OsStr, rest: &[OsString], right: &str) -> Failure {
    let words: Vec<_> = rest.iter().map(|word| word.to_string_lossy()).collect();
    Failure::Usage(format!("{} does not understand {:?}: {right}", name.to_string_lossy(), words.join(" ")))
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
    fn understands_each_command() {
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
            ("bench -- encode", Command::Bench { arguments: words("encode") }),
            ("bench -- history", Command::Bench { arguments: words("history") }),
            ("bench history", Command::BenchHistory { arguments: words("") }),
            ("bench history 1 40", Command::BenchHistory { arguments: words("1 40") }),
            ("load --sockets 10", Command::Load { arguments: words("--sockets 10") }),
            ("fuzz", Command::Fuzz { minutes: 1, target: None }),
            ("fuzz --minutes 5 live", Command::Fuzz { minutes: 5, target: Some("live".to_owned()) }),
        ];
        for (line, expected) in cases {
            assert_eq!(parse(line).unwrap(), expected, "{line}");
        }
    }

    #[test]
    fn says_what_is_wrong() {
        for (line, reason) in [
            ("biuld", "no command \"biuld\""),
            ("build --release", "build does not understand \"--release\": it takes none"),
            ("test --quick", "nothing, or --fast"),
            ("test --fast --fast", "nothing, or --fast"),
            ("bench history 1", "nothing, or days and series"),
            ("setup now", "it takes none"),
            ("fuzz --minutes 0", "from 1 to 1440"),
            ("fuzz --minutes", "from 1 to 1440"),
            ("fuzz live alerts", "and a target"),
            ("fuzz --seconds 5", "and a target"),
        ] {
            let message = parse(line).unwrap_err().to_string();
            assert!(message.contains(reason), "{line}: {message}");
        }
    }

    #[test]
    fn help_names_each_command() {
        for name in ["run", "build", "test", "bench", "load", "fuzz", "setup", "help"] {
            assert!(HELP.lines().any(|line| line.trim_start().starts_with(name)), "{name}");
        }
    }
}
