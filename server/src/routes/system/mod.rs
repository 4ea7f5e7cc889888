//! System API: `/api/admin/system/…`, with the alias `/api/core/admin/system/…`.

mod alerts;
mod health;
mod history;
mod metrics;
mod row_limits;

use crate::app_state::AppState;
use axum::Router;
use axum::routing::get;

/// Base paths; the second is the alias for older clients.
const BASES: [&str; 2] = ["/api/admin/system", "/api/core/admin/system"];

/// Routes, each with and without a trailing slash.
pub(super) fn routes() -> Router<AppState> {
    let mut router = Router::new();
    for base in BASES {
        for slash in ["/", ""] {
            router = router
                .route(&format!("{base}/metrics{slash}"), get(metrics::system_metrics))
                .route(&format!("{base}/health{slash}"), get(health::system_health))
                .route(&format!("{base}/alerts{slash}"), get(alerts::system_alerts))
                .route(&format!("{base}/history{slash}"), get(history::system_history));
        }
    }
    router
}

/// Handlers and their generated path types, for the OpenAPI document.
pub(super) use self::{alerts::*, health::*, history::*, metrics::*};
