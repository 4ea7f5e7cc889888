//! Replicated silences, and acknowledgements of alerts of other servers. Acknowledgements are a list in the stored JSON,
//! because their keys are objects: that is why they are not in a [`ReplicatedMap`].

use super::super::silence::{CompiledSilence, Silence};
use super::notification_entry::AckRecord;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::time::Duration;
use watchglass_model::Timestamp;
use watchglass_replica::{Replicated, ReplicatedMap};
use watchglass_rules::AlertKey;

/// Maximum number of silences that are written, and of acknowledgements, including removed ones.
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
    pub(super) silences: ReplicatedMap<String, SharedSilence>,
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

impl Replicated for SharedSilence {
    /// Only bounds what is read and merged: [`SharedSilences::expire`] drops removed silences before active ones.
    const MAX_ENTRIES: usize = 2 * MAX_ENTRIES;

    fn precedence(&self, other: &Self) -> Ordering {
        let is_gone = |note: &Self| note.silence.is_none();
        // For two changes in the same millisecond all servers must choose the same.
        let written = |note: &Self| serde_json::to_string(&note.silence).unwrap_or_default();
        self.time
            .cmp(&other.time)
            .then_with(|| is_gone(self).cmp(&is_gone(other)))
            .then_with(|| written(self).cmp(&written(other)))
    }

    fn is_expired(&self, now: Timestamp) -> bool {
        let is_over = self.silence.as_ref().is_none_or(|silence| silence.end.is_some_and(|end| end <= now));
        is_over && self.time + TOMBSTONE_RETENTION <= now
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
        self.silences.merge(&other.silences);
        self.acks.extend(other.acks.iter().cloned());
        let order = |ack: &RemoteAck| (ack.fired, ack.ack.clone());
        self.acks.sort_by(|a, b| a.key.cmp(&b.key).then_with(|| order(b).cmp(&order(a))));
        // The first entry of each alert wins.
        self.acks.dedup_by(|later, first| later.key == first.key);
    }

    /// Drops expired entries, and the oldest ones above the maximum.
    pub(super) fn expire(&mut self, now: Timestamp) {
        self.silences.remove_expired(now);
        self.acks.retain(|ack| ack.ack.time() + ACK_RETENTION > now);
        while self.silences.len() > MAX_ENTRIES {
            let oldest = self.silences.iter().min_by_key(|(_, note)| (note.silence.is_some(), note.time));
            let Some(id) = oldest.map(|(id, _)| id.clone()) else { break };
            self.silences.forget(&id);
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
