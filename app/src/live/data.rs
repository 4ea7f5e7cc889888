//! Data of a page: the store, and signals for changes in it.

use crate::live::LiveStore;
use leptos::prelude::*;

/// Handles to the data of a page. Access signals with `try_` methods: sockets and timers may outlive the signals.
#[derive(Clone, Copy)]
pub(crate) struct LiveData {
    /// The data; not reactive.
    pub(crate) store: StoredValue<LiveStore>,
    /// Whether the initial data is loaded; the history is fetched only then.
    pub(crate) loaded: RwSignal<bool>,
    /// Increases with every change of values.
    values_changed: RwSignal<u64>,
    /// Increases when charts must be redrawn.
    pub(crate) charts_changed: RwSignal<u64>,
    /// Increases when series, problems or alerts have changed.
    pub(crate) series_changed: RwSignal<u64>,
    /// Increases when an alert has fired, changed or been resolved.
    #[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "only the browser receives updates"))]
    pub(crate) alerts_changed: RwSignal<u32>,
    /// Number of firing alerts that nobody handles; `None` when there are none or the number is unknown.
    pub(crate) firing: RwSignal<Option<usize>>,
    /// Increases when the store may have a gap: the history is fetched again. 0 until the first connection.
    #[cfg(feature = "hydrate")]
    pub(crate) history_requests: RwSignal<u32>,
    /// Explanations of panels that the server has not rendered; see [`crate::chart::fetch_meanings`].
    #[cfg(feature = "hydrate")]
    pub(crate) meanings: RwSignal<String>,
}

impl LiveData {
    /// No data.
    pub(super) fn new() -> Self {
        Self {
            store: StoredValue::new(LiveStore::default()),
            loaded: RwSignal::new(false),
            values_changed: RwSignal::new(0),
            charts_changed: RwSignal::new(0),
            series_changed: RwSignal::new(0),
            alerts_changed: RwSignal::new(0),
            firing: RwSignal::new(None),
            #[cfg(feature = "hydrate")]
            history_requests: RwSignal::new(0),
            #[cfg(feature = "hydrate")]
            meanings: RwSignal::new(String::new()),
        }
    }

    /// Reads the store, and again whenever values have changed.
    pub(crate) fn read<T>(self, read: impl FnOnce(&LiveStore) -> T) -> Option<T> {
        self.values_changed.try_get()?;
        self.store.try_with_value(read)
    }
}

#[cfg(feature = "hydrate")]
impl LiveData {
    /// Changes the store and notifies subscribers of values; also of charts if `change` returns true.
    pub(crate) fn update(self, change: impl FnOnce(&mut LiveStore) -> bool) {
        if let Some(redraws) = self.store.try_update_value(change) {
            let _ = self.values_changed.try_update(|count| *count += 1);
            if redraws {
                self.redraw_charts();
            }
        }
    }

    /// Notifies subscribers of charts.
    pub(crate) fn redraw_charts(self) {
        let _ = self.charts_changed.try_update(|count| *count += 1);
    }

    /// Notifies subscribers of series, problems and alerts.
    pub(super) fn notify_series(self) {
        let _ = self.series_changed.try_update(|count| *count += 1);
    }

    /// Fetches the alerts again, and the fragments that show them.
    pub(super) fn refresh_alerts(self) {
        let _ = self.alerts_changed.try_update(|count| *count += 1);
    }

    /// Fetches the history again.
    pub(super) fn refresh_history(self) {
        let _ = self.history_requests.try_update(|count| *count += 1);
    }
}

/// The data of the current page.
pub(crate) fn use_live_data() -> LiveData {
    use_context().unwrap_or_else(LiveData::new)
}
