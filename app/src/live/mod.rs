//! State of a page: its data, what its charts show, its connection, and the preferences of the user. Each is a context of its
//! own, so that a component depends only on what it shows.
#![cfg_attr(
    not(any(feature = "hydrate", test)),
    expect(dead_code, reason = "only the browser receives updates")
)]

mod chart_params;
mod chart_view;
#[cfg(feature = "hydrate")]
mod client;
mod connection;
mod data;
mod ended_series;
#[cfg(feature = "hydrate")]
mod fetch;
#[cfg(feature = "hydrate")]
mod freeze;
mod live_connection;
#[cfg(feature = "hydrate")]
mod navigation;
mod preferences;
mod series_buffer;
#[cfg(feature = "hydrate")]
mod shortcuts;
mod store;
#[cfg(feature = "hydrate")]
mod visibility;
mod window;

use leptos::prelude::*;

pub(crate) use chart_params::{ChartParams, contains_panel, follow_url, format_line_keys, toggle_panel};
#[cfg(feature = "ssr")]
pub(crate) use chart_params::{parse_line_keys, parse_panel_list};
pub(crate) use chart_view::{ChartView, use_chart_view};
pub(crate) use connection::ConnectionStatus;
pub(crate) use data::{LiveData, use_live_data};
#[cfg(feature = "hydrate")]
pub(crate) use freeze::{freeze_while_hovered, set_paused};
pub(crate) use live_connection::{LiveConnection, use_connection};
#[cfg(feature = "hydrate")]
pub(crate) use navigation::query_params;
pub(crate) use preferences::{Preferences, use_preferences};
pub(crate) use series_buffer::SeriesBuffer;
pub(crate) use store::LiveStore;
#[cfg(feature = "hydrate")]
pub(crate) use visibility::every_while_visible;
pub(crate) use window::Window;
#[cfg(feature = "ssr")]
pub use window::parse_range_query;

/// Provides the contexts of a page: without data, disconnected.
pub(crate) fn provide_contexts() {
    provide_context(LiveData::new());
    provide_context(ChartView::new());
    provide_context(LiveConnection::new());
    provide_context(Preferences::new());
}

/// Keeps the page connected and its data up to date until it is left.
#[cfg(feature = "hydrate")]
pub(crate) fn start() {
    let (data, view, connection) = (use_live_data(), use_chart_view(), use_connection());
    Effect::new(move |_| client::keep_connected(data, view, connection));
    fetch::keep_up_to_date(data, view);
}
