//! Shared parts of the probes of remote servers: limits, backoff and details.

mod backoff;
mod details;
pub(crate) mod notes;
mod ratio;
mod uptime;

pub(crate) use backoff::Backoff;
pub use details::Details;
pub(crate) use notes::Notes;
pub(crate) use ratio::HitRatio;
pub(crate) use uptime::Uptime;

use crate::Probe;
use std::fmt;
use std::time::Duration;

/// Time limit of a round with a server, including connecting. Shorter than [`PROBE_TIMEOUT`], so that a hanging server is
/// distinguished from a hanging probe.
pub(crate) const ROUND_TIMEOUT: Duration = Duration::from_millis(2500);

/// Time after which a probe's thread counts as hanging. Name resolution can exceed [`ROUND_TIMEOUT`], because it cannot be
/// interrupted.
pub(crate) const PROBE_TIMEOUT: Duration = Duration::from_secs(3);

/// Maximum bytes received from a server in one round.
pub(crate) const MAX_RESPONSE_BYTES: usize = 4 << 20;

/// Maximum number of databases measured per server.
pub(crate) const MAX_DATABASES: usize = 50;

/// Maximum number of replicas measured per server.
pub(crate) const MAX_REPLICAS: usize = 20;

/// Maximum number of entries of a displayed list.
pub(crate) const MAX_DETAIL_ROWS: usize = 20;

/// Monitored server.
pub struct MonitoredTarget<T> {
    /// Value of the label `instance`. Contains no secrets.
    pub instance: String,
    /// Background probe of the server.
    pub probe: Box<dyn Probe>,
    /// Latest details of the server.
    pub details: Details<T>,
}

impl<T> fmt::Debug for MonitoredTarget<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watched").field("instance", &self.instance).finish_non_exhaustive()
    }
}
