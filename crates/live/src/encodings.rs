//! Encodings of a message, shared by all connections.

use crate::Protocol;
use bytes::Bytes;
use std::sync::{Arc, OnceLock};

/// Encodings of a message for both protocols, each created on first use. A large message consists of several.
#[derive(Debug, Default)]
pub(crate) struct Encodings {
    text: OnceLock<Arc<[Bytes]>>,
    frame: OnceLock<Arc<[Bytes]>>,
}

impl Encodings {
    pub(crate) fn of(
        &self,
        protocol: Protocol,
        text: impl FnOnce() -> Vec<Vec<u8>>,
        frame: impl FnOnce() -> Vec<Vec<u8>>,
    ) -> Unsent {
        let parts = match protocol {
            Protocol::Json => self.text.get_or_init(|| shared(text())),
            Protocol::Binary => self.frame.get_or_init(|| shared(frame())),
        };
        Unsent { protocol, parts: Arc::clone(parts), next: 0 }
    }
}

fn shared(parts: Vec<Vec<u8>>) -> Arc<[Bytes]> {
    parts.into_iter().map(Bytes::from).collect()
}

/// The messages of which a subscriber has not yet got all.
#[derive(Debug)]
pub(crate) struct Unsent {
    protocol: Protocol,
    parts: Arc<[Bytes]>,
    next: usize,
}

impl Iterator for Unsent {
    type Item = Outgoing;

    fn next(&mut self) -> Option<Outgoing> {
        let bytes = self.parts.get(self.next)?.clone();
        self.next += 1;
        Some(match self.protocol {
            Protocol::Json => Outgoing::Text(bytes),
            Protocol::Binary => Outgoing::Binary(bytes),
        })
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
