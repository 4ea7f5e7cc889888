//! Search of the entries that the user may see.

mod index;

use super::FragmentError;
use crate::web::PageContext;
use watchglass_pages::search::{SearchResults, find, parse_query};

/// Path of the page, and below `/api/fragment` of the result list alone.
pub(crate) const SEARCH_PATH: &str = "/search";
/// Former path of the result list, requested by pages that were loaded before an update.
pub(super) const FORMER_SEARCH_PATH: &str = "/find";
/// Results of `query`. Without `has_program` (scripts), actions that need scripts are left out.
///
/// # Errors
/// The query is too long.
pub(super) fn search(
    context: &PageContext,
    query: &str,
    has_program: bool,
) -> Result<SearchResults, FragmentError> {
    let asked = parse_query(query)?;
    Ok(find(&asked, index::entries(context, has_program)))
}
