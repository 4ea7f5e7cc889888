//! What other servers find, and what is left to them.

use super::Telling;
use std::sync::{Arc, PoisonError};
use watchglass_alerts::Alert;
use watchglass_alerts::telling::{Board, Ledger, Offer, Past, Place, Seen};
use watchglass_model::Timestamp;

/// What is known of other servers.
#[derive(Debug, Default)]
pub(crate) struct Others {
    /// What those find that live.
    pub(crate) boards: Vec<Board>,
    /// What was wrong on each.
    pub(crate) past: Vec<Arc<Past>>,
}

impl Telling {
    /// Shares with other servers from now on.
    pub(crate) fn share(&self, server: &str, place: Place, now: Timestamp) {
        self.desk().share(server, place, !self.channels.is_empty(), now);
    }

    /// What is to be written for other servers after `seen` was read. Nothing as long as what was told is not safe on this
    /// server's disk: others would take it for told, and a crash would lose it.
    pub(crate) fn offer(&self, seen: &Seen, active: Vec<Alert>, now: Timestamp) -> Option<Offer> {
        let mut desk = self.desk();
        // While the desk is held nobody adds to what is to be written.
        if self.keeper.as_ref().is_some_and(|keeper| !keeper.is_idle()) {
            return None;
        }
        let mut offer = desk.offer(seen, now)?;
        offer.board.alerts = active;
        Some(offer)
    }

    /// The last offer was written: this is what all agree on.
    pub(crate) fn agree(&self, ledger: &Ledger, now: Timestamp) {
        let mut desk = self.desk();
        if desk.agree(ledger, now) {
            self.keep(&desk, Vec::new());
        }
    }

    /// What the others find.
    pub(crate) fn set_others(&self, others: Others) {
        *self.others.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(others);
    }

    /// The others could not be reached.
    pub(crate) fn miss(&self) {
        self.desk().miss();
        // What they found a while ago may be over, and what was over is so still.
        let past = self.others().past.clone();
        self.set_others(Others { boards: Vec::new(), past });
    }

    /// What is known of other servers.
    pub(crate) fn others(&self) -> Arc<Others> {
        Arc::clone(&self.others.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The id of the silence that keeps an alert quiet, and the rule of the alert that it is because of.
    pub(crate) fn quiet(&self, alert: &Alert, now: Timestamp) -> (Option<String>, Option<String>) {
        let others = self.others();
        let desk = self.desk();
        let silence = desk.silence_of(alert, now).map(|silence| silence.id.clone());
        let theirs =
            || others.boards.iter().flat_map(|board| &board.because_of).find(|one| one.alert == alert.key);
        let cause = desk.because_of(&alert.key).or_else(|| theirs().map(|one| &one.cause));
        (silence, cause.map(|cause| cause.rule.clone()))
    }
}
