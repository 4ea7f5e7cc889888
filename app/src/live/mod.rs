//! The live side of a page: the state of its connection and what came over it.
#![cfg_attr(
    not(any(feature = "hydrate", test)),
    expect(dead_code, reason = "only a page in a browser receives what changes")
)]

#[cfg(feature = "hydrate")]
mod client;
mod context;
#[cfg(feature = "hydrate")]
mod fresh;
mod link;
mod store;
mod track;

#[cfg(feature = "hydrate")]
pub(crate) use client::start;
pub(crate) use context::{Live, Window, use_live};
#[cfg(feature = "hydrate")]
pub(crate) use fresh::keep_fresh;
pub(crate) use link::Status;
pub(crate) use store::LiveStore;
pub(crate) use track::Track;
