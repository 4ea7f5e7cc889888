//! In-memory store of expected heartbeats, and its versioned JSON. No I/O.

use super::expected::Heartbeat;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use watchglass_model::Timestamp;

/// File version; increased by incompatible changes.
const VERSION: u32 = 1;

/// Content of the file.
#[derive(Debug, Serialize, Deserialize)]
struct File {
    version: u32,
    heartbeats: Vec<Heartbeat>,
}

/// Expected heartbeats by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct HeartbeatStore {
    pub(super) heartbeats: BTreeMap<String, Heartbeat>,
}

impl HeartbeatStore {
    /// Parses the file content.
    ///
    /// # Errors
    /// Invalid JSON or unknown version.
    pub(super) fn from_json(text: &str) -> Result<Self, String> {
        let file: File = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if file.version != VERSION {
            return Err(format!("unknown version {}, expected {VERSION}", file.version));
        }
        let heartbeats = file.heartbeats.into_iter();
        let is_valid = |one: &Heartbeat| super::expected::check_name(&one.name).is_ok();
        let heartbeats = heartbeats.filter(is_valid).map(|one| (one.name.clone(), one));
        Ok(Self { heartbeats: heartbeats.collect() })
    }

    /// File content.
    ///
    /// # Errors
    /// None in practice: all fields are texts and numbers.
    pub(super) fn to_json(&self) -> serde_json::Result<String> {
        let file = File { version: VERSION, heartbeats: self.heartbeats.values().cloned().collect() };
        Ok(serde_json::to_string_pretty(&file)? + "\n")
    }

    /// Takes over those of the configuration file with their new schedules. Those that are no longer in it are removed.
    /// A file that is edited does not reset the time since which a heartbeat is expected.
    pub(super) fn configure(&mut self, configured: Vec<Heartbeat>) {
        self.heartbeats.retain(|name, known| {
            !known.is_in_file || configured.iter().any(|heartbeat| heartbeat.name == *name)
        });
        for new in configured {
            match self.heartbeats.get_mut(&new.name) {
                Some(known) => {
                    known.period_seconds = new.period_seconds;
                    known.grace_seconds = new.grace_seconds;
                    known.is_in_file = true;
                }
                None => drop(self.heartbeats.insert(new.name.clone(), new)),
            }
        }
    }

    /// Records a signal; `None` for an unknown name.
    pub(super) fn receive(&mut self, name: &str, is_failed: bool, now: Timestamp) -> Option<Heartbeat> {
        let known = self.heartbeats.get_mut(name)?;
        known.last_received = Some(now);
        known.is_failed = is_failed;
        known.received = known.received.saturating_add(1);
        Some(known.clone())
    }

    /// Moves signals from the future to `now`: after a clock step backwards they would hide that a job has stopped.
    pub(super) fn adjust_to_clock(&mut self, now: Timestamp) {
        for known in self.heartbeats.values_mut() {
            known.since = known.since.min(now);
            known.last_received = known.last_received.map(|time| time.min(now));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::heartbeats::NewHeartbeat;
    use std::path::Path;

    fn heartbeat(name: &str, period: u32, is_in_file: bool, millis: i64) -> Heartbeat {
        let new: NewHeartbeat =
            serde_json::from_value(serde_json::json!({ "name": name, "period": period })).unwrap();
        new.validate(is_in_file, Timestamp::from_millis(millis)).unwrap()
    }

    /// A received heartbeat of the file, one that reported a failure, and one that was never received.
    fn example() -> HeartbeatStore {
        let mut store = HeartbeatStore::default();
        let start = 1_700_000_000_000;
        store.configure(vec![heartbeat("backup", 86_400, true, start)]);
        for name in ["cron", "mail"] {
            store.heartbeats.insert(name.to_owned(), heartbeat(name, 60, false, start));
        }
        store.receive("backup", false, Timestamp::from_millis(start + 1000));
        store.receive("cron", true, Timestamp::from_millis(start + 2000));
        store
    }

    #[test]
    fn format_is_that_of_the_golden_file() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/heartbeats.json");
        let text = example().to_json().unwrap();
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        let golden = std::fs::read_to_string(path).unwrap();
        assert_eq!(text, golden);
        assert_eq!(HeartbeatStore::from_json(&golden), Ok(example()));
        let newer = golden.replace("\"version\": 1", "\"version\": 2");
        assert!(HeartbeatStore::from_json(&newer).unwrap_err().contains("unknown version 2"));
    }

    #[test]
    fn configuration_changes_schedules_and_keeps_signals() {
        let mut store = example();
        store.configure(vec![heartbeat("backup", 3600, true, 5), heartbeat("cron", 120, true, 5)]);
        let backup = &store.heartbeats["backup"];
        assert_eq!(
            (backup.period_seconds, backup.since.millis(), backup.received),
            (3600, 1_700_000_000_000, 1)
        );
        assert!(store.heartbeats["cron"].is_in_file && store.heartbeats["cron"].is_failed);
        store.configure(Vec::new());
        assert_eq!(store.heartbeats.keys().collect::<Vec<_>>(), ["mail"]);
    }

    #[test]
    fn signals_from_the_future_are_moved_to_now() {
        let mut store = example();
        let now = Timestamp::from_millis(1_600_000_000_000);
        store.adjust_to_clock(now);
        assert_eq!(store.heartbeats["backup"].last_received, Some(now));
        assert_eq!((store.heartbeats["mail"].since, store.heartbeats["mail"].last_received), (now, None));
    }

    #[test]
    fn success_after_a_failure_clears_it_and_unknown_names_are_refused() {
        let mut store = example();
        let received = store.receive("cron", false, Timestamp::from_millis(1_700_000_003_000)).unwrap();
        assert_eq!((received.is_failed, received.received), (false, 2));
        assert_eq!(store.receive("other", false, Timestamp::default()), None);
    }
}
