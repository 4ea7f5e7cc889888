//! What the parts of a page share: the store, and signals that say what in it has changed.

use crate::live::{LiveStore, Status};
use leptos::prelude::*;

/// How far back live charts look. Part of the page's address: `?window=15m`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) enum Window {
    /// Five minutes.
    #[default]
    FiveMinutes,
    /// A quarter of an hour.
    QuarterHour,
    /// An hour.
    Hour,
}

impl Window {
    /// All there are.
    pub(crate) const ALL: [Self; 3] = [Self::FiveMinutes, Self::QuarterHour, Self::Hour];

    /// As the address has it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::FiveMinutes => "5m",
            Self::QuarterHour => "15m",
            Self::Hour => "1h",
        }
    }

    /// In words, for those who hear the page.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::FiveMinutes => "the last 5 minutes",
            Self::QuarterHour => "the last 15 minutes",
            Self::Hour => "the last hour",
        }
    }

    /// Its length.
    pub(crate) fn seconds(self) -> u32 {
        match self {
            Self::FiveMinutes => 300,
            Self::QuarterHour => 900,
            Self::Hour => 3600,
        }
    }

    /// The window that an address names; the default where it names none that there is.
    pub(crate) fn from_name(name: Option<&str>) -> Self {
        Self::ALL.into_iter().find(|window| Some(window.name()) == name).unwrap_or_default()
    }
}

/// Handles to the page's live data. Signals are read with `try_`: sockets and timers outlive what they update.
#[derive(Clone, Copy)]
pub(crate) struct Live {
    /// The data itself; not reactive.
    pub(crate) store: StoredValue<LiveStore>,
    /// Grows with every change of values.
    pub(crate) values: RwSignal<u64>,
    /// Grows when series or problems have changed.
    pub(crate) shape: RwSignal<u64>,
    /// Whether the store holds a snapshot; a history is asked for only then.
    pub(crate) loaded: RwSignal<bool>,
    /// The connection.
    pub(crate) status: RwSignal<Status>,
    /// How far back charts look.
    pub(crate) window: RwSignal<Window>,
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
}

impl Live {
    /// Empty, not connected.
    pub(crate) fn new() -> Self {
        Self {
            store: StoredValue::new(LiveStore::default()),
            values: RwSignal::new(0),
            shape: RwSignal::new(0),
            loaded: RwSignal::new(false),
            status: RwSignal::new(Status::Snapshot),
            window: RwSignal::new(Window::default()),
            cursor: RwSignal::new(None),
            alerts_changed: RwSignal::new(0),
            firing: RwSignal::new(None),
            outdated: RwSignal::new(false),
            theme: RwSignal::new(0),
            utc_offset: RwSignal::new(None),
        }
    }

    /// Reads the store again whenever values have changed.
    pub(crate) fn read<T>(self, read: impl FnOnce(&LiveStore) -> T) -> Option<T> {
        self.values.try_get()?;
        self.store.try_with_value(read)
    }

    /// Changes the store and says that values have changed.
    #[cfg(feature = "hydrate")]
    pub(crate) fn update(self, change: impl FnOnce(&mut LiveStore)) {
        if self.store.try_update_value(change).is_some() {
            let _ = self.values.try_update(|count| *count += 1);
        }
    }
}

/// The live data of this page.
pub(crate) fn use_live() -> Live {
    use_context().unwrap_or_else(Live::new)
}
