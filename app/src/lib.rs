//! The pages of Watchglass: rendered by the server (`ssr`), brought to life by wasm (`hydrate`).
//!
//! They show what the server measured and decided; nothing is decided here.
#![expect(unreachable_pub, reason = "the component macro makes more public than what is written")]

pub mod api;
#[cfg(feature = "ssr")]
mod backend;
mod clock;
#[cfg(feature = "ssr")]
mod document;
mod encoding;
mod escape;
#[cfg(feature = "ssr")]
pub mod fragments;
#[cfg(feature = "hydrate")]
mod hydrate;
mod live;
#[cfg(feature = "ssr")]
pub mod offline;
mod pages;
mod parts;
mod root;
mod view_model;

#[cfg(feature = "ssr")]
pub use backend::{Backend, Lists};
#[cfg(feature = "ssr")]
pub use document::{PageAssets, ResponseStatus, Theme, document};
#[cfg(feature = "ssr")]
pub use encoding::{InJson, POSITIONAL};
#[cfg(feature = "ssr")]
pub use live::asked_stretch;
#[cfg(feature = "ssr")]
pub use root::PAGES;
