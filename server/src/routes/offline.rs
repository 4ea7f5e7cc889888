//! `GET /api/snapshot.html`: a window of a page as one file.

use super::{ApiError, Shared, bad};
use crate::core::Core;
use crate::ticker;
use app::Backend as _;
use app::api::STATISTICS;
use app::offline::{Fired, ROWS, Saved, offline};
use axum::extract::{RawQuery, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use url::form_urlencoded;
use utoipa::IntoParams;
use watchglass_export::written;
use watchglass_model::Timestamp;

/// The longest question.
const MOST_BYTES: usize = 8192;
/// What the file may do: nothing but look as it does. Saved, it needs no such word.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

/// Which window of which page.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it describes the parameters; they are read as those of the page's own address")]
pub(crate) struct Question {
    /// A page with charts: `/`, `/trends`, `/database`, `/cache`, `/performance` or `/processes`.
    page: Option<String>,
    /// `5m`, `15m`, `1h`, `24h` or `7d`, which end now.
    window: Option<String>,
    /// The beginning of a stretch of the past, in milliseconds since 1970; at most 8 days before its end.
    from: Option<i64>,
    /// Its end.
    to: Option<i64>,
    /// The one section that is shown.
    section: Option<String>,
    /// The lines that are hidden, as the page's address has them.
    hide: Option<String>,
}

/// A window of a page as one HTML file: charts, numbers, alerts and annotations. It has no scripts and fetches nothing.
#[utoipa::path(
    get,
    path = "/api/snapshot.html",
    tag = "system",
    params(Question),
    responses(
        (status = 200, description = "The file", body = String, content_type = "text/html"),
        (status = 400, description = "There is no such page or window", body = super::Failure)
    )
)]
pub(crate) async fn snapshot(
    State(shared): State<Shared>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let query = query.unwrap_or_default();
    if query.len() > MOST_BYTES {
        return Err(bad(format!("the parameters are {} bytes long: at most {MOST_BYTES}", query.len())));
    }
    let fields: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let saved = Saved::parse(&fields).map_err(bad)?;
    let now = ticker::now();
    let html = shared
        .ask(move |core| {
            let snapshot = core.snapshot(saved.stretch(), ROWS, STATISTICS);
            offline(&saved, &snapshot, &fired(core), now, env!("CARGO_PKG_VERSION"))
        })
        .await?;
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
        (CONTENT_DISPOSITION, file_name(now)),
    ];
    Ok((StatusCode::OK, headers, html).into_response())
}

/// All alerts that fire or did, on all servers that share theirs.
fn fired(core: &Core) -> Vec<Fired> {
    let alerts = core.all_active_alerts().into_iter().chain(core.all_past_alerts());
    let fired = alerts.filter_map(|alert| {
        let host = alert.key.labels.get("host").unwrap_or_default();
        let about = [alert.component.as_str(), host].join(" · ");
        Some(Fired {
            severity: alert.severity,
            start: alert.fired?,
            end: alert.resolved,
            text: alert.message,
            about,
        })
    });
    fired.collect()
}

/// `watchglass-2026-11-22T022030Z.html`: a name that every file system takes.
fn file_name(now: Timestamp) -> HeaderValue {
    let moment: String = written(now).chars().take(19).filter(|sign| *sign != ':').collect();
    HeaderValue::from_str(&format!("attachment; filename=\"watchglass-{moment}Z.html\""))
        .unwrap_or(HeaderValue::from_static("attachment"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_named_by_its_moment() {
        let name = file_name(Timestamp::from_millis(1_795_314_030_125));
        assert_eq!(name, "attachment; filename=\"watchglass-2026-11-22T022030Z.html\"");
    }
}
