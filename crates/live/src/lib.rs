//! What open pages are sent, and how it reaches all of them.
//!
//! Two subprotocols share their messages: [`Protocol::Json`], for anyone, and [`Protocol::Binary`], for the page,
//! which differs in its metrics frames, and has no alerts yet. A connection begins with a [`Message::Hello`]; a
//! [`Message::State`] comes before the first metrics frame that needs it, a metrics frame comes with every tick, and an
//! [`AlertMessage`] whenever something begins to be wrong or is over.

mod binary;
#[cfg(test)]
mod golden;
#[cfg(feature = "hub")]
mod hub;
mod json;
mod message;
#[cfg(feature = "hub")]
mod ring;

pub use binary::{FrameError, Metrics, decode, encode};
#[cfg(feature = "hub")]
pub use hub::{Hub, Outgoing, Subscriber};
pub use json::JsonKeys;
pub use message::{AlertChange, AlertMessage, Hello, Message, PROTOCOL_VERSION, Protocol, State};
/// The name of a severity in messages.
pub use watchglass_model::Severity as AlertSeverity;
