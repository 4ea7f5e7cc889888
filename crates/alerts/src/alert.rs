//! What is or was wrong, and what has just changed about it.

use serde::{Deserialize, Serialize};
use watchglass_model::{Labels, Severity, Timestamp, Unit};

/// Which alert: a rule, and the series that it judged. There is never more than one alert of a key at a time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlertKey {
    /// Id of the rule.
    pub rule: String,
    /// The labels of the series, `host` among them.
    pub labels: Labels,
}

/// Where an alert stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// The condition is true, but not yet for as long as the rule asks.
    Pending,
    /// It has been true for as long.
    Firing,
    /// It is over.
    Resolved,
}

/// What is or was wrong.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alert {
    /// Which alert.
    pub key: AlertKey,
    /// Where it stands.
    pub phase: Phase,
    /// The worst it has been while it fired.
    pub severity: Severity,
    /// The component: `cpu`, `disk`, `database`.
    pub component: String,
    /// Which of several: a mount point, an instance; empty where there is one.
    pub subject: String,
    /// The last value, in `unit`; `None` while there is none.
    pub value: Option<f64>,
    /// The level of its severity, in `unit`.
    pub threshold: f64,
    /// The unit of value and threshold.
    pub unit: Unit,
    /// What is wrong, for people, with the value and its unit.
    pub message: String,
    /// Since when the condition has been true.
    pub since: Timestamp,
    /// When it began to fire; `None` while it is pending.
    pub fired: Option<Timestamp>,
    /// When it was over; `None` until then.
    pub resolved: Option<Timestamp>,
    /// Whether it comes and goes too often to be told each time.
    pub flapping: bool,
    /// The labels of the rule, such as `team`.
    pub labels: Labels,
}

impl Alert {
    /// How many seconds it has lasted by `now`, or lasted until it was over.
    pub fn seconds(&self, now: Timestamp) -> i64 {
        self.resolved.unwrap_or(now).millis_since(self.since).max(0) / 1000
    }
}

/// What is on its way to being an alert that fires.
#[derive(Clone, Debug, PartialEq)]
pub struct Pending {
    /// The alert, with the severity that has begun.
    pub alert: Alert,
    /// When it fires if all stays as it is; `None` where that is not known, such as while there is no value.
    pub fires: Option<Timestamp>,
}

/// What has changed about an alert, with the alert as it is then. For one key they come in this order: `Fired`, any
/// number of `Worsened`, `Resolved`; those of flapping at any time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It fires.
    Fired(Alert),
    /// It fires, and its severity has grown.
    Worsened(Alert),
    /// It has fired too often of late.
    FlappingBegan(Alert),
    /// It has not fired anew for a while; it may be firing still.
    FlappingEnded(Alert),
    /// It is over.
    Resolved(Alert),
}

impl Change {
    /// The alert that has changed.
    pub const fn alert(&self) -> &Alert {
        match self {
            Self::Fired(alert)
            | Self::Worsened(alert)
            | Self::FlappingBegan(alert)
            | Self::FlappingEnded(alert)
            | Self::Resolved(alert) => alert,
        }
    }
}
