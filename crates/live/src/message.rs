//! The messages: those that are the same in both subprotocols but for how they are written.

use serde::{Deserialize, Serialize};
use watchglass_model::{Annotation, Labels, Problem, Series, Severity, Timestamp, Unit};

/// Version of the live protocol. It changes when a client of the version before could not read what is sent.
pub const PROTOCOL_VERSION: u16 = 1;

/// The code with which a connection is closed whose session or token has ended: of those that programs may choose (4000 to 4999).
pub const SIGNED_OUT: u16 = 4401;

/// How metrics frames are written. Chosen by the client as a WebSocket subprotocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// JSON text that anyone can read, values by the name of their series.
    Json,
    /// The frames of [`crate::Frame`], values by the number of their series.
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

/// A message in JSON text, told apart by `type`. Metrics frames are not among them: they are written once for all
/// clients, and not by serde.
#[cfg(feature = "hub")]
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Message<'a> {
    /// The first message of a connection.
    Hello(&'a Hello),
    /// What changes rarely. Sent again whenever it has changed.
    State(&'a State),
    /// Something has begun to be wrong, has become worse, or is over.
    Alert(&'a AlertMessage),
    /// Something was marked on the charts, or is so no more.
    Annotation(&'a AnnotationMessage),
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

/// Something has begun to be wrong, has become worse, or is over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AlertMessage {
    /// What has changed.
    pub change: AlertChange,
    /// When it did: the tick in which it was found.
    pub time: Timestamp,
    /// Id of the rule that was broken.
    pub rule: String,
    /// The labels of the series that broke it. With `rule` they say which alert this is.
    pub labels: Labels,
    /// The worst it has been while it fired.
    pub severity: Severity,
    /// The component: `cpu`, `disk`, `database`.
    pub component: String,
    /// Which of several: a mount point, an instance; empty where there is one.
    pub subject: String,
    /// The last value, in `unit`; `None` while there is none.
    pub value: Option<f64>,
    /// The level that was passed, in `unit`.
    pub threshold: f64,
    /// The unit of value and threshold.
    pub unit: Unit,
    /// What is wrong, for people, with the value and its unit.
    pub message: String,
    /// Since when the condition has been true.
    pub since: Timestamp,
    /// When the alert began to fire.
    pub fired: Option<Timestamp>,
    /// When it was over; `None` until then.
    pub resolved: Option<Timestamp>,
}

/// What has changed about an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertChange {
    /// It fires.
    Fired,
    /// It fires, and its severity has grown.
    Worsened,
    /// It comes and goes too often to be told each time.
    FlappingBegan,
    /// It does so no more; it may be firing still.
    FlappingEnded,
    /// It is over.
    Resolved,
}

/// Something was marked on the charts, or is so no more.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AnnotationMessage {
    /// Which of both.
    pub change: AnnotationChange,
    /// The mark.
    pub annotation: Annotation,
}

/// What has changed about an annotation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnnotationChange {
    /// It was added.
    Added,
    /// It was taken away.
    Removed,
}

#[cfg(all(test, feature = "hub"))]
mod tests {
    use super::*;
    use crate::golden;

    #[test]
    fn alerts_are_as_the_golden_file_has_them_and_can_be_read() {
        let fired = golden::alert();
        let resolved = golden::resolved();
        let text = |alert| serde_json::to_string(&Message::Alert(alert)).unwrap() + "\n";
        let text = [&fired, &resolved].map(text).concat();
        golden::check("alert.jsonl", text.as_bytes());
        let read: Vec<AlertMessage> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(read, [fired, resolved]);
        assert!(text.lines().all(|line| line.starts_with(r#"{"type":"alert","change":""#)), "{text}");
    }

    #[test]
    fn annotations_are_as_the_golden_file_has_them_and_can_be_read() {
        let added = golden::annotation();
        let text = serde_json::to_string(&Message::Annotation(&added)).unwrap() + "\n";
        golden::check("annotation.jsonl", text.as_bytes());
        assert_eq!(serde_json::from_str::<AnnotationMessage>(&text).unwrap(), added);
        assert!(text.starts_with(r#"{"type":"annotation","change":"added","annotation":{"id":7,"#), "{text}");
    }

    #[test]
    fn what_has_changed_and_how_bad_it_is_are_words() {
        use AlertChange::*;
        let changes = [Fired, Worsened, FlappingBegan, FlappingEnded, Resolved];
        let expected = r#"["fired","worsened","flapping_began","flapping_ended","resolved"]"#;
        assert_eq!(serde_json::to_string(&changes).unwrap(), expected);
        assert_eq!(serde_json::to_string(&Severity::ALL).unwrap(), r#"["info","warning","critical"]"#);
    }
}
