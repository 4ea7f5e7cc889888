//! Pages of databases and caches: the fragment at a path, from the latest details.

use super::FragmentError;
use crate::app_state::AppState;
use watchglass_pages::services::{
    CACHES, DATABASES, ListQuery, ServicesSnapshot, render_lists, render_states,
};

/// Fragment at `path`; `None` if it belongs to another page.
///
/// # Errors
/// Invalid parameter.
pub(super) fn page(state: &AppState, path: &str, query: &str) -> Result<Option<String>, FragmentError> {
    let Some(kind) =
        [&DATABASES, &CACHES].into_iter().find(|kind| kind.path == path || kind.lists_path == path)
    else {
        return Ok(None);
    };
    let known = ServicesSnapshot {
        services: state.targets.latest_details(),
        problems: state.metrics.problems(),
        skipped: state.metrics.skipped(),
        now: state.metrics.last_collected(),
    };
    if path == kind.path {
        return Ok(Some(render_states(kind, &known)));
    }
    let order = ListQuery::parse(query)?;
    render_lists(kind, &known, &order).map(Some).map_err(FragmentError::InvalidParameter)
}
