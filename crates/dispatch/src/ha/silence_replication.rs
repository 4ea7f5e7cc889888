//! Replication of silences and acknowledgements between servers.

use super::super::acknowledgement::AcknowledgeError;
use super::super::dispatcher::Dispatcher;
use super::super::error;
use super::super::silence::{CompiledSilence, MAX_SILENCES, Silence};
use super::notification_entry::AckRecord;
use super::shared_silences::{RemoteAck, SharedSilence, SharedSilences};
use std::time::Duration;
use watchglass_model::Timestamp;
use watchglass_replica::Replicated;
use watchglass_rules::Alert;

/// Age up to which an acknowledgement may not have reached the peers yet.
const REPLICATION_GRACE: Duration = Duration::from_secs(60);

impl Dispatcher {
    /// Acknowledges an alert of a peer, and passes that on.
    ///
    /// # Errors
    /// Invalid `who` (1 to 100 characters) or `why` (at most 500).
    pub fn acknowledge_remote(
        &mut self,
        alert: &Alert,
        (who, why): (&str, &str),
        now: Timestamp,
    ) -> Result<(), AcknowledgeError> {
        error::text("who", who, 1, 100)?;
        error::text("why", why, 0, 500)?;
        self.record_remote_ack(alert, |time| AckRecord::new(who, why, time), now)
    }

    /// Removes the acknowledgement of an alert of a peer, and passes that on.
    ///
    /// # Errors
    /// The alert is not firing.
    pub fn unacknowledge_remote(&mut self, alert: &Alert, now: Timestamp) -> Result<(), AcknowledgeError> {
        self.record_remote_ack(alert, AckRecord::removal, now)
    }

    fn record_remote_ack(
        &mut self,
        alert: &Alert,
        say: impl FnOnce(Timestamp) -> AckRecord,
        now: Timestamp,
    ) -> Result<(), AcknowledgeError> {
        let Some(fired) = alert.fired else { return Err(AcknowledgeError::NotFiring(alert.key.clone())) };
        let before = self.remote_acks.iter().find(|ack| ack.key == alert.key);
        // Later than the previous one, whatever the clock says.
        let after = before.map(|ack| ack.ack.time() + Duration::from_millis(1));
        let signature = say(after.map_or(now, |after| after.max(now)));
        self.remote_acks.retain(|ack| ack.key != alert.key);
        self.remote_acks.push(RemoteAck { key: alert.key.clone(), fired, ack: signature });
        Ok(())
    }

    /// Records a local change of a silence.
    pub(crate) fn record_silence_change(&mut self, id: &str, now: Timestamp) {
        let before = self.silence_changes.get(id).copied();
        if self.cluster.is_some() || before.is_some() {
            // Later than the known change, whatever the clocks say.
            let after = before.map_or(now, |before| now.max(before + Duration::from_millis(1)));
            self.silence_changes.insert(id.to_owned(), after);
        }
    }

    /// Applies silences and acknowledgements of peers.
    pub(super) fn apply_shared(&mut self, notes: &SharedSilences, now: Timestamp) -> bool {
        let mut is_news = false;
        for (id, note) in &notes.silences {
            let known = match (self.silence_changes.get(id), self.silences.get(id)) {
                (None, None) => None,
                (time, ready) => Some(SharedSilence {
                    time: time.copied().unwrap_or_default(),
                    silence: ready.map(|ready| ready.silence.clone()),
                }),
            };
            let is_new = known.as_ref().map_or(note.silence.is_some(), |known| note.supersedes(known));
            if is_new && self.apply_silence(id, note.silence.as_ref(), now) {
                self.silence_changes.insert(id.clone(), note.time);
                self.active_silences = None;
                is_news = true;
            }
        }
        // Tombstones that expired everywhere are dropped here, too.
        self.silence_changes
            .retain(|id, _| self.silences.contains_key(id) || notes.silences.contains_key(id));
        self.remote_acks.retain(|ack| {
            // The newest may be later than the proposal.
            ack.ack.time() + REPLICATION_GRACE > now || notes.acks.iter().any(|other| other == ack)
        });
        for ack in &notes.acks {
            let tracked = self.active.get_mut(&ack.key);
            let Some(tracked) = tracked.filter(|tracked| tracked.opened <= Some(ack.fired)) else { continue };
            is_news |= ack.ack.apply_to(tracked);
        }
        is_news
    }

    /// Adds or removes a silence of a peer. False if that is impossible.
    fn apply_silence(&mut self, id: &str, silence: Option<&Silence>, now: Timestamp) -> bool {
        let Some(silence) = silence else {
            self.silences.remove(id);
            return true;
        };
        if !self.silences.contains_key(id) && self.silences.len() >= MAX_SILENCES {
            self.silences.retain(|_, other| !other.is_expired(now));
        }
        let fits = self.silences.len() < MAX_SILENCES || self.silences.contains_key(id);
        // A silence that another version accepts and this one does not is left to the peers.
        match CompiledSilence::new(silence.clone()) {
            Ok(ready) if fits && silence.id == id => {
                self.silences.insert(id.to_owned(), ready);
                true
            }
            _ => false,
        }
    }
}
