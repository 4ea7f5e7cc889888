//! Alerts page: active and past alerts, rules, silences, channels and deliveries.

mod active;
mod card;
mod channels;
mod coverage;
mod deliveries;
mod history;
mod page;
mod pending;
mod preview;
mod rule_editor;
mod rules;
mod silences;

pub use active::ActiveAlerts;
pub use card::{AckSummary, AlertCard, SilenceSummary};
pub use channels::{ChannelRow, Channels};
pub use coverage::RuleCoverage;
pub use deliveries::{DeadLetterRow, Deliveries, DeliveryOutcome, DeliveryRow};
pub use history::{AlertHistory, PastAlert};
pub use page::{AlertsContent, AlertsPage, Counts, render};
pub use pending::{PendingAlerts, PendingRow};
pub use preview::{PreviewAlert, RulePreview};
pub use rule_editor::{MetricChoice, RuleEditor};
pub use rules::{RuleRow, Rules};
pub use silences::{SilenceRow, SilenceState, Silences};
