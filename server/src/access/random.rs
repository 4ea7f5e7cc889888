//! Random bytes of the system, for secrets.

use ring::rand::{SecureRandom, SystemRandom};
use std::io;

/// That many random bytes.
///
/// # Errors
/// The system gives none.
pub(super) fn random<const N: usize>() -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    match SystemRandom::new().fill(&mut bytes) {
        Ok(()) => Ok(bytes),
        Err(_) => Err(io::Error::other("the system gives no random numbers")),
    }
}
