//! The REST API of the system: `/api/admin/system/…`, and the same below `/api/core/admin/system/…`.

mod alerts;
mod health;
mod history;
mod metrics;
mod rows;

use super::Shared;
use axum::Router;
use axum::routing::get;

/// The folders below which the API lies: the second is what older clients know.
const BASES: [&str; 2] = ["/api/admin/system", "/api/core/admin/system"];

/// The routes. Each answers with and without a slash at its end.
pub(super) fn routes() -> Router<Shared> {
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

/// What the description of the API is made from: the handlers, and what their annotations wrote beside them.
pub(super) use self::{alerts::*, health::*, history::*, metrics::*};
