//! Replicated silences, and acknowledgements of alerts of other servers.

use super::super::silence::{CompiledSilence, Silence};
use super::notification_entry::AckRecord;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::time::Duration;
use watchglass_model::Timestamp;
use watchglass_rules::AlertKey;

/// Maximum number of replicated silences, and of acknowledgements, including removed ones.
const MAX_ENTRIES: usize = 1000;
/// Retention of tombstones. A server that was away for longer brings the silence back.
const TOMBSTONE_RETENTION: Duration = Duration::from_secs(30 * 86_400);
/// Retention of acknowledgements.
const ACK_RETENTION: Duration = Duration::from_secs(86_400);

/// Replicated silences and acknowledgements. Merging is commutative, associative and idempotent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SharedSilences {
    /// By id.
    pub(super) silences: BTreeMap<String, SharedSilence>,
    /// In order of the alert keys, one per alert.
    #[serde(rename = "remarks")]
    pub(super) acks: Vec<RemoteAck>,
}

/// A silence, or its removal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SharedSilence {
    /// Time of the change. The later one wins, and of two at the same time the removal.
    pub(crate) time: Timestamp,
    pub(crate) silence: Option<Silence>,
}

impl SharedSilence {
    fn order(&self, other: &Self) -> Ordering {
        let is_gone = |note: &Self| note.silence.is_none();
        // For two changes in the same millisecond all servers must choose the same.
        let written = |note: &Self| serde_json::to_string(&note.silence).unwrap_or_default();
        self.time
            .cmp(&other.time)
            .then_with(|| is_gone(self).cmp(&is_gone(other)))
            .then_with(|| written(self).cmp(&written(other)))
    }

    /// Whether this wins over `other`.
    pub(crate) fn is_after(&self, other: &Self) -> bool {
        self.order(other) == Ordering::Greater
    }
}

/// Acknowledgement of an alert of another server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RemoteAck {
    pub(crate) key: AlertKey,
    /// When it fired, by the clock of its server.
    pub(crate) fired: Timestamp,
    #[serde(rename = "signature")]
    pub(super) ack: AckRecord,
}

impl SharedSilences {
    /// Merges the data of another server.
    pub(super) fn merge(&mut self, other: &Self) {
        for (id, note) in &other.silences {
            match self.silences.get_mut(id) {
                Some(known) if note.is_after(known) => known.clone_from(note),
                Some(_) => {}
                None => drop(self.silences.insert(id.clone(), note.clone())),
            }
        }
        self.acks.extend(other.acks.iter().cloned());
        let order = |ack: &RemoteAck| (ack.fired, ack.ack.clone());
        self.acks.sort_by(|a, b| a.key.cmp(&b.key).then_with(|| order(b).cmp(&order(a))));
        // The first entry of each alert wins.
        self.acks.dedup_by(|later, first| later.key == first.key);
    }

    /// Drops expired entries, and the oldest ones above the maximum.
    pub(super) fn expire(&mut self, now: Timestamp) {
        self.silences.retain(|_, note| {
            let is_over =
                note.silence.as_ref().is_none_or(|silence| silence.end.is_some_and(|end| end <= now));
            !is_over || note.time + TOMBSTONE_RETENTION > now
        });
        self.acks.retain(|ack| ack.ack.time() + ACK_RETENTION > now);
        while self.silences.len() > MAX_ENTRIES {
            let oldest = self.silences.iter().min_by_key(|(_, note)| (note.silence.is_some(), note.time));
            let Some(id) = oldest.map(|(id, _)| id.clone()) else { break };
            self.silences.remove(&id);
        }
        while self.acks.len() > MAX_ENTRIES {
            let oldest = self.acks.iter().enumerate().min_by_key(|(_, ack)| ack.ack.time());
            let Some((index, _)) = oldest else { break };
            self.acks.remove(index);
        }
    }

    /// Local silences and acknowledgements; `changed` has the last change of each silence, including removed ones.
    pub(crate) fn of(
        silences: &BTreeMap<String, CompiledSilence>,
        changed: &BTreeMap<String, Timestamp>,
        acks: &[RemoteAck],
    ) -> Self {
        let ids = silences.keys().chain(changed.keys());
        let note = |id: &String| SharedSilence {
            // A silence from before the cluster is older than all others.
            time: changed.get(id).copied().unwrap_or_default(),
            silence: silences.get(id).map(|ready| ready.silence.clone()),
        };
        Self { silences: ids.map(|id| (id.clone(), note(id))).collect(), acks: acks.to_vec() }
    }
}
