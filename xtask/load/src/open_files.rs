//! Limit of open files, and so of sockets.

use crate::error::LoadError;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Files besides the sockets: standard streams, the runtime's own, `/proc`.
const OTHERS: u64 = 64;

/// Raises the limit of open files for `sockets`, or returns how many it allows: a number that nobody has asked for is no
/// reason to fail.
///
/// # Errors
/// [`LoadError::OpenFiles`]: the limit does not allow a single one.
pub(crate) fn allow_up_to(sockets: usize) -> Result<usize, LoadError> {
    match allow(sockets) {
        Ok(()) => Ok(sockets),
        Err(LoadError::OpenFiles { allowed, .. }) if allowed > OTHERS => {
            let fewer = usize::try_from(allowed - OTHERS).unwrap_or(sockets);
            allow(fewer).map(|()| fewer)
        }
        Err(error) => Err(error),
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fewer_sockets_are_used_where_files_are_limited() {
        let limit = getrlimit(Resource::Nofile);
        assert_eq!(allow_up_to(1).unwrap(), 1);
        // Beyond any limit of a kernel, so that the result is what is allowed.
        let most = allow_up_to(usize::MAX / 4).unwrap() as u64;
        assert_eq!(Some(most + OTHERS), limit.maximum.or(Some(most + OTHERS)));
        let raised = getrlimit(Resource::Nofile).current;
        assert!(raised.is_none_or(|current| current >= most + OTHERS), "{raised:?} {most}");
    }
}
