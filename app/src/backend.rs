//! Data sources that the server provides to the pages.

use crate::api::{Alerts, Bound, History, PageData, RangeQuery, Services, WINDOW};
use leptos::prelude::ServerFnError;
use std::sync::Arc;
use watchglass_model::Timestamp;

/// Data source of the server functions. Provided as a context while a page is rendered or a function is called.
pub trait Backend: Send + Sync {
    /// Everything a page shows before its live connection is open. `rows` limits the resolution of its small charts; for
    /// `detail` see [`DETAIL`](crate::api::DETAIL).
    fn page_data(&self, range: RangeQuery, rows: u32, detail: u32) -> PageData;

    /// The readings of a time range, in at most `rows` rows; for `detail` see [`DETAIL`](crate::api::DETAIL). There are
    /// fewer rows when the range starts before the retention or has not ended yet, and when the reply would be too large.
    ///
    /// # Errors
    /// A message for the user when the query fails.
    fn history(&self, range: RangeQuery, rows: u32, detail: u32) -> Result<History, String>;

    /// Alerts, thresholds and annotations of a time range. Reads memory only.
    fn alerts(&self, range: RangeQuery) -> Alerts;

    /// Details of the monitored databases that are not metrics. Reads memory only.
    fn services(&self) -> Services;
}

/// Renderer of lists and forms for the current user. Provided as a context while a page is rendered.
pub trait FragmentRenderer: Send + Sync {
    /// Lists and forms of a page such as `/alerts` as HTML. `query` is the part of the URL after the question mark.
    ///
    /// # Errors
    /// There is no such page or view, a parameter is invalid, or the user lacks the permission.
    fn fragment(&self, path: &str, query: &str) -> Result<String, FragmentFailure>;
}

/// Why a fragment cannot be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FragmentFailure {
    /// HTTP status.
    pub status: u16,
    /// Message for the user.
    pub message: String,
}

/// The backend of the current request.
pub(crate) fn backend() -> Result<Arc<dyn Backend>, ServerFnError> {
    leptos::prelude::use_context::<Arc<dyn Backend>>()
        .ok_or_else(|| ServerFnError::new("the server provided no data source for its pages"))
}

impl Bound {
    /// `value`, if it is within the limits.
    pub(crate) fn check(&self, value: u32) -> Result<u32, ServerFnError> {
        if (self.min..=self.max).contains(&value) {
            return Ok(value);
        }
        let Self { name, min: least, max: most } = self;
        let message = format!("{name} is {value}: it must be from {least} to {most}");
        Err(ServerFnError::Args(message))
    }
}

/// Latest end of a time range, in milliseconds since the Unix epoch: the year 2286.
const MAX_END_MILLIS: i64 = 9_999_999_999_999;

impl RangeQuery {
    /// The range of `seconds` that ended at `end`, if both are valid.
    pub(crate) fn check(seconds: u32, end: Option<i64>) -> Result<Self, ServerFnError> {
        let seconds = WINDOW.check(seconds)?;
        match end.filter(|end| !(0..=MAX_END_MILLIS).contains(end)) {
            None => Ok(Self { seconds, end: end.map(Timestamp::from_millis) }),
            Some(end) => {
                let message =
                    format!("end is {end}: it must be from 0 to {MAX_END_MILLIS}, milliseconds since 1970");
                Err(ServerFnError::Args(message))
            }
        }
    }
}
