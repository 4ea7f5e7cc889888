//! Server-rendered fragments of a page: component, refresh, form state and localisation.

mod component;
#[cfg(feature = "hydrate")]
mod form_state;
#[cfg(feature = "hydrate")]
mod localise;
#[cfg(feature = "hydrate")]
mod refresh;

pub(crate) use component::Fragment;
#[cfg(feature = "hydrate")]
pub(crate) use form_state::all;
#[cfg(feature = "hydrate")]
pub(crate) use localise::set_utc_offset;
#[cfg(feature = "hydrate")]
pub(crate) use refresh::{body_of, fetch};
