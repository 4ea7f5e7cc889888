//! What open pages are sent, and how it reaches all of them.
//!
//! Two subprotocols share their messages: [`Protocol::Json`], for anyone, and [`Protocol::Binary`], for the page,
//! which differs only in its metrics frames. A connection begins with a [`Message::Hello`]; a [`Message::State`]
//! comes before the first metrics frame that needs it, and a metrics frame comes with every tick.

mod binary;
#[cfg(test)]
mod golden;
#[cfg(feature = "hub")]
mod hub;
mod json;
mod message;

pub use binary::{FrameError, Metrics, decode, encode};
#[cfg(feature = "hub")]
pub use hub::{Hub, Outgoing, Subscriber};
pub use json::JsonKeys;
pub use message::{Hello, Message, PROTOCOL_VERSION, Protocol, State};
