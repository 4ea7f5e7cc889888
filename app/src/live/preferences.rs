//! Preferences of the user that the page follows: time zone and theme.

use leptos::prelude::*;

/// Signals for the preferences. Their values are in cookies; the switches in the top bar change them.
#[derive(Clone, Copy)]
pub(crate) struct Preferences {
    /// Offset of the user's time zone from UTC, in minutes; `None` until hydration.
    pub(crate) utc_offset: RwSignal<Option<i32>>,
    /// Increases when the colours of the page have changed.
    #[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "only canvases read the colours"))]
    pub(crate) theme_changed: RwSignal<u32>,
}

impl Preferences {
    /// Times in UTC, as the server renders them.
    pub(super) fn new() -> Self {
        Self { utc_offset: RwSignal::new(None), theme_changed: RwSignal::new(0) }
    }

    /// Whether scripts run: the server does not know the time zone, the browser does.
    pub(crate) fn is_hydrated(self) -> bool {
        self.utc_offset.get().is_some()
    }
}

/// The preferences of the user.
pub(crate) fn use_preferences() -> Preferences {
    use_context().unwrap_or_else(Preferences::new)
}
