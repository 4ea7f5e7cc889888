//! What all charts of a page show: time window, cursor, pause, and the options in the URL.

use crate::live::{ChartParams, Window};
use leptos::prelude::*;

/// Shared state of all charts of a page. Access it with `try_` methods in timers and sockets.
#[derive(Clone, Copy)]
pub(crate) struct ChartView {
    /// Time window.
    pub(crate) window: RwSignal<Window>,
    /// Level of detail; see [`crate::api::DETAIL`].
    pub(crate) detail: RwSignal<u32>,
    /// Hidden lines, axis options and other parameters of the URL.
    pub(crate) params: RwSignal<ChartParams>,
    /// Whether the charts are paused. Values stay live.
    pub(crate) paused: RwSignal<bool>,
    /// Time at which the cursor is pinned, in milliseconds since the Unix epoch.
    pub(crate) pinned: RwSignal<Option<i64>>,
    /// Time of the cursor on all charts, in milliseconds since the Unix epoch.
    pub(crate) cursor: RwSignal<Option<i64>>,
    /// Changes the URL.
    #[cfg(feature = "hydrate")]
    pub(super) navigate: StoredValue<Option<super::navigation::Navigate>, LocalStorage>,
    /// Query strings before each zoom or pan, latest last.
    #[cfg(feature = "hydrate")]
    pub(super) back_stack: StoredValue<Vec<String>>,
}

impl ChartView {
    /// The default window, without a cursor.
    pub(super) fn new() -> Self {
        Self {
            window: RwSignal::new(Window::default()),
            detail: RwSignal::new(0),
            params: RwSignal::new(ChartParams::default()),
            paused: RwSignal::new(false),
            pinned: RwSignal::new(None),
            cursor: RwSignal::new(None),
            #[cfg(feature = "hydrate")]
            navigate: StoredValue::new_local(None),
            #[cfg(feature = "hydrate")]
            back_stack: StoredValue::new(Vec::new()),
        }
    }
}

/// What the charts of the current page show.
pub(crate) fn use_chart_view() -> ChartView {
    use_context().unwrap_or_else(ChartView::new)
}
