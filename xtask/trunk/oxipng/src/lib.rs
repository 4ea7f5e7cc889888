//! The part of `oxipng` that Trunk calls, without the minifying.

use std::convert::Infallible;

/// How to minify; nothing to choose.
#[derive(Debug)]
pub struct Options;

impl Options {
    /// The same for every level.
    pub fn from_preset(_: u8) -> Self {
        Self
    }
}

/// The picture as it is.
///
/// # Errors
/// None.
pub fn optimize_from_memory(picture: &[u8], _: &Options) -> Result<Vec<u8>, Infallible> {
    Ok(picture.to_owned())
}
