//! Random bytes from the operating system, for secrets.

use super::AccessError;
use ring::rand::{SecureRandom, SystemRandom};
use std::io;
use watchglass_auth::Secret;

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

/// A new secret of a token.
///
/// # Errors
/// No random numbers are available.
pub(crate) fn new_secret() -> Result<Secret, AccessError> {
    Ok(Secret::new(random()?))
}
