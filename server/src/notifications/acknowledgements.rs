//! Acknowledgements, of alerts of this and other servers.

use super::{Notifications, PendingSave};
use watchglass_dispatch::{AcknowledgeError, Acknowledgement};
use watchglass_model::Timestamp;
use watchglass_rules::{Alert, AlertKey};

impl Notifications {
    /// Acknowledges an alert.
    ///
    /// # Errors
    /// The alert is not firing, or a text is too long or missing.
    pub(crate) fn acknowledge(
        &self,
        key: &AlertKey,
        (who, why): (&str, &str),
        now: Timestamp,
    ) -> Result<PendingSave, AcknowledgeError> {
        let mut dispatcher = self.dispatcher();
        match dispatcher.acknowledge(key, who, why, now) {
            Err(AcknowledgeError::NotFiring(_)) => {
                drop(dispatcher);
                self.acknowledge_remote(key, (who, why), now)
            }
            outcome => outcome.map(|()| self.save_change(&dispatcher)),
        }
    }

    /// Removes an acknowledgement and returns it.
    ///
    /// # Errors
    /// The alert is not firing or not acknowledged.
    pub(crate) fn unacknowledge(
        &self,
        key: &AlertKey,
        now: Timestamp,
    ) -> Result<(Acknowledgement, PendingSave), AcknowledgeError> {
        let mut dispatcher = self.dispatcher();
        match dispatcher.unacknowledge(key, now) {
            Err(AcknowledgeError::NotFiring(_)) => {
                drop(dispatcher);
                self.unacknowledge_remote(key, now)
            }
            outcome => outcome.map(|removed| (removed, self.save_change(&dispatcher))),
        }
    }

    /// Acknowledgements of this and other servers.
    pub(crate) fn acknowledgements(&self) -> Vec<Acknowledgement> {
        let others = self.peers();
        let dispatcher = self.dispatcher();
        let theirs = others.statuses.iter().flat_map(|peer_status| &peer_status.acknowledged);
        dispatcher.acknowledgements().chain(theirs).cloned().collect()
    }

    fn acknowledge_remote(
        &self,
        key: &AlertKey,
        comment: (&str, &str),
        now: Timestamp,
    ) -> Result<PendingSave, AcknowledgeError> {
        let alert = self.find_remote(key)?;
        let mut dispatcher = self.dispatcher();
        dispatcher.acknowledge_remote(&alert, comment, now)?;
        Ok(self.save_change(&dispatcher))
    }

    fn unacknowledge_remote(
        &self,
        key: &AlertKey,
        now: Timestamp,
    ) -> Result<(Acknowledgement, PendingSave), AcknowledgeError> {
        let alert = self.find_remote(key)?;
        let others = self.peers();
        let mut theirs = others.statuses.iter().flat_map(|peer_status| &peer_status.acknowledged);
        let acknowledged = theirs.find(|one| one.key == *key);
        let acknowledged = acknowledged.ok_or_else(|| AcknowledgeError::NotAcknowledged(key.clone()))?;
        let mut dispatcher = self.dispatcher();
        dispatcher.unacknowledge_remote(&alert, now.max(acknowledged.time))?;
        Ok((acknowledged.clone(), self.save_change(&dispatcher)))
    }

    /// Alert of another server.
    fn find_remote(&self, key: &AlertKey) -> Result<Alert, AcknowledgeError> {
        let others = self.peers();
        let mut alerts = others.statuses.iter().flat_map(|peer_status| &peer_status.alerts);
        let found = alerts.find(|alert| alert.key == *key);
        found.cloned().ok_or_else(|| AcknowledgeError::NotFiring(key.clone()))
    }
}
