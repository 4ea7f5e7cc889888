//! Who looks after which alert, wherever it was found.

use super::Telling;
use watchglass_alerts::telling::{AcknowledgeError, Acknowledgement};
use watchglass_alerts::{Alert, AlertKey};
use watchglass_model::Timestamp;

impl Telling {
    /// Notes that somebody looks after an alert.
    ///
    /// # Errors
    /// It does not fire, or a text is too long or missing.
    pub(crate) fn acknowledge(
        &self,
        key: &AlertKey,
        (who, why): (&str, &str),
        now: Timestamp,
    ) -> Result<(), AcknowledgeError> {
        let mut desk = self.desk();
        match desk.acknowledge(key, who, why, now) {
            Err(AcknowledgeError::NotFiring(_)) => {
                drop(desk);
                self.acknowledge_elsewhere(key, (who, why), now)
            }
            outcome => {
                self.keep(&desk, Vec::new());
                outcome
            }
        }
    }

    /// Takes an acknowledgement back, and gives it.
    ///
    /// # Errors
    /// The alert does not fire, or nobody has acknowledged it.
    pub(crate) fn withdraw(
        &self,
        key: &AlertKey,
        now: Timestamp,
    ) -> Result<Acknowledgement, AcknowledgeError> {
        let mut desk = self.desk();
        match desk.withdraw(key, now) {
            Err(AcknowledgeError::NotFiring(_)) => {
                drop(desk);
                self.withdraw_elsewhere(key, now)
            }
            outcome => {
                self.keep(&desk, Vec::new());
                outcome
            }
        }
    }

    /// What is acknowledged, here and on other servers.
    pub(crate) fn acknowledgements(&self) -> Vec<Acknowledgement> {
        let others = self.others();
        let desk = self.desk();
        let theirs = others.boards.iter().flat_map(|board| &board.acknowledged);
        desk.acknowledgements().chain(theirs).cloned().collect()
    }

    fn acknowledge_elsewhere(
        &self,
        key: &AlertKey,
        said: (&str, &str),
        now: Timestamp,
    ) -> Result<(), AcknowledgeError> {
        let alert = self.find_elsewhere(key)?;
        let mut desk = self.desk();
        desk.acknowledge_elsewhere(&alert, said, now)?;
        self.keep(&desk, Vec::new());
        Ok(())
    }

    fn withdraw_elsewhere(
        &self,
        key: &AlertKey,
        now: Timestamp,
    ) -> Result<Acknowledgement, AcknowledgeError> {
        let alert = self.find_elsewhere(key)?;
        let others = self.others();
        let mut theirs = others.boards.iter().flat_map(|board| &board.acknowledged);
        let acknowledged = theirs.find(|one| one.key == *key);
        let acknowledged = acknowledged.ok_or_else(|| AcknowledgeError::NotAcknowledged(key.clone()))?;
        let mut desk = self.desk();
        desk.withdraw_elsewhere(&alert, now.max(acknowledged.time))?;
        self.keep(&desk, Vec::new());
        Ok(acknowledged.clone())
    }

    /// An alert that another server has found.
    fn find_elsewhere(&self, key: &AlertKey) -> Result<Alert, AcknowledgeError> {
        let others = self.others();
        let mut alerts = others.boards.iter().flat_map(|board| &board.alerts);
        let found = alerts.find(|alert| alert.key == *key);
        found.cloned().ok_or_else(|| AcknowledgeError::NotFiring(key.clone()))
    }
}
