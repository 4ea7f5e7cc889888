//! The live side of a page: the state of its connection and what came over it.
#![cfg_attr(
    not(any(feature = "hydrate", test)),
    expect(dead_code, reason = "only a page in a browser receives what changes")
)]

mod address;
#[cfg(feature = "hydrate")]
mod client;
mod context;
mod link;
#[cfg(feature = "hydrate")]
mod seen;
#[cfg(feature = "hydrate")]
mod steering;
mod store;
mod track;
mod window;

pub(crate) use address::{Asked, follow_address, has, toggled, write_keys};
#[cfg(feature = "ssr")]
pub(crate) use address::{read_keys, read_list};
#[cfg(feature = "hydrate")]
pub(crate) use client::start;
pub(crate) use context::{Live, use_live};
pub(crate) use link::Status;
#[cfg(feature = "hydrate")]
pub(crate) use seen::every_while_seen;
#[cfg(feature = "hydrate")]
pub(crate) use steering::query;
pub(crate) use store::LiveStore;
pub(crate) use track::Track;
pub(crate) use window::Window;
#[cfg(feature = "ssr")]
pub use window::asked_stretch;
