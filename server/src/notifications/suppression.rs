//! Which alerts are suppressed: what live events say, so that pages do not interrupt their users either.

use watchglass_dispatch::Dispatcher;
use watchglass_rules::{Alert, Change};

/// Which alerts are suppressed after a tick.
#[derive(Debug, Default)]
pub(crate) struct Suppression {
    /// For each change of the tick, whether it is suppressed: an alert that fires or worsens while it is suppressed, and the
    /// end of one that was suppressed all along.
    pub(crate) changes: Vec<bool>,
    /// Alerts that fire on and of which it has changed whether they are suppressed, with whether they are now.
    pub(crate) firing: Vec<(Alert, bool)>,
}

impl Suppression {
    /// After a step of the dispatcher with these `changes`. `unannounced` says of each whether its alert had been suppressed
    /// all along before.
    pub(super) fn new(dispatcher: &Dispatcher, changes: &[Change], unannounced: &[bool]) -> Self {
        let of_change = |(change, unannounced): (&Change, &bool)| match change {
            Change::Fired(alert) | Change::Worsened(alert) => dispatcher.is_suppressed(&alert.key),
            Change::Resolved(_) | Change::FlappingBegan(_) | Change::FlappingEnded(_) => *unannounced,
        };
        let firing = suppression_changes(dispatcher, changes);
        Self { changes: changes.iter().zip(unannounced).map(of_change).collect(), firing }
    }
}

/// Alerts that fire on and are suppressed since this tick, or no longer are. The live events of all others say that already.
fn suppression_changes(dispatcher: &Dispatcher, changes: &[Change]) -> Vec<(Alert, bool)> {
    let has_event = |alert: &Alert| {
        changes.iter().any(
            |change| matches!(change, Change::Fired(other) | Change::Worsened(other) if other.key == alert.key),
        )
    };
    let all = dispatcher.suppression_changes().filter(|(alert, _)| !has_event(alert));
    all.map(|(alert, is_suppressed)| (alert.clone(), is_suppressed)).collect()
}
