//! Fetching of alerts and histories: when the time window changes, when there may be a gap, and at intervals.

use crate::api::{alerts, history};
use crate::live::{ChartView, LiveData, LiveStore, Window, every_while_visible};
use leptos::prelude::*;
use std::cell::Cell;
use std::time::Duration;

/// Interval at which alerts are fetched even without a change event. It removes the alerts of a peer server that is gone.
const ALERTS_INTERVAL: Duration = Duration::from_secs(30);

/// Maximum number of rows per chart: about one per pixel of a large chart.
const MAX_ROWS: u32 = 900;

/// Minimum interval at which the statistics of trends are fetched.
const STATISTICS_INTERVAL: Duration = Duration::from_secs(30);

/// A chart that does not draw all of its series chooses them again after so many intervals of the statistics: 60 s.
const SELECTION_BEATS: u32 = 2;

/// Keeps the data of the page up to date until it is left, once the initial data is loaded.
pub(super) fn keep_up_to_date(data: LiveData, view: ChartView) {
    Effect::new(move |_| {
        every_while_visible(ALERTS_INTERVAL, move || data.refresh_alerts());
        let beats = Cell::new(0_u32);
        every_while_visible(STATISTICS_INTERVAL, move || {
            beats.set(beats.get().wrapping_add(1));
            // The statistics of a trend change slowly, by one row at most. Its lines are updated by live frames.
            let window = view.window.get_untracked();
            let rows = (window.seconds() / MAX_ROWS / STATISTICS_INTERVAL.as_secs() as u32).max(1);
            let is_live = window.end().is_none();
            let is_trend = is_live && view.detail.get_untracked() > 0 && beats.get().is_multiple_of(rows);
            // Other series than the drawn ones may have the highest values by now.
            let is_limited = is_live
                && beats.get().is_multiple_of(SELECTION_BEATS)
                && data.store.try_with_value(LiveStore::has_more_series_than_lines) == Some(true);
            if is_trend || is_limited {
                data.history_requests.update(|count| *count += u32::from(*count > 0));
            }
        });
    });
    Effect::new(move |_| {
        let is_connected = data.history_requests.get() > 0;
        data.alerts_changed.track();
        let window = view.window.get();
        // The page starts with embedded alerts; the first connection fetches newer ones.
        if is_connected {
            leptos::task::spawn_local(fetch_alerts(data, view, window));
        }
    });
    Effect::new(move |before: Option<Window>| {
        data.history_requests.track();
        let (window, detail) = (view.window.get(), view.detail.get());
        if before.is_some_and(|before| before != window) {
            view.paused.set(false);
            data.update(|store| {
                store.freeze(false);
                // Show the rows that are already loaded at once.
                let past = window.past();
                if past.is_some() {
                    store.show_range(past);
                }
                past.is_some()
            });
        }
        if data.loaded.get() {
            leptos::task::spawn_local(fetch_history(data, view, window, detail));
        }
        window
    });
}

/// Fetches the alerts of the time window.
async fn fetch_alerts(data: LiveData, view: ChartView, window: Window) {
    match alerts(window.seconds(), window.end()).await {
        Ok(alerts) if view.window.try_get_untracked() == Some(window) => {
            let _ = data.firing.try_set(Some(alerts.firing).filter(|&firing| firing > 0));
            if alerts.firing == 0 {
                crate::ui::remove_lasting_toasts();
            }
            data.update(|store| {
                store.set_alerts(alerts);
                true
            });
            data.notify_series();
        }
        Ok(_) => {}
        // The next change or connection retries.
        Err(error) => leptos::logging::warn!("could not fetch alerts: {error}"),
    }
}

async fn fetch_history(data: LiveData, view: ChartView, window: Window, detail: u32) {
    match history(window.seconds(), window.end(), MAX_ROWS, detail).await {
        // The window may have changed during the request.
        Ok(history)
            if view.window.try_get_untracked() == Some(window)
                && view.detail.try_get_untracked() == Some(detail) =>
        {
            let mut changed = false;
            data.update(|store| {
                changed = store.set_history(&history);
                true
            });
            if changed {
                data.notify_series();
            }
        }
        Ok(_) => {}
        // The charts stay live with the rows they have; a new connection retries.
        Err(error) => leptos::logging::warn!("could not fetch history: {error}"),
    }
}
