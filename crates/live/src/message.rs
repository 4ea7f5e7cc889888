//! Messages of both subprotocols, apart from their encoding.

use serde::{Deserialize, Serialize};
use watchglass_model::{Annotation, Labels, Problem, Series, Severity, Timestamp, Unit};

/// Version of the live protocol. It changes when clients of the previous version cannot read the messages.
pub const PROTOCOL_VERSION: u16 = 1;

/// WebSocket close code after the end of the session or token, from the range for private use (4000 to 4999).
pub const CLOSE_SIGNED_OUT: u16 = 4401;

/// Encoding of messages, selected by the client as a WebSocket subprotocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// JSON text, values by series name.
    Json,
    /// The frames of [`crate::Frame`], values by series id.
    Binary,
}

impl Protocol {
    /// All protocols; the first is the default.
    pub const ALL: [Self; 2] = [Self::Json, Self::Binary];

    /// Name of the WebSocket subprotocol.
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

/// A JSON message, tagged by `type`. States and metrics are encoded separately, in messages of bounded size.
#[cfg(feature = "hub")]
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Message<'a> {
    /// The first message of a connection.
    Hello(&'a Hello),
    /// An alert has fired, changed or been resolved.
    Alert(&'a AlertMessage),
    /// An annotation was added or removed.
    Annotation(&'a AnnotationMessage),
}

/// First message of a connection: identity of the server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hello {
    /// [`PROTOCOL_VERSION`] of the server.
    pub version: u16,
    /// Negotiated subprotocol.
    pub protocol: String,
    /// Version of Watchglass.
    pub server: String,
    /// Identifies the build of server and pages. A page of another build should be reloaded.
    pub build: String,
    /// Milliseconds from one metrics frame to the next.
    pub interval_ms: u32,
}

/// Series, failing probes and skipped readings.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// Increases with every change. A binary metrics frame names the version that its series ids belong to.
    pub version: u32,
    /// All series; the id of a series is stable until it ends. Pages get all ids, and vacant ones of ended series.
    pub series: Vec<Series>,
    /// Failing probes and their errors.
    pub problems: Vec<Problem>,
    /// Values that probes which are up leave out, and why.
    #[serde(default)]
    pub skipped: Vec<Problem>,
}

/// An alert has fired, changed or been resolved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AlertMessage {
    /// The change.
    pub change: AlertChange,
    /// Time of the change: the tick that detected it.
    pub time: Timestamp,
    /// Id of the rule.
    pub rule: String,
    /// Labels of the series. Together with `rule` they identify the alert.
    pub labels: Labels,
    /// Highest severity while firing.
    pub severity: Severity,
    /// Component: `cpu`, `disk`, `database`.
    pub component: String,
    /// Distinguishes several alerts of a rule: mount point, instance; empty when there is only one.
    pub subject: String,
    /// Latest value, in `unit`; `None` without data.
    pub value: Option<f64>,
    /// Threshold that was crossed, in `unit`.
    pub threshold: f64,
    /// Unit of value and threshold.
    pub unit: Unit,
    /// Message for the user, with value and unit.
    pub message: String,
    /// When the condition became true.
    pub since: Timestamp,
    /// When the alert began to fire; `None` before that.
    pub fired: Option<Timestamp>,
    /// When the alert was resolved; `None` until then.
    pub resolved: Option<Timestamp>,
    /// Whether the series of a firing alert gives no data.
    #[serde(default)]
    pub no_data: bool,
    /// Whether the change is not notified, because the alert is silenced or inhibited: do not interrupt users with it.
    #[serde(default)]
    pub suppressed: bool,
}

/// Change of an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertChange {
    /// The alert has fired.
    Fired,
    /// The severity of a firing alert has increased.
    Worsened,
    /// The alert has started flapping: its changes are not notified one by one.
    FlappingBegan,
    /// The alert has stopped flapping; it may still be firing.
    FlappingEnded,
    /// The alert was resolved.
    Resolved,
    /// The series of a firing alert gives no data any more.
    NoData,
    /// The series of a firing alert gives data again.
    DataReturned,
    /// A firing alert is silenced or inhibited from now on.
    Suppressed,
    /// A firing alert is no longer silenced or inhibited: it is notified, and waits for a user.
    Unsuppressed,
}

/// An annotation was added or removed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AnnotationMessage {
    /// The change.
    pub change: AnnotationChange,
    /// The annotation.
    pub annotation: Annotation,
}

/// Change of an annotation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnnotationChange {
    /// It was added.
    Added,
    /// It was removed.
    Removed,
}

#[cfg(all(test, feature = "hub"))]
mod tests {
    use super::*;
    use crate::golden;

    #[test]
    fn alerts_match_the_golden_file() {
        let fired = golden::alert();
        let resolved = golden::resolved();
        let suppressed = AlertMessage { no_data: true, suppressed: true, ..golden::alert() };
        let silenced = AlertMessage { change: AlertChange::Suppressed, ..golden::alert() };
        let unsuppressed = golden::unsuppressed();
        let text = |alert| serde_json::to_string(&Message::Alert(alert)).unwrap() + "\n";
        let text = [&fired, &resolved, &suppressed, &silenced, &unsuppressed].map(text).concat();
        golden::check("alert.jsonl", text.as_bytes());
        let read: Vec<AlertMessage> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(read, [fired, resolved, suppressed, silenced, unsuppressed]);
        assert!(text.lines().all(|line| line.starts_with(r#"{"type":"alert","change":""#)), "{text}");
    }

    #[test]
    fn annotations_match_the_golden_file() {
        let added = golden::annotation();
        let text = serde_json::to_string(&Message::Annotation(&added)).unwrap() + "\n";
        golden::check("annotation.jsonl", text.as_bytes());
        assert_eq!(serde_json::from_str::<AnnotationMessage>(&text).unwrap(), added);
        assert!(text.starts_with(r#"{"type":"annotation","change":"added","annotation":{"id":7,"#), "{text}");
    }

    #[test]
    fn changes_and_severities_are_snake_case() {
        use AlertChange::*;
        let changes = [Fired, Worsened, FlappingBegan, FlappingEnded, Resolved, NoData, DataReturned];
        let expected =
            r#"["fired","worsened","flapping_began","flapping_ended","resolved","no_data","data_returned"]"#;
        assert_eq!(serde_json::to_string(&changes).unwrap(), expected);
        let changes = serde_json::to_string(&[Suppressed, Unsuppressed]).unwrap();
        assert_eq!(changes, r#"["suppressed","unsuppressed"]"#);
        assert_eq!(serde_json::to_string(&Severity::ALL).unwrap(), r#"["info","warning","critical"]"#);
    }
}
