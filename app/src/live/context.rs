//! What the parts of a page share: the store, and signals that say what in it has changed.

use crate::live::{LiveStore, Status, Window};
use leptos::prelude::*;

/// Handles to the page's live data. Signals are read with `try_`: sockets and timers outlive what they update.
#[derive(Clone, Copy)]
pub(crate) struct Live {
    /// The data itself; not reactive.
    pub(crate) store: StoredValue<LiveStore>,
    /// Grows with every change of values.
    pub(crate) values: RwSignal<u64>,
    /// Grows when charts have something new to show.
    pub(crate) drawing: RwSignal<u64>,
    /// Grows when series or problems have changed.
    pub(crate) shape: RwSignal<u64>,
    /// Whether the store holds a snapshot; a history is asked for only then.
    pub(crate) loaded: RwSignal<bool>,
    /// The connection.
    pub(crate) status: RwSignal<Status>,
    /// What charts show.
    pub(crate) window: RwSignal<Window>,
    /// How much is told of each series; see [`crate::api::DETAIL`].
    pub(crate) detail: RwSignal<u32>,
    /// Whether the charts stand still while values go on.
    pub(crate) paused: RwSignal<bool>,
    /// The moment that the cursor stays at, in milliseconds since the Unix epoch.
    pub(crate) pinned: RwSignal<Option<i64>>,
    /// The moment that all charts point at, in milliseconds since the Unix epoch.
    pub(crate) cursor: RwSignal<Option<i64>>,
    /// Grows when an alert has begun, has changed, or is over.
    #[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "only in a browser there is news"))]
    pub(crate) alerts_changed: RwSignal<u32>,
    /// How many alerts fire; `None` while there are none or it is not known.
    pub(crate) firing: RwSignal<Option<usize>>,
    /// Whether the server has become another build than this page.
    pub(crate) outdated: RwSignal<bool>,
    /// Grows when the colours of the page have changed.
    #[cfg_attr(
        not(feature = "hydrate"),
        expect(dead_code, reason = "only canvases must be told of colours")
    )]
    pub(crate) theme: RwSignal<u32>,
    /// Minutes that the reader's clock is ahead of UTC; `None` until the page lives.
    pub(crate) utc_offset: RwSignal<Option<i32>>,
    /// What the shapes of charts mean, where the server has not rendered it: see [`crate::parts::ask_for_meanings`].
    #[cfg(feature = "hydrate")]
    pub(crate) meanings: RwSignal<String>,
    /// Changes the address.
    #[cfg(feature = "hydrate")]
    pub(crate) navigate: StoredValue<Option<super::steering::Navigate>, LocalStorage>,
    /// Where one was before one took hold of a chart: the parts of addresses behind their path, the latest last.
    #[cfg(feature = "hydrate")]
    pub(crate) earlier: StoredValue<Vec<String>>,
}

impl Live {
    /// Empty, not connected.
    pub(crate) fn new() -> Self {
        Self {
            store: StoredValue::new(LiveStore::default()),
            values: RwSignal::new(0),
            drawing: RwSignal::new(0),
            shape: RwSignal::new(0),
            loaded: RwSignal::new(false),
            status: RwSignal::new(Status::Snapshot),
            window: RwSignal::new(Window::default()),
            detail: RwSignal::new(0),
            paused: RwSignal::new(false),
            pinned: RwSignal::new(None),
            cursor: RwSignal::new(None),
            alerts_changed: RwSignal::new(0),
            firing: RwSignal::new(None),
            outdated: RwSignal::new(false),
            theme: RwSignal::new(0),
            utc_offset: RwSignal::new(None),
            #[cfg(feature = "hydrate")]
            meanings: RwSignal::new(String::new()),
            #[cfg(feature = "hydrate")]
            navigate: StoredValue::new_local(None),
            #[cfg(feature = "hydrate")]
            earlier: StoredValue::new(Vec::new()),
        }
    }

    /// Reads the store again whenever values have changed.
    pub(crate) fn read<T>(self, read: impl FnOnce(&LiveStore) -> T) -> Option<T> {
        self.values.try_get()?;
        self.store.try_with_value(read)
    }

    /// Changes the store and says that values have changed; what charts show as well, if `change` says so.
    #[cfg(feature = "hydrate")]
    pub(crate) fn update(self, change: impl FnOnce(&mut LiveStore) -> bool) {
        if let Some(is_seen) = self.store.try_update_value(change) {
            let _ = self.values.try_update(|count| *count += 1);
            if is_seen {
                let _ = self.drawing.try_update(|count| *count += 1);
            }
        }
    }

    /// Whether a live frame changes the charts; `is_new_row` says whether it begins a row of theirs. Trends move by rows.
    #[cfg(feature = "hydrate")]
    pub(crate) fn moves(self, store: &LiveStore, is_new_row: bool) -> bool {
        let get = || {
            let window = self.window.try_get_untracked()?;
            let is_trend = self.detail.try_get_untracked()? > 0 || window.seconds() > 3600;
            Some(window.end().is_none() && !store.is_held() && (is_new_row || !is_trend))
        };
        get().unwrap_or(false)
    }
}

/// The live data of this page.
pub(crate) fn use_live() -> Live {
    use_context().unwrap_or_else(Live::new)
}
