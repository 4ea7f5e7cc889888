//! Firing alerts whose series gives no data: changes for live connections, and resolving them manually.

use super::{RuleEvaluator, log_change};
use std::collections::BTreeMap;
use watchglass_model::Timestamp;
use watchglass_rules::{Alert, AlertKey, DismissError};

/// Firing alerts that have lost their data, and those that have it again.
#[derive(Debug, Default)]
pub(crate) struct DataChanges {
    pub(crate) lost: Vec<Alert>,
    pub(crate) returned: Vec<Alert>,
}

impl RuleEvaluator {
    /// Keys of the firing alerts without data, and since when there is none.
    pub(crate) fn without_data(&self) -> BTreeMap<AlertKey, Timestamp> {
        self.lock().engine.without_data()
    }

    /// Firing alerts that have lost their data since the last call, and those that have it again.
    pub(crate) fn data_changes(&self) -> DataChanges {
        let mut state = self.lock();
        let now = state.engine.without_data();
        if now.is_empty() && state.without_data.is_empty() {
            return DataChanges::default();
        }
        let mut changes = DataChanges::default();
        for alert in state.engine.active() {
            match (state.without_data.contains_key(&alert.key), now.contains_key(&alert.key)) {
                (false, true) => changes.lost.push(alert),
                (true, false) => changes.returned.push(alert),
                _ => {}
            }
        }
        state.without_data = now;
        changes
    }

    /// Resolves a firing alert without data, and returns it. The next tick notifies its receivers.
    ///
    /// # Errors
    /// The alert is not firing, or has data.
    pub(crate) fn dismiss(&self, now: Timestamp, key: &AlertKey) -> Result<Alert, DismissError> {
        let mut state = self.lock();
        let change = state.engine.dismiss(now, key)?;
        log_change(&change);
        let alert = change.alert().clone();
        state.dismissed.push(change);
        self.save(&state.engine, vec![alert.clone()]);
        Ok(alert)
    }
}
