//! Alerts page: active and past alerts, rules, silences, channels, deliveries and heartbeats.

mod action;
mod active;
mod card;
mod channels;
mod coverage;
mod deliveries;
mod heartbeats;
mod history;
pub mod label_lines;
mod page;
mod pending;
mod preview;
mod rule_editor;
pub mod rule_form;
mod rules;
mod silences;
mod view;

pub use action::AlertsAction;
pub use active::ActiveAlerts;
pub use card::{AckSummary, AlertCard, SilenceSummary};
pub use channels::{ChannelRow, Channels};
pub use coverage::RuleCoverage;
pub use deliveries::{DeadLetterRow, Deliveries, DeliveryOutcome, DeliveryRow};
pub use heartbeats::{HeartbeatList, HeartbeatRow, HeartbeatRowState};
pub use history::{AlertHistory, PastAlert};
pub use page::{AlertsContent, AlertsPage, Counts, render};
pub use pending::{PendingAlerts, PendingRow};
pub use preview::{PreviewAlert, RulePreview};
pub use rule_editor::{MetricChoice, RuleEditor};
pub use rules::{RuleRow, Rules};
pub use silences::{SilenceRow, SilenceState, Silences};
pub use view::{AlertsView, PATH, PREVIEW_PATH};
