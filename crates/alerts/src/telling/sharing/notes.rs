//! What people say, wherever they say it: silences, and acknowledgements of what another server has found.

use super::super::silence::{Ready, Silence};
use super::record::Signature;
use crate::alert::AlertKey;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::time::Duration;
use watchglass_model::Timestamp;

/// The most silences and the most acknowledgements that are passed on, those that are gone included.
const MOST: usize = 1000;
/// How long it is remembered that something is gone. A server that was away for longer brings it back.
const REMEMBERED: Duration = Duration::from_secs(30 * 86_400);
/// How long an acknowledgement is passed on.
const PASSED_ON: Duration = Duration::from_secs(86_400);

/// What people have said. Two of them are joined in any order and any number of times with the same outcome.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Notes {
    /// By their ids.
    pub(super) silences: BTreeMap<String, Note>,
    /// In the order of alerts, each once.
    pub(super) remarks: Vec<Remark>,
}

/// A silence as somebody wanted it, or that nobody wants it any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::telling) struct Note {
    /// When that was said. Of two what was said later counts, and of what was said at once that it is gone.
    pub(in crate::telling) time: Timestamp,
    pub(in crate::telling) silence: Option<Silence>,
}

impl Note {
    fn order(&self, other: &Self) -> Ordering {
        let is_gone = |note: &Self| note.silence.is_none();
        // Two people at the same millisecond: what counts is that all servers take the same.
        let written = |note: &Self| serde_json::to_string(&note.silence).unwrap_or_default();
        self.time
            .cmp(&other.time)
            .then_with(|| is_gone(self).cmp(&is_gone(other)))
            .then_with(|| written(self).cmp(&written(other)))
    }

    /// Whether this is what counts of the two.
    pub(in crate::telling) fn is_after(&self, other: &Self) -> bool {
        self.order(other) == Ordering::Greater
    }
}

/// Somebody looks after an alert of another server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::telling) struct Remark {
    pub(in crate::telling) key: AlertKey,
    /// When it fired, by the clock of the server that has found it.
    pub(in crate::telling) fired: Timestamp,
    pub(super) signature: Signature,
}

impl Notes {
    /// Takes in what others know.
    pub(super) fn join(&mut self, other: &Self) {
        for (id, note) in &other.silences {
            match self.silences.get_mut(id) {
                Some(known) if note.is_after(known) => known.clone_from(note),
                Some(_) => {}
                None => drop(self.silences.insert(id.clone(), note.clone())),
            }
        }
        self.remarks.extend(other.remarks.iter().cloned());
        let order = |remark: &Remark| (remark.fired, remark.signature.clone());
        self.remarks.sort_by(|a, b| a.key.cmp(&b.key).then_with(|| order(b).cmp(&order(a))));
        // The first of each alert is the one that counts.
        self.remarks.dedup_by(|later, first| later.key == first.key);
    }

    /// Drops what nobody needs any more, and of too much the oldest.
    pub(super) fn forget(&mut self, now: Timestamp) {
        self.silences.retain(|_, note| {
            let is_over =
                note.silence.as_ref().is_none_or(|silence| silence.end.is_some_and(|end| end <= now));
            !is_over || note.time + REMEMBERED > now
        });
        self.remarks.retain(|remark| remark.signature.time() + PASSED_ON > now);
        while self.silences.len() > MOST {
            let oldest = self.silences.iter().min_by_key(|(_, note)| (note.silence.is_some(), note.time));
            let Some(id) = oldest.map(|(id, _)| id.clone()) else { break };
            self.silences.remove(&id);
        }
        while self.remarks.len() > MOST {
            let oldest = self.remarks.iter().enumerate().min_by_key(|(_, remark)| remark.signature.time());
            let Some((index, _)) = oldest else { break };
            self.remarks.remove(index);
        }
    }

    /// What a desk knows, given its silences and when they, or those that are gone, were last changed.
    pub(in crate::telling) fn of(
        silences: &BTreeMap<String, Ready>,
        changed: &BTreeMap<String, Timestamp>,
        remarks: &[Remark],
    ) -> Self {
        let ids = silences.keys().chain(changed.keys());
        let note = |id: &String| Note {
            // One from before anything was shared is older than all that was.
            time: changed.get(id).copied().unwrap_or_default(),
            silence: silences.get(id).map(|ready| ready.silence.clone()),
        };
        Self { silences: ids.map(|id| (id.clone(), note(id))).collect(), remarks: remarks.to_vec() }
    }
}
