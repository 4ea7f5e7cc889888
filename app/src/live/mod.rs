//! Live data of a page: connection state, received values and URL parameters.
#![cfg_attr(
    not(any(feature = "hydrate", test)),
    expect(dead_code, reason = "only the browser receives updates")
)]

mod chart_params;
#[cfg(feature = "hydrate")]
mod client;
mod connection;
mod context;
mod series_buffer;
mod store;
#[cfg(feature = "hydrate")]
mod url_state;
#[cfg(feature = "hydrate")]
mod visibility;
mod window;

pub(crate) use chart_params::{ChartParams, contains_panel, follow_url, format_line_keys, toggle_panel};
#[cfg(feature = "ssr")]
pub(crate) use chart_params::{parse_line_keys, parse_panel_list};
#[cfg(feature = "hydrate")]
pub(crate) use client::start;
pub(crate) use connection::ConnectionStatus;
pub(crate) use context::{Live, use_live};
pub(crate) use series_buffer::SeriesBuffer;
pub(crate) use store::LiveStore;
#[cfg(feature = "hydrate")]
pub(crate) use url_state::query_params;
#[cfg(feature = "hydrate")]
pub(crate) use visibility::every_while_visible;
pub(crate) use window::Window;
#[cfg(feature = "ssr")]
pub use window::parse_range_query;
