//! Random bytes from the operating system, for secrets.

use ring::rand::{SecureRandom, SystemRandom};
use std::io;

/// `N` random bytes.
///
/// # Errors
/// The operating system provides none.
pub(super) fn random<const N: usize>() -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    match SystemRandom::new().fill(&mut bytes) {
        Ok(()) => Ok(bytes),
        Err(_) => Err(io::Error::other("no random numbers available from the operating system")),
    }
}
