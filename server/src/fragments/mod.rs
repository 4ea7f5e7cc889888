//! Pages of lists and forms: fills them from the core, and does what their forms ask for.

use crate::core::Core;
use thiserror::Error;

/// Why there is no such page.
#[derive(Debug, Error)]
pub(crate) enum FragmentError {
    /// The path is none of a page of lists and forms.
    #[error("There is no page of lists at {0}: there is /alerts")]
    Path(String),
}

/// The page at `path`, as `query` asks for it.
///
/// # Errors
/// There is no such page.
pub(crate) fn page(_: &Core, path: &str, _: &str) -> Result<String, FragmentError> {
    Err(FragmentError::Path(path.chars().take(100).collect()))
}
