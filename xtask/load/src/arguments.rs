//! What was asked for on the command line.

use crate::error::LoadError;
use crate::frame::Protocol;
use crate::target::Target;
use std::time::Duration;

/// The list of arguments.
pub(crate) const HELP: &str = "\
watchglass-load --url URL [ARGUMENTS]: opens many live connections to a server on this machine
watchglass-load attacks --url URL [ARGUMENTS]: does to it what those do who want to bring it down, one thing after the other, and
                  prints how late its live tick is meanwhile; --sockets [20000] are the idle ones, --seconds each lasts

  --url URL         ws://127.0.0.1:PORT/ws/live; loopback addresses only
  --sockets N       connections, 1 to 20000 [1000]
  --seconds N       length of the measurement once all are open, 1 to 600 [30]
  --ramp N          connections begun a second, 1 to 5000 [500]
  --protocol NAME   watchglass.json.v1 or watchglass.binary.v1 [watchglass.json.v1]
  --slow N          how many of the connections never read after their handshake [0]
  --pid PID         the server's process, to report its memory and processor time

A token in the environment variable WATCHGLASS_TOKEN is sent along.";

/// What is asked for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Request {
    /// The list of arguments.
    Help,
    /// A measurement.
    Measure(Plan),
    /// Attacks, one after the other.
    Attack(Plan),
}

/// A measurement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    /// The server.
    pub(crate) target: Target,
    /// Connections in all.
    pub(crate) sockets: usize,
    /// How many of them never read.
    pub(crate) slow: usize,
    /// Connections begun a second.
    pub(crate) ramp: usize,
    /// Length of the measurement once all connections are open.
    pub(crate) window: Duration,
    /// Encoding of the frames.
    pub(crate) protocol: Protocol,
    /// The server's process.
    pub(crate) pid: Option<u32>,
}

impl Request {
    /// Reads the arguments behind the program's name. A flag's value follows `=` or is the next argument; of a
    /// flag that comes twice the last value counts.
    ///
    /// # Errors
    /// See [`LoadError`].
    pub(crate) fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Self, LoadError> {
        let mut target = None;
        let (mut sockets, mut slow, mut ramp, mut seconds) = (None, 0, 500, 30);
        let mut attacks = false;
        let mut protocol = Protocol::Json;
        let mut pid = None;
        let mut rest = arguments.into_iter();
        while let Some(argument) = rest.next() {
            let (name, attached) = match argument.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (argument.as_str(), None),
            };
            let mut value = |flag| attached.clone().or_else(|| rest.next()).ok_or(LoadError::NoValue(flag));
            match name {
                "-h" | "--help" => return Ok(Self::Help),
                "attacks" => attacks = true,
                "--url" => target = Some(Target::parse(&value("--url")?)?),
                "--sockets" => sockets = Some(number("--sockets", value("--sockets")?, 1, 20_000)?),
                "--slow" => slow = number("--slow", value("--slow")?, 0, 20_000)?,
                "--ramp" => ramp = number("--ramp", value("--ramp")?, 1, 5_000)?,
                "--seconds" => seconds = number("--seconds", value("--seconds")?, 1, 600)?,
                "--protocol" => protocol = Protocol::parse(&value("--protocol")?)?,
                "--pid" => {
                    let most = i32::MAX as usize;
                    pid = u32::try_from(number("--pid", value("--pid")?, 1, most)?).ok();
                }
                _ => return Err(LoadError::UnknownArgument(argument)),
            }
        }
        let sockets = sockets.unwrap_or(if attacks { 20_000 } else { 1000 });
        if slow > sockets {
            return Err(LoadError::TooManySlow { slow, sockets });
        }
        let target = target.ok_or(LoadError::NoValue("--url"))?;
        let window = Duration::from_secs(seconds as u64);
        let plan = Plan { target, sockets, slow, ramp, window, protocol, pid };
        Ok(if attacks { Self::Attack(plan) } else { Self::Measure(plan) })
    }
}

fn number(flag: &'static str, value: String, least: usize, most: usize) -> Result<usize, LoadError> {
    value.parse().ok().filter(|number| (least..=most).contains(number)).ok_or(LoadError::Number {
        flag,
        value,
        least,
        most,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Request, LoadError> {
        Request::parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn reads_a_plan() {
        let plan = Plan {
            target: Target::parse("ws://127.0.0.1:7070/ws/live").unwrap(),
            sockets: 1000,
            slow: 0,
            ramp: 500,
            window: Duration::from_secs(30),
            protocol: Protocol::Json,
            pid: None,
        };
        assert_eq!(parse("--url ws://127.0.0.1:7070").unwrap(), Request::Measure(plan.clone()));
        let line = "--url=ws://127.0.0.1:7070/ws/live --sockets 20 --sockets 10 --slow=2 --ramp 100 --seconds 5 \
                    --protocol watchglass.binary.v1 --pid 42";
        let other = Plan {
            sockets: 10,
            slow: 2,
            ramp: 100,
            window: Duration::from_secs(5),
            protocol: Protocol::Binary,
            pid: Some(42),
            ..plan
        };
        assert_eq!(parse(line).unwrap(), Request::Measure(other));
        assert_eq!(parse("--sockets 3 --help").unwrap(), Request::Help);
        let Request::Attack(plan) = parse("attacks --url ws://127.0.0.1:7070 --seconds 5").unwrap() else {
            panic!()
        };
        assert_eq!((plan.sockets, plan.window), (20_000, Duration::from_secs(5)));
    }

    #[test]
    fn says_what_is_wrong() {
        for (line, reason) in [
            ("", "--url lacks its value"),
            ("--url", "--url lacks its value"),
            ("--sokets 5", "unknown argument \"--sokets\""),
            ("--sockets 20001", "from 1 to 20000"),
            ("--sockets 0", "from 1 to 20000"),
            ("--seconds ten", "from 1 to 600"),
            ("--seconds 601", "from 1 to 600"),
            ("--protocol json", "unknown protocol \"json\""),
            ("--url ws://127.0.0.1:1 --sockets 5 --slow 6", "--slow 6 is more than --sockets 5"),
            ("--url ws://192.0.2.1:1", "this machine itself"),
        ] {
            let message = parse(line).unwrap_err().to_string();
            assert!(message.contains(reason), "{line}: {message}");
        }
    }
}
