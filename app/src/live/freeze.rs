//! Freezing of live charts: while they are paused, and while a pointer is on one of them. Values stay live.

use crate::live::{ChartView, LiveData, LiveStore};
use leptos::prelude::*;

/// Freezes the charts while a pointer is on one of them. Paused charts stay paused.
pub(crate) fn freeze_while_hovered(data: LiveData, view: ChartView, is_hovered: bool) {
    let state = (view.window.try_get_untracked(), view.paused.try_get_untracked());
    if let (Some(window), Some(false)) = state
        && window.end().is_none()
    {
        data.update(|store| {
            store.freeze(is_hovered);
            !is_hovered
        });
    }
}

/// Pauses or resumes the charts. A past range does not move anyway.
pub(crate) fn set_paused(data: LiveData, view: ChartView, is_paused: bool) {
    if view.window.get_untracked().end().is_none() {
        view.paused.set(is_paused);
        data.update(|store| {
            store.freeze(is_paused);
            true
        });
    }
}

/// Whether a live frame changes the charts. `is_new_row`: it starts a new row; trends move only then.
pub(super) fn moves_charts(view: ChartView, store: &LiveStore, is_new_row: bool) -> bool {
    let get = || {
        let window = view.window.try_get_untracked()?;
        let is_trend = view.detail.try_get_untracked()? > 0 || window.seconds() > 3600;
        Some(window.end().is_none() && !store.is_frozen() && (is_new_row || !is_trend))
    };
    get().unwrap_or(false)
}
