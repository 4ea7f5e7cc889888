//! What open pages are sent, and how it reaches all of them.
//!
//! Two subprotocols carry the same: [`Protocol::Json`], for anyone, and [`Protocol::Binary`], for the page. A connection
//! begins with a [`Hello`]; a [`State`] comes before the first metrics frame that needs it, a metrics frame comes with
//! every tick, an [`AlertMessage`] whenever something begins to be wrong or is over, and an [`AnnotationMessage`] whenever
//! something is marked on the charts.

mod binary;
mod frame;
#[cfg(test)]
mod golden;
#[cfg(feature = "hub")]
mod hub;
#[cfg(feature = "hub")]
mod json;
mod message;
#[cfg(feature = "hub")]
mod ring;

pub use binary::{FrameError, Metrics, decode, encode};
pub use frame::Frame;
#[cfg(feature = "hub")]
pub use hub::{Hub, Outgoing, Subscriber};
#[cfg(feature = "hub")]
pub use json::JsonKeys;
pub use message::{
    AlertChange, AlertMessage, AnnotationChange, AnnotationMessage, Hello, PROTOCOL_VERSION, Protocol,
    SIGNED_OUT, State,
};
