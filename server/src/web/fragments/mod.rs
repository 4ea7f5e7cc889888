//! Server side of the HTML fragments: view models from the application state, and the form actions.
//!
//! - Views of `/alerts`, named by the parsed URL: active and past alerts, rules, silences, channels, deliveries and heartbeats. Their form
//!   actions are the only code here that changes anything.
//! - Parser of the silence form; `watchglass_pages` has the other parsers of URLs and form input.
//! - Fragments above live charts: overview, trends, performance, processes, databases and caches.
//! - Notes about values that sources leave out, on all pages with charts.
//! - Views below `/settings`: settings, account, users, tokens, sessions and audit log, with their form actions.
//! - Search: an index of pages, charts, instances and actions.

mod alerts;
mod form;
mod overview;
mod performance;
mod process_rows;
mod processes;
mod search;
mod services;
mod settings;
mod skipped_values;
mod snapshot_link;
mod trends;

pub(crate) use alerts::{run_action, run_preview};
pub(crate) use form::FormResponse;
use search::FORMER_SEARCH_PATH;
pub(crate) use search::SEARCH_PATH;
pub(crate) use settings::run_settings_action;
pub(crate) use watchglass_pages::alerts::{PATH as ALERTS_PATH, PREVIEW_PATH};
pub(crate) use watchglass_pages::settings::PATH as SETTINGS_PATH;

use super::PageContext;
use alerts::AlertsOutcome;
use axum::http::StatusCode;
use settings::{AuditLogQuery, SettingsOutcome};
use thiserror::Error;
use watchglass_pages::alerts::AlertsView;
use watchglass_pages::overview::Overview;
use watchglass_pages::settings::SettingsTab;
use watchglass_pages::ui::UrlError;

/// Head of the overview, which is not a page of its own.
const OVERVIEW_PATH: &str = "/overview";
/// Help texts of the panels, for pages that the client renders.
const PANEL_HELP_PATH: &str = "/meanings";
/// All fragments.
const PATHS: [&str; 12] = [
    ALERTS_PATH,
    OVERVIEW_PATH,
    PANEL_HELP_PATH,
    SEARCH_PATH,
    performance::PATH,
    processes::PATH,
    SETTINGS_PATH,
    trends::PATH,
    "/database",
    "/database-lists",
    "/cache",
    "/cache-lists",
];

/// Why a fragment cannot be rendered.
#[derive(Debug, Error)]
pub(crate) enum FragmentError {
    #[error("Unknown fragment {0}: use one of {paths}", paths = PATHS.join(", "))]
    UnknownPath(String),
    /// Invalid query string.
    #[error(transparent)]
    Url(#[from] UrlError),
    /// The user lacks the permission.
    #[error("This view requires the admin role")]
    Forbidden,
    #[error("Unknown rule {0:?}")]
    UnknownRule(String),
    /// Invalid parameter.
    #[error("{0}")]
    InvalidParameter(String),
}

impl FragmentError {
    /// HTTP status and error code.
    pub(crate) const fn status(&self) -> (StatusCode, &'static str) {
        match self {
            Self::InvalidParameter(_) | Self::Url(UrlError::InvalidParameter(_)) => {
                (StatusCode::BAD_REQUEST, "bad_parameter")
            }
            Self::Forbidden => (StatusCode::FORBIDDEN, "forbidden"),
            Self::Url(_) | Self::UnknownPath(_) | Self::UnknownRule(_) => {
                (StatusCode::NOT_FOUND, "not_found")
            }
        }
    }
}

/// Renders the fragment at `path` with the parameters of `query`. May block on the outbox.
///
/// # Errors
/// Unknown fragment or invalid parameter.
pub(crate) fn page(context: &PageContext, path: &str, query: &str) -> Result<String, FragmentError> {
    Ok(render_fragment(context, path, query)? + &snapshot_link::snapshot_paragraph(path, query))
}

/// Renders the search page, for browsers without scripts.
///
/// # Errors
/// The query is too long.
pub(crate) fn search_page(context: &PageContext, query: &str) -> Result<String, FragmentError> {
    Ok(watchglass_pages::search::render_page(search::search(context, query, false)?))
}

fn render_fragment(context: &PageContext, path: &str, query: &str) -> Result<String, FragmentError> {
    let state = &context.state;
    match path {
        ALERTS_PATH => {
            let (ask, said) = AlertsView::parse(query)?;
            alerts::render(context, &ask, AlertsOutcome { flash: said, ..AlertsOutcome::default() })
        }
        OVERVIEW_PATH => {
            let save = snapshot_link::snapshot_url(path, query);
            let head = overview::overview(state, crate::clock::now());
            Ok(watchglass_pages::overview::render(Overview { snapshot_url: save, ..head }))
        }
        SEARCH_PATH | FORMER_SEARCH_PATH => {
            Ok(watchglass_pages::search::render_results(search::search(context, query, true)?))
        }
        PANEL_HELP_PATH => Ok(watchglass_pages::panels::render_help(state.metrics.catalogue().panels())),
        performance::PATH => {
            Ok(watchglass_pages::performance::render(performance::performance(state, query)?))
        }
        processes::PATH => {
            Ok(watchglass_pages::processes::render(processes::processes(state, &context.actor, query)?))
        }
        trends::PATH => trends::page(state, query),
        SETTINGS_PATH => {
            let (place, said) = SettingsTab::parse(query)?;
            let log = match place {
                SettingsTab::Audit => AuditLogQuery::parse(query)?,
                _ => AuditLogQuery::default(),
            };
            settings::render(
                context,
                place,
                SettingsOutcome { flash: said, audit_query: log, ..SettingsOutcome::default() },
            )
        }
        _ => services::page(state, path, query)?
            .ok_or_else(|| FragmentError::UnknownPath(path.chars().take(100).collect())),
    }
}
