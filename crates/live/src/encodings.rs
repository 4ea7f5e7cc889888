//! Encodings of a message, shared by all connections.

use crate::Protocol;
use bytes::Bytes;
use std::sync::OnceLock;

/// Encodings of a message for both protocols, each created on first use.
#[derive(Debug, Default)]
pub(crate) struct Encodings {
    text: OnceLock<Bytes>,
    frame: OnceLock<Bytes>,
}

impl Encodings {
    pub(crate) fn of(
        &self,
        protocol: Protocol,
        text: impl FnOnce() -> Vec<u8>,
        frame: impl FnOnce() -> Vec<u8>,
    ) -> Outgoing {
        match protocol {
            Protocol::Json => Outgoing::Text(self.text.get_or_init(|| text().into()).clone()),
            Protocol::Binary => Outgoing::Binary(self.frame.get_or_init(|| frame().into()).clone()),
        }
    }
}

/// A message to send on a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outgoing {
    /// A text message in UTF-8.
    Text(Bytes),
    /// A binary message.
    Binary(Bytes),
}
