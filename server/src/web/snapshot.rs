//! `GET /api/snapshot.html`: snapshot export of a page as one HTML file.

use super::page_backend::PageBackend;
use crate::app_state::AppState;
use crate::clock;
use crate::http::{ApiError, Failure, bad_request, run_blocking};
use crate::query::alerts;
use app::Backend as _;
use app::api::STATISTICS;
use app::snapshot::{FiredAlert, MAX_ROWS, SnapshotRequest, snapshot_html};
use axum::extract::{RawQuery, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use url::form_urlencoded;
use utoipa::IntoParams;
use watchglass_model::Timestamp;
use watchglass_reports::format_rfc3339;

/// Length limit of the query string, in bytes.
const MAX_QUERY_BYTES: usize = 8192;
/// Content security policy: inline styles only. It applies while the file is served, not after it is saved.
const CONTENT_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

/// Query parameters.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documents the parameters, which are parsed like those of the page URL")]
pub(crate) struct SnapshotQuery {
    /// Page with charts: `/`, `/trends`, `/database`, `/cache`, `/performance` or `/processes`.
    page: Option<String>,
    /// Time window that ends now: `5m`, `15m`, `1h`, `24h` or `7d`.
    window: Option<String>,
    /// Start of a fixed time range, in milliseconds since 1970; at most 8 days before `to`.
    from: Option<i64>,
    /// End of a fixed time range, in milliseconds since 1970.
    to: Option<i64>,
    /// Show only this section.
    section: Option<String>,
    /// Hidden series, in the format of the page URL.
    hide: Option<String>,
}

/// Exports a page as one HTML file with charts, values, alerts and annotations. The file has no scripts and loads nothing.
#[utoipa::path(
    get,
    path = "/api/snapshot.html",
    tag = "system",
    params(SnapshotQuery),
    responses(
        (status = 200, description = "The HTML file", body = String, content_type = "text/html"),
        (status = 400, description = "Unknown page or invalid time window", body = Failure)
    )
)]
pub(crate) async fn snapshot(
    State(state): State<AppState>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let query = query.unwrap_or_default();
    if query.len() > MAX_QUERY_BYTES {
        return Err(bad_request(format!(
            "the query string has {} bytes: at most {MAX_QUERY_BYTES}",
            query.len()
        )));
    }
    let fields: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let saved = SnapshotRequest::parse(&fields).map_err(bad_request)?;
    let now = clock::now();
    let html = run_blocking(move || {
        let backend = PageBackend { state, layout: None, has_all_series: false };
        let snapshot = backend.page_data(saved.range(), MAX_ROWS, STATISTICS);
        snapshot_html(&saved, &snapshot, &fired(&backend.state), now, env!("CARGO_PKG_VERSION"))
    })
    .await?;
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_POLICY)),
        (CONTENT_DISPOSITION, file_name(now)),
    ];
    Ok((StatusCode::OK, headers, html).into_response())
}

/// All firing and resolved alerts of all servers in the cluster.
fn fired(state: &AppState) -> Vec<FiredAlert> {
    let alerts = alerts::all_active(&state.rules, &state.notifications)
        .into_iter()
        .chain(alerts::all_resolved(&state.rules, &state.notifications));
    let fired = alerts.filter_map(|alert| {
        let host = alert.key.labels.get("host").unwrap_or_default();
        let about = [alert.component.as_str(), host].join(" · ");
        Some(FiredAlert {
            severity: alert.severity,
            start: alert.fired?,
            end: alert.resolved,
            text: alert.message,
            target: about,
        })
    });
    fired.collect()
}

/// File name such as `watchglass-2026-11-22T022030Z.html`, valid on every file system.
fn file_name(now: Timestamp) -> HeaderValue {
    let time: String = format_rfc3339(now).chars().take(19).filter(|character| *character != ':').collect();
    HeaderValue::from_str(&format!("attachment; filename=\"watchglass-{time}Z.html\""))
        .unwrap_or(HeaderValue::from_static("attachment"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_name_has_the_time() {
        let name = file_name(Timestamp::from_millis(1_795_314_030_125));
        assert_eq!(name, "attachment; filename=\"watchglass-2026-11-22T022030Z.html\"");
    }
}
