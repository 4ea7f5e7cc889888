//! The messages that are the same in both subprotocols: JSON text, told apart by `type`.

use serde::{Deserialize, Serialize};
use watchglass_model::{Problem, Series};

/// Version of the live protocol. It changes when a client of the version before could not read what is sent.
pub const PROTOCOL_VERSION: u16 = 1;

/// How metrics frames are written. Chosen by the client as a WebSocket subprotocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// JSON text that anyone can read, values by the name of their series.
    Json,
    /// The form of [`crate::encode`], values by the number of their series.
    Binary,
}

impl Protocol {
    /// All there are; the first is the default of a client that asks for none.
    pub const ALL: [Self; 2] = [Self::Json, Self::Binary];

    /// Its name as a WebSocket subprotocol.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Json => "watchglass.json.v1",
            Self::Binary => "watchglass.binary.v1",
        }
    }

    /// The subprotocol with that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|protocol| protocol.name() == name)
    }
}

/// A message in JSON text. Metrics frames are not among them: they are written once for all clients, and not by serde.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Message {
    /// The first message of a connection.
    Hello(Hello),
    /// What changes rarely. Sent again whenever it has changed.
    State(State),
}

/// Who is speaking.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hello {
    /// [`PROTOCOL_VERSION`] of the server.
    pub version: u16,
    /// The subprotocol that was agreed upon.
    pub protocol: String,
    /// Version of the program.
    pub server: String,
    /// Identifies the program and its pages together. A page of another build should be loaded anew.
    pub build: String,
    /// Milliseconds from one metrics frame to the next.
    pub interval_ms: u32,
}

/// What changes rarely: the series there are, and the probes that fail.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// Grows with every change. A binary metrics frame names the one that its numbers belong to.
    pub version: u32,
    /// All series; a series keeps its number as long as the server runs.
    pub series: Vec<Series>,
    /// Probes that yield nothing at the moment, and why.
    pub problems: Vec<Problem>,
}
