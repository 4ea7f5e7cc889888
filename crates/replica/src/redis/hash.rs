//! Content of the Redis hash.

use crate::{DecodeError, ReplicatedKey, ReplicatedMap, StoredValue};
use std::collections::BTreeSet;
use watchglass_model::Timestamp;
use watchglass_remote::redis::{Value, as_bytes};

/// Name of the revision field: no key is empty.
pub(super) const REVISION: &str = "";
/// Maximum characters of a field name in a report.
const MAX_NAME: usize = 64;

/// Fields of the hash.
#[derive(Debug)]
pub(super) struct Hash<K, V> {
    revision: Option<String>,
    map: ReplicatedMap<K, V>,
    /// Valid fields that are not in the map and to be deleted: expired, or above the maximum.
    surplus: Vec<K>,
    /// Fields of another version: these are not overwritten.
    other_version: BTreeSet<K>,
    /// Number of invalid fields, and the first one with the reason.
    invalid: Option<(usize, String)>,
}

/// What a server changes in the hash.
#[derive(Debug)]
pub(super) struct Changes<K, V> {
    /// Fields to set.
    pub(super) updated: Vec<(K, V)>,
    /// Fields to delete: expired, or above the maximum and with smaller values than all others.
    pub(super) removed: Vec<K>,
}

impl<K, V> Changes<K, V> {
    pub(super) fn is_empty(&self) -> bool {
        self.updated.is_empty() && self.removed.is_empty()
    }
}

impl<K: ReplicatedKey, V: StoredValue> Hash<K, V> {
    /// Parses the reply to `HGETALL`. Invalid fields are skipped. `version` is the expected format version of the revision
    /// field, if it has one.
    ///
    /// # Errors
    /// The revision has another version.
    pub(super) fn parse(fields: &[Value], version: Option<u32>) -> Result<Self, String> {
        let mut hash = Self {
            revision: None,
            map: ReplicatedMap::default(),
            surplus: Vec::new(),
            other_version: BTreeSet::new(),
            invalid: None,
        };
        let mut entries = Vec::new();
        for pair in fields.chunks(2) {
            let [field, value] = pair else { break };
            let (field, value) =
                (text(as_bytes(field).unwrap_or_default()), as_bytes(value).unwrap_or_default());
            if field == REVISION {
                let revision = text(value);
                version.map_or(Ok(()), |version| check_version(&revision, version))?;
                hash.revision = Some(revision);
                continue;
            }
            match hash.entry(&field, value) {
                Ok(entry) => entries.push(entry),
                Err(reason) => {
                    let (count, _) = hash.invalid.get_or_insert_with(|| {
                        (0, format!("{}: {reason}", field.chars().take(MAX_NAME).collect::<String>()))
                    });
                    *count += 1;
                }
            }
        }
        let keys: Vec<K> = entries.iter().map(|(key, _)| key.clone()).collect();
        hash.map.extend(entries);
        hash.surplus = keys.into_iter().filter(|key| !hash.map.contains_key(key)).collect();
        Ok(hash)
    }

    fn entry(&mut self, field: &str, value: &[u8]) -> Result<(K, V), String> {
        let key = K::from_field(field)?;
        match V::decode(value) {
            Ok(value) => Ok((key, value)),
            Err(error) => {
                if matches!(error, DecodeError::OtherVersion(_)) {
                    self.other_version.insert(key);
                }
                Err(error.to_string())
            }
        }
    }

    /// Entries of all servers.
    pub(super) fn map(&self) -> &ReplicatedMap<K, V> {
        &self.map
    }

    pub(super) fn has_revision(&self, revision: Option<&str>) -> bool {
        self.revision.as_deref() == revision
    }

    /// The invalid fields in words.
    pub(super) fn invalid(&self) -> Option<String> {
        self.invalid.as_ref().map(|(count, first)| format!("{count} fields, such as {first}"))
    }

    /// Takes expired entries out of the map; they will be deleted.
    pub(super) fn remove_expired(&mut self, now: Timestamp) {
        self.surplus.extend(self.map.expired(now).cloned());
        self.map.remove_expired(now);
    }

    /// What a server with the map `mine` changes.
    pub(super) fn changes(&self, mine: &ReplicatedMap<K, V>, now: Timestamp) -> Changes<K, V> {
        let delta = mine.delta_for(&self.map, now).into_iter();
        let updated: Vec<(K, V)> = delta
            .filter(|(key, _)| !self.other_version.contains(*key))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        if updated.is_empty() {
            return Changes { updated, removed: self.surplus.clone() };
        }
        let mut after = self.map.clone();
        after.extend(updated.iter().cloned());
        let before = self.map.iter().map(|(key, _)| key).chain(&self.surplus);
        let removed = before.filter(|key| !after.contains_key(*key)).cloned().collect();
        Changes { updated, removed }
    }

    /// Applies changes that were written; `revision` is the new revision, unless nothing changed.
    ///
    /// A tombstone that was written although it has expired, to end what a peer has, is left to the peer: deleted by the
    /// next round of this server, the peer could miss it.
    pub(super) fn apply(&mut self, changes: Changes<K, V>, revision: Option<String>, now: Timestamp) {
        self.surplus.clear();
        self.map.extend(changes.updated);
        for key in &changes.removed {
            self.map.forget(key);
        }
        self.map.remove_expired(now);
        self.revision = revision.or_else(|| self.revision.take());
    }
}

fn check_version(revision: &str, version: u32) -> Result<(), String> {
    match revision.split(' ').next().unwrap_or_default().parse::<u32>() {
        Ok(found) if found == version => Ok(()),
        Ok(found) => Err(format!(
            "unsupported version {found} (supported: {version}): run the same version on all servers, or use another prefix"
        )),
        Err(_) => Err("invalid data: the revision has no version".to_owned()),
    }
}

pub(super) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
