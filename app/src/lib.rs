//! The pages of Watchglass: rendered by the server (`ssr`), hydrated by wasm in the browser (`hydrate`).
//!
//! They only display what the server has measured and evaluated.
#![expect(unreachable_pub, reason = "the component macro generates public items")]

pub mod api;
#[cfg(feature = "ssr")]
mod backend;
mod base_path;
mod chart;
mod clock;
#[cfg(feature = "ssr")]
mod document;
mod encoding;
mod escape;
mod fragment;
#[cfg(feature = "hydrate")]
mod hydrate;
mod live;
mod pages;
mod root;
#[cfg(feature = "ssr")]
pub mod snapshot;
#[cfg(test)]
mod test_support;
mod ui;
mod view_model;

#[cfg(feature = "ssr")]
pub use backend::{Backend, FragmentFailure, FragmentRenderer};
#[cfg(feature = "ssr")]
pub use base_path::{base_path, path_of_url, set_base_path, url};
#[cfg(feature = "ssr")]
pub use clock::local_date_and_time;
#[cfg(feature = "ssr")]
pub use document::{PageAssets, ResponseStatus, Theme, document};
#[cfg(feature = "ssr")]
pub use encoding::{JsonReply, POSTCARD_MIME_TYPE};
#[cfg(feature = "ssr")]
pub use escape::{escape, escaped};
#[cfg(feature = "ssr")]
pub use live::parse_range_query;
#[cfg(feature = "ssr")]
pub use pages::chart_page;
#[cfg(feature = "ssr")]
pub use root::PAGES;
#[cfg(feature = "ssr")]
pub use view_model::line_names;
