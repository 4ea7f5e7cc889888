//! What the pages ask of the server that renders them.

use crate::api::{Alerts, Bound, History, Services, Snapshot, Stretch, WINDOW};
use leptos::prelude::ServerFnError;
use std::sync::Arc;
use watchglass_model::Timestamp;

/// The server's side of the server functions. Provided as a context while a page is rendered or a function called.
pub trait Backend: Send + Sync {
    /// Everything a page shows before its live connection is there. `rows` bounds the detail of its small charts, of which
    /// as much is told as `detail` says.
    fn snapshot(&self, stretch: Stretch, rows: u32, detail: u32) -> Snapshot;

    /// The readings of a stretch of time, in at most `rows` rows; of each series as much as `detail` says. Where it began
    /// before what is kept, or has not ended yet, there are fewer.
    ///
    /// # Errors
    /// A sentence for people, when the question cannot be answered.
    fn history(&self, stretch: Stretch, rows: u32, detail: u32) -> Result<History, String>;

    /// What is wrong, and what was in a stretch of time. Must not take longer than a look into memory.
    fn alerts(&self, stretch: Stretch) -> Alerts;

    /// What is known of the servers that are watched, beyond numbers. Must not take longer than a look into memory.
    fn services(&self) -> Services;
}

/// Makes lists and forms for whoever asks. Provided as a context while a page is rendered.
pub trait Lists: Send + Sync {
    /// The lists and forms of a page as HTML: of `/alerts`, as `query` (the part behind the question mark) asks for them.
    ///
    /// # Errors
    /// A sentence for people, when there is no such page or view.
    fn fragment(&self, path: &str, query: &str) -> Result<String, String>;
}

/// The backend of the request that is being answered.
pub(crate) fn backend() -> Result<Arc<dyn Backend>, ServerFnError> {
    leptos::prelude::use_context::<Arc<dyn Backend>>()
        .ok_or_else(|| ServerFnError::new("the server provided no data source for its pages"))
}

impl Bound {
    /// `value`, if it lies within.
    pub(crate) fn check(&self, value: u32) -> Result<u32, ServerFnError> {
        if (self.least..=self.most).contains(&value) {
            return Ok(value);
        }
        let Self { name, least, most } = self;
        let message = format!("{name} is {value}: it must be from {least} to {most}");
        Err(ServerFnError::Args(message))
    }
}

/// Moments that are asked for lie between 1970 and the year 2286, in milliseconds.
const LATEST: i64 = 9_999_999_999_999;

impl Stretch {
    /// The stretch of `seconds` that ended at `end`, if that can be.
    pub(crate) fn check(seconds: u32, end: Option<i64>) -> Result<Self, ServerFnError> {
        let seconds = WINDOW.check(seconds)?;
        match end.filter(|end| !(0..=LATEST).contains(end)) {
            None => Ok(Self { seconds, end: end.map(Timestamp::from_millis) }),
            Some(end) => {
                let message = format!("end is {end}: it must be from 0 to {LATEST}, milliseconds since 1970");
                Err(ServerFnError::Args(message))
            }
        }
    }
}
