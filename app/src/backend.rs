//! What the pages ask of the server that renders them.

use crate::api::{Alerts, Bound, History, Services, Snapshot};
use std::sync::Arc;

/// The server's side of the server functions. Provided as a context while a page is rendered or a function called.
pub trait Backend: Send + Sync {
    /// Everything a page shows before its live connection is there. `rows` bounds the detail of its small charts.
    fn snapshot(&self, window_seconds: u32, rows: u32) -> Snapshot;

    /// The readings of the last `window_seconds`, in at most `rows` rows.
    ///
    /// # Errors
    /// A sentence for people, when the question cannot be answered.
    fn history(&self, window_seconds: u32, rows: u32) -> Result<History, String>;

    /// What is wrong, and what was in the last `window_seconds`. Must not take longer than a look into memory.
    fn alerts(&self, window_seconds: u32) -> Alerts;

    /// What is known of the servers that are watched, beyond numbers. Must not take longer than a look into memory.
    fn services(&self) -> Services;

    /// The lists and forms of a page as HTML: of `/alerts`, as `query` (the part behind the question mark) asks for them.
    ///
    /// # Errors
    /// A sentence for people, when there is no such page or view.
    fn fragment(&self, path: &str, query: &str) -> Result<String, String>;
}

/// The backend of the request that is being answered.
pub(crate) fn backend() -> Result<Arc<dyn Backend>, leptos::prelude::ServerFnError> {
    leptos::prelude::use_context::<Arc<dyn Backend>>().ok_or_else(|| {
        leptos::prelude::ServerFnError::new("the server provided no data source for its pages")
    })
}

impl Bound {
    /// `value`, if it lies within.
    pub(crate) fn check(&self, value: u32) -> Result<u32, leptos::prelude::ServerFnError> {
        if (self.least..=self.most).contains(&value) {
            return Ok(value);
        }
        let Self { name, least, most } = self;
        let message = format!("{name} is {value}: it must be from {least} to {most}");
        Err(leptos::prelude::ServerFnError::Args(message))
    }
}
