//! What the probes of other servers share: reaching one in time, keeping its secrets, and being patient with it.

pub(crate) mod address;
mod backoff;
pub(crate) mod deadline;
mod details;
pub(crate) mod notes;
mod ratio;
mod secret;
pub(crate) mod target_error;
#[cfg(feature = "tls")]
pub(crate) mod tls;

pub(crate) use address::{Address, Channel, Socket};
pub(crate) use backoff::Backoff;
pub(crate) use deadline::Deadline;
pub use details::Details;
pub(crate) use notes::Notes;
pub(crate) use ratio::HitRatio;
pub(crate) use secret::Secret;
pub use target_error::TargetError;

use crate::Probe;
use std::fmt;
use std::time::Duration;

/// The time that one round with a server may take, connecting included. Shorter than [`DEADLINE`], so that a
/// server that hangs is told from a probe that does.
pub(crate) const ROUND: Duration = Duration::from_millis(2500);

/// The time after which a probe's thread counts as hanging. Finding the address of a host can take longer
/// than [`ROUND`], for the system offers no way to end it sooner.
pub(crate) const DEADLINE: Duration = Duration::from_secs(3);

/// The most bytes that are taken from a server in one round.
pub(crate) const MOST_BYTES: usize = 4 << 20;

/// The most databases of a server that are measured.
pub(crate) const MOST_DATABASES: usize = 50;

/// The most replicas of a server that are measured.
pub(crate) const MOST_REPLICAS: usize = 20;

/// The most entries of a list for people.
pub(crate) const MOST_DETAILS: usize = 20;

/// A server that is watched.
pub struct Watched<T> {
    /// Which server, as the label `instance` has it. Free of secrets.
    pub instance: String,
    /// The probe, which runs in a thread of its own.
    pub probe: Box<dyn Probe>,
    /// What is known of the server beyond numbers, always the newest.
    pub details: Details<T>,
}

impl<T> fmt::Debug for Watched<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watched").field("instance", &self.instance).finish_non_exhaustive()
    }
}

/// The text of a server, fit for people: on one line, and no longer than `most` characters.
pub(crate) fn one_line(text: &str, most: usize) -> String {
    let mut line = String::new();
    let mut count = 0;
    for word in text.split(|character: char| character.is_whitespace() || character.is_control()) {
        if word.is_empty() {
            continue;
        }
        for character in (!line.is_empty()).then_some(' ').into_iter().chain(word.chars()) {
            if count == most {
                // What was cut off is said to be.
                line.pop();
                line.push('…');
                return line;
            }
            line.push(character);
            count += 1;
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_servers_are_put_on_one_line_and_cut() {
        for (text, most, expected) in [
            ("", 5, ""),
            ("  a \r\n\t b\u{1b} c ", 10, "a b c"),
            ("abcde", 5, "abcde"),
            ("abcdef", 5, "abcd…"),
            ("äöü äöü", 4, "äöü…"),
            ("abc", 0, "…"),
        ] {
            assert_eq!(one_line(text, most), expected, "{text:?}");
        }
    }
}
