//! System API: `/api/admin/system/…`, with the alias `/api/core/admin/system/…`.

mod alerts;
mod health;
mod history;
mod history_page;
mod history_range;
mod metrics;
mod row_limits;

/// Handlers and their generated path types, for the OpenAPI document.
pub(crate) use self::{alerts::*, health::*, history::*, metrics::*};
