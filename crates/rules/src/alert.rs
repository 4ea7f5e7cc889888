//! Alerts and their changes.

use serde::{Deserialize, Serialize};
use thiserror::Error;
use watchglass_model::{Labels, Severity, Timestamp, Unit};

/// Identity of an alert: a rule and the series it evaluated. There is at most one alert per key at a time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlertKey {
    /// Id of the rule.
    pub rule: String,
    /// Labels of the series, including `host`.
    pub labels: Labels,
}

/// Why an alert was not resolved manually.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum DismissError {
    /// It is not firing.
    #[error("this alert is not firing")]
    NotFiring,
    /// Its series gives data, so its rule decides.
    #[error("this alert has data and resolves by its rule; acknowledge or silence it instead")]
    HasData,
}

/// Phase of an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// The condition is true, but not yet for the pending period of the rule.
    Pending,
    /// The condition has been true for the pending period.
    Firing,
    /// It resolved.
    Resolved,
}

/// A firing, pending or resolved alert.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alert {
    /// Identity.
    pub key: AlertKey,
    /// Phase.
    pub phase: Phase,
    /// Highest severity while it fired.
    pub severity: Severity,
    /// Component: `cpu`, `disk`, `database`.
    pub component: String,
    /// Value of the rule's subject label, such as a mount point or an instance; empty if the rule has none.
    pub subject: String,
    /// Last value, in `unit`; `None` while there is none.
    pub value: Option<f64>,
    /// Threshold of its severity, in `unit`.
    pub threshold: f64,
    /// Unit of value and threshold.
    pub unit: Unit,
    /// Text for users, with value and unit.
    pub message: String,
    /// Time since when the condition has been true.
    pub since: Timestamp,
    /// When it started to fire; `None` while it is pending.
    pub fired: Option<Timestamp>,
    /// When it resolved; `None` until then.
    pub resolved: Option<Timestamp>,
    /// Whether it fires and resolves too often to be notified each time.
    pub flapping: bool,
    /// Labels of the rule, such as `team`.
    pub labels: Labels,
}

impl Alert {
    /// Duration in seconds: until `now`, or until it resolved.
    pub fn duration_seconds(&self, now: Timestamp) -> i64 {
        self.resolved.unwrap_or(now).millis_since(self.since).max(0) / 1000
    }
}

/// An alert in its pending period.
#[derive(Clone, Debug, PartialEq)]
pub struct PendingAlert {
    /// The alert, with the severity whose threshold is exceeded.
    pub alert: Alert,
    /// When it fires if the value stays as it is; `None` where that is unknown, such as while there is no value.
    pub fires_at: Option<Timestamp>,
}

/// Change of an alert, with the alert after it. Order for one key: `Fired`, any number of `Worsened`, `Resolved`;
/// flapping changes come at any time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It started to fire.
    Fired(Alert),
    /// It is firing, and its severity increased.
    Worsened(Alert),
    /// It started to flap.
    FlappingBegan(Alert),
    /// It stopped flapping; it may still be firing.
    FlappingEnded(Alert),
    /// It resolved.
    Resolved(Alert),
}

impl Change {
    /// The changed alert.
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
