//! What the probes of other servers share: their limits, patience with a server, and what is known of it beyond numbers.

mod backoff;
mod details;
pub(crate) mod notes;
mod ratio;

pub(crate) use backoff::Backoff;
pub use details::Details;
pub(crate) use notes::Notes;
pub(crate) use ratio::HitRatio;

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
