//! Limit of open files, and so of sockets.

use crate::error::LoadError;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Files besides the sockets: standard streams, the runtime's own, `/proc`.
const OTHERS: u64 = 64;

/// Raises the limit of open files if `sockets` need more. Only root can go beyond the hard limit.
///
/// # Errors
/// [`LoadError::OpenFiles`].
pub(crate) fn allow(sockets: usize) -> Result<(), LoadError> {
    let needed = sockets as u64 + OTHERS;
    let limit = getrlimit(Resource::Nofile);
    // `None` is no limit.
    let allowed = limit.current.unwrap_or(u64::MAX);
    if allowed >= needed {
        return Ok(());
    }
    let hard = limit.maximum.map(|maximum| maximum.max(needed));
    setrlimit(Resource::Nofile, Rlimit { current: Some(needed), maximum: hard })
        .map_err(|_| LoadError::OpenFiles { needed, allowed: limit.maximum.unwrap_or(allowed) })
}
