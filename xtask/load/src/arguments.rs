//! Command line of the load generator.

use crate::error::LoadError;
use crate::frame::Protocol;
use crate::target::Target;
use clap::{Parser, ValueEnum, value_parser};
use std::time::Duration;

/// Load generator for the live WebSocket connections of a server on this machine.
///
/// An access token in the environment variable WATCHGLASS_TOKEN is sent with each connection, and one with the role ingest in
/// WATCHGLASS_INGEST_TOKEN with the reports of the ingest flood.
#[derive(Clone, Debug, Parser, PartialEq, Eq)]
#[command(name = "watchglass-load", args_override_self = true)]
pub(crate) struct Arguments {
    /// What to run
    #[arg(value_enum, default_value_t = Mode::Connections)]
    pub(crate) mode: Mode,
    /// The server: ws://127.0.0.1:PORT/ws/live, loopback addresses only
    #[arg(long, value_parser = Target::parse)]
    pub(crate) url: Target,
    /// Number of connections, at most 20000 [default: 1000, attacks: 20000, or as many as open files are allowed]
    #[arg(long, value_name = "N", value_parser = value_parser!(u16).range(1..=20_000))]
    sockets: Option<u16>,
    /// Seconds of the measurement after all connections are open, or of each attack
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = value_parser!(u16).range(1..=600))]
    seconds: u16,
    /// Connections to open per second
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = value_parser!(u16).range(1..=5000))]
    pub(crate) ramp: u16,
    /// WebSocket subprotocol
    #[arg(long, value_enum, default_value_t = Protocol::Json)]
    pub(crate) protocol: Protocol,
    /// Number of connections that never read after their handshake
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = value_parser!(u16).range(0..=20_000))]
    slow: u16,
    /// Process id of the server, to report its memory and CPU usage
    #[arg(long, value_parser = value_parser!(u32).range(1..=i64::from(i32::MAX)))]
    pub(crate) pid: Option<u32>,
}

/// What to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Mode {
    /// Open connections and measure latency and lost frames
    Connections,
    /// Run each kind of attack and measure the delay of the live tick
    Attacks,
}

impl Arguments {
    /// Checks what concerns more than one argument.
    ///
    /// # Errors
    /// [`LoadError::TooManySlow`].
    pub(crate) fn validate(self) -> Result<Self, LoadError> {
        let (slow, sockets) = (self.slow(), self.sockets());
        if slow > sockets { Err(LoadError::TooManySlow { slow, sockets }) } else { Ok(self) }
    }

    /// Number of connections.
    pub(crate) fn sockets(&self) -> usize {
        let default = if self.mode == Mode::Attacks { 20_000 } else { 1000 };
        self.sockets.unwrap_or(default).into()
    }

    /// Number of connections if the command line has none.
    pub(crate) fn default_sockets(&self) -> Option<usize> {
        self.sockets.is_none().then(|| self.sockets())
    }

    /// Sets the number of connections, at most 65,535.
    pub(crate) fn set_sockets(&mut self, sockets: usize) {
        self.sockets = Some(u16::try_from(sockets).unwrap_or(u16::MAX));
    }

    /// Number of connections that never read.
    pub(crate) fn slow(&self) -> usize {
        self.slow.into()
    }

    /// Length of the measurement after all connections are open.
    pub(crate) fn window(&self) -> Duration {
        Duration::from_secs(self.seconds.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Arguments, String> {
        let words = std::iter::once("watchglass-load").chain(line.split_whitespace());
        let arguments = Arguments::try_parse_from(words).map_err(|error| error.to_string())?;
        arguments.validate().map_err(|error| error.to_string())
    }

    #[test]
    fn arguments_have_defaults() {
        let arguments = parse("--url ws://127.0.0.1:7070").unwrap();
        assert_eq!(arguments.url, Target::parse("ws://127.0.0.1:7070/ws/live").unwrap());
        assert_eq!(
            (arguments.mode, arguments.protocol, arguments.pid),
            (Mode::Connections, Protocol::Json, None)
        );
        assert_eq!((arguments.sockets(), arguments.slow(), arguments.ramp), (1000, 0, 500));
        assert_eq!(arguments.window(), Duration::from_secs(30));
    }

    #[test]
    fn last_value_of_a_repeated_argument_wins() {
        let line = "--url=ws://127.0.0.1:7070/ws/live --sockets 20 --sockets 10 --slow=2 --ramp 100 --seconds 5 \
                    --protocol watchglass.binary.v1 --pid 42";
        let arguments = parse(line).unwrap();
        assert_eq!((arguments.sockets(), arguments.slow(), arguments.ramp), (10, 2, 100));
        assert_eq!((arguments.protocol, arguments.pid), (Protocol::Binary, Some(42)));
        assert_eq!(arguments.window(), Duration::from_secs(5));
    }

    #[test]
    fn attacks_may_follow_other_arguments() {
        let arguments = parse("--url ws://127.0.0.1:7070 attacks --seconds 5").unwrap();
        assert_eq!((arguments.mode, arguments.sockets()), (Mode::Attacks, 20_000));
    }

    #[test]
    fn errors_name_the_argument() {
        for (line, reason) in [
            ("", "--url"),
            ("--url", "--url"),
            ("--sokets 5", "--sokets"),
            ("--sockets 20001", "1..=20000"),
            ("--sockets 0", "1..=20000"),
            ("--seconds ten", "--seconds"),
            ("--seconds 601", "1..=600"),
            ("--protocol json", "watchglass.json.v1"),
            ("--url ws://127.0.0.1:1 --sockets 5 --slow 6", "--slow 6 is more than --sockets 5"),
            ("--url ws://192.0.2.1:1", "loopback"),
        ] {
            let message = parse(line).unwrap_err();
            assert!(message.contains(reason), "{line}: {message}");
        }
    }
}
