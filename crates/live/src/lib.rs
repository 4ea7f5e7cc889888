//! Live protocol: messages for open pages, and their fan-out.
//!
//! Two WebSocket subprotocols carry the same messages: [`Protocol::Json`] for other clients, and [`Protocol::Binary`] for the
//! page. A connection starts with a [`Hello`]. A [`State`] precedes the first metrics frame that needs it.
//! States and metrics are split into messages of bounded size, which a [`Joiner`] joins. A metrics frame is
//! sent with every tick, an [`AlertMessage`] when an alert fires, changes or is resolved, and an [`AnnotationMessage`] when an
//! annotation is added or removed.

mod binary;
#[cfg(feature = "hub")]
mod encodings;
mod frame;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
#[cfg(test)]
mod golden;
#[cfg(feature = "hub")]
mod hub;
#[cfg(feature = "hub")]
mod json;
mod message;
mod parts;
#[cfg(feature = "hub")]
mod published;
#[cfg(feature = "hub")]
mod ring;
#[cfg(feature = "hub")]
mod split;

pub use binary::{FrameError, Metrics, decode, encode};
#[cfg(feature = "hub")]
pub use encodings::Outgoing;
pub use frame::Frame;
#[cfg(feature = "hub")]
pub use hub::{Hub, Subscriber};
#[cfg(feature = "hub")]
pub use json::JsonKeys;
pub use message::{
    AlertChange, AlertMessage, AnnotationChange, AnnotationMessage, CLOSE_SIGNED_OUT, Hello,
    PROTOCOL_VERSION, Protocol, State,
};
pub use parts::{Joiner, StatePart};
