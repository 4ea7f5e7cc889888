//! What people say here goes to the other servers, and what they say there is heard here.

use super::super::acknowledgement::AcknowledgeError;
use super::super::desk::Desk;
use super::super::error;
use super::super::silence::{MOST_SILENCES, Ready, Silence};
use super::notes::{Note, Notes, Remark};
use super::record::Signature;
use crate::alert::Alert;
use std::time::Duration;
use watchglass_model::Timestamp;

/// What was said so lately may be on its way still.
const YOUNG: Duration = Duration::from_secs(60);

impl Desk {
    /// Notes that somebody looks after an alert that another server has found, and passes that on.
    ///
    /// # Errors
    /// `who` (1 to 100 characters) or `why` (at most 500) can't be used.
    pub fn acknowledge_elsewhere(
        &mut self,
        alert: &Alert,
        (who, why): (&str, &str),
        now: Timestamp,
    ) -> Result<(), AcknowledgeError> {
        error::text("who", who, 1, 100)?;
        error::text("why", why, 0, 500)?;
        self.remark(alert, |time| Signature::new(who, why, time), now)
    }

    /// Takes back that somebody looks after an alert that another server has found, and passes that on.
    ///
    /// # Errors
    /// It does not fire.
    pub fn withdraw_elsewhere(&mut self, alert: &Alert, now: Timestamp) -> Result<(), AcknowledgeError> {
        self.remark(alert, Signature::withdrawal, now)
    }

    fn remark(
        &mut self,
        alert: &Alert,
        say: impl FnOnce(Timestamp) -> Signature,
        now: Timestamp,
    ) -> Result<(), AcknowledgeError> {
        let Some(fired) = alert.fired else { return Err(AcknowledgeError::NotFiring(alert.key.clone())) };
        let before = self.remarks.iter().find(|remark| remark.key == alert.key);
        // Whatever the clock says, it is after what was said before.
        let after = before.map(|remark| remark.signature.time() + Duration::from_millis(1));
        let signature = say(after.map_or(now, |after| after.max(now)));
        self.remarks.retain(|remark| remark.key != alert.key);
        self.remarks.push(Remark { key: alert.key.clone(), fired, signature });
        Ok(())
    }

    /// A silence was changed here.
    pub(in crate::telling) fn note_change(&mut self, id: &str, now: Timestamp) {
        let before = self.changed.get(id).copied();
        if self.colleagues.is_some() || before.is_some() {
            // Whatever the clocks say, it was after what is known.
            let after = before.map_or(now, |before| now.max(before + Duration::from_millis(1)));
            self.changed.insert(id.to_owned(), after);
        }
    }

    /// Takes in what was said elsewhere.
    pub(super) fn hear(&mut self, notes: &Notes, now: Timestamp) -> bool {
        let mut is_news = false;
        for (id, note) in &notes.silences {
            let known = match (self.changed.get(id), self.silences.get(id)) {
                (None, None) => None,
                (time, ready) => Some(Note {
                    time: time.copied().unwrap_or_default(),
                    silence: ready.map(|ready| ready.silence.clone()),
                }),
            };
            let is_new = known.as_ref().map_or(note.silence.is_some(), |known| note.is_after(known));
            if is_new && self.take_over(id, note.silence.as_ref(), now) {
                self.changed.insert(id.clone(), note.time);
                self.holding = None;
                is_news = true;
            }
        }
        // What nobody remembers any more needs not be remembered here.
        self.changed.retain(|id, _| self.silences.contains_key(id) || notes.silences.contains_key(id));
        self.remarks.retain(|remark| {
            // The newest may have been made since the offer was.
            remark.signature.time() + YOUNG > now || notes.remarks.iter().any(|other| other == remark)
        });
        for remark in &notes.remarks {
            let case = self.open.get_mut(&remark.key);
            let Some(case) = case.filter(|case| case.opened <= Some(remark.fired)) else { continue };
            is_news |= remark.signature.repeat(case);
        }
        is_news
    }

    /// Puts or removes a silence of another server. False where that can't be.
    fn take_over(&mut self, id: &str, silence: Option<&Silence>, now: Timestamp) -> bool {
        let Some(silence) = silence else {
            self.silences.remove(id);
            return true;
        };
        if !self.silences.contains_key(id) && self.silences.len() >= MOST_SILENCES {
            self.silences.retain(|_, other| !other.is_over(now));
        }
        let has_room = self.silences.len() < MOST_SILENCES || self.silences.contains_key(id);
        // What another program has checked, and this one cannot use, is left to the others.
        match Ready::new(silence.clone()) {
            Ok(ready) if has_room && silence.id == id => {
                self.silences.insert(id.to_owned(), ready);
                true
            }
            _ => false,
        }
    }
}
