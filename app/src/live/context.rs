//! Shared state of a page: the store, and signals for changes in it.

use crate::live::{ConnectionStatus, LiveStore, Window};
use leptos::prelude::*;

/// Handles to the live data of a page. Access signals with `try_` methods: sockets and timers may outlive the signals.
#[derive(Clone, Copy)]
pub(crate) struct Live {
    /// The data; not reactive.
    pub(crate) store: StoredValue<LiveStore>,
    /// Increases with every change of values.
    pub(crate) values_changed: RwSignal<u64>,
    /// Increases when charts must be redrawn.
    pub(crate) charts_changed: RwSignal<u64>,
    /// Increases when series, problems or alerts have changed.
    pub(crate) series_changed: RwSignal<u64>,
    /// Whether the initial data is loaded; the history is fetched only then.
    pub(crate) loaded: RwSignal<bool>,
    /// Status of the connection.
    pub(crate) status: RwSignal<ConnectionStatus>,
    /// Time window of the charts.
    pub(crate) window: RwSignal<Window>,
    /// Level of detail; see [`crate::api::DETAIL`].
    pub(crate) detail: RwSignal<u32>,
    /// Whether the charts are paused. Values stay live.
    pub(crate) paused: RwSignal<bool>,
    /// Time at which the cursor is pinned, in milliseconds since the Unix epoch.
    pub(crate) pinned: RwSignal<Option<i64>>,
    /// Time of the cursor on all charts, in milliseconds since the Unix epoch.
    pub(crate) cursor: RwSignal<Option<i64>>,
    /// Increases when an alert has fired, changed or been resolved.
    #[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "only the browser receives updates"))]
    pub(crate) alerts_changed: RwSignal<u32>,
    /// Number of firing alerts; `None` when there are none or the number is unknown.
    pub(crate) firing: RwSignal<Option<usize>>,
    /// Whether the server is of another build than this page.
    pub(crate) outdated: RwSignal<bool>,
    /// Increases when the colours of the page have changed.
    #[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "only canvases read the colours"))]
    pub(crate) theme_changed: RwSignal<u32>,
    /// Offset of the user's time zone from UTC, in minutes; `None` until hydration.
    pub(crate) utc_offset: RwSignal<Option<i32>>,
    /// Explanations of panels that the server has not rendered; see [`crate::chart::fetch_meanings`].
    #[cfg(feature = "hydrate")]
    pub(crate) meanings: RwSignal<String>,
    /// Changes the URL.
    #[cfg(feature = "hydrate")]
    pub(crate) navigate: StoredValue<Option<super::url_state::Navigate>, LocalStorage>,
    /// Query strings before each zoom or pan, latest last.
    #[cfg(feature = "hydrate")]
    pub(crate) back_stack: StoredValue<Vec<String>>,
}

impl Live {
    /// Empty and disconnected.
    pub(crate) fn new() -> Self {
        Self {
            store: StoredValue::new(LiveStore::default()),
            values_changed: RwSignal::new(0),
            charts_changed: RwSignal::new(0),
            series_changed: RwSignal::new(0),
            loaded: RwSignal::new(false),
            status: RwSignal::new(ConnectionStatus::Snapshot),
            window: RwSignal::new(Window::default()),
            detail: RwSignal::new(0),
            paused: RwSignal::new(false),
            pinned: RwSignal::new(None),
            cursor: RwSignal::new(None),
            alerts_changed: RwSignal::new(0),
            firing: RwSignal::new(None),
            outdated: RwSignal::new(false),
            theme_changed: RwSignal::new(0),
            utc_offset: RwSignal::new(None),
            #[cfg(feature = "hydrate")]
            meanings: RwSignal::new(String::new()),
            #[cfg(feature = "hydrate")]
            navigate: StoredValue::new_local(None),
            #[cfg(feature = "hydrate")]
            back_stack: StoredValue::new(Vec::new()),
        }
    }

    /// Reads the store, and again whenever values have changed.
    pub(crate) fn read<T>(self, read: impl FnOnce(&LiveStore) -> T) -> Option<T> {
        self.values_changed.try_get()?;
        self.store.try_with_value(read)
    }

    /// Changes the store and notifies subscribers of values; also of charts if `change` returns true.
    #[cfg(feature = "hydrate")]
    pub(crate) fn update(self, change: impl FnOnce(&mut LiveStore) -> bool) {
        if let Some(redraws) = self.store.try_update_value(change) {
            let _ = self.values_changed.try_update(|count| *count += 1);
            if redraws {
                let _ = self.charts_changed.try_update(|count| *count += 1);
            }
        }
    }

    /// Whether a live frame changes the charts. `is_new_row`: it starts a new row; trends move only then.
    #[cfg(feature = "hydrate")]
    pub(crate) fn redraws_charts(self, store: &LiveStore, is_new_row: bool) -> bool {
        let get = || {
            let window = self.window.try_get_untracked()?;
            let is_trend = self.detail.try_get_untracked()? > 0 || window.seconds() > 3600;
            Some(window.end().is_none() && !store.is_frozen() && (is_new_row || !is_trend))
        };
        get().unwrap_or(false)
    }
}

/// The live data of the current page.
pub(crate) fn use_live() -> Live {
    use_context().unwrap_or_else(Live::new)
}
