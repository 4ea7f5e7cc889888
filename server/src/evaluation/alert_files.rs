//! Files of the alert state: active alerts, replaced as a whole, and resolved alerts, one per line.
//!
//! `alerts.json` is an [`EngineState`]; `alerts-past.jsonl` has one [`Alert`] as JSON per line, the latest last.

use crate::persist::{atomic_file, check_locked};
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use watchglass_rules::{Alert, EngineState};

const STATE: &str = "alerts.json";
const PAST: &str = "alerts-past.jsonl";

/// The files in a folder.
#[derive(Clone, Debug)]
pub(super) struct AlertFiles {
    folder: PathBuf,
}

impl AlertFiles {
    pub(super) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// Last saved state; `None` if there is none. An invalid file is set aside and logged.
    ///
    /// # Errors
    /// Reading or renaming failed.
    pub(super) fn read_state(&self) -> io::Result<Option<EngineState>> {
        let Some(text) = atomic_file::read(&self.folder, STATE)? else { return Ok(None) };
        match EngineState::from_json(&text) {
            Ok(state) => Ok(Some(state)),
            Err(error) => {
                atomic_file::quarantine(&self.folder, STATE, &error.to_string())?;
                Ok(None)
            }
        }
    }

    /// Resolved alerts, the latest first, at most `most`. Invalid lines are skipped and logged, and so is an
    /// incomplete last line.
    ///
    /// # Errors
    /// Reading, renaming or truncating failed.
    pub(super) fn read_past(&self, most: usize) -> io::Result<Vec<Alert>> {
        let Some(text) = atomic_file::read(&self.folder, PAST)? else { return Ok(Vec::new()) };
        let mut past = Vec::new();
        let mut damaged = 0_usize;
        let lines = text.lines().count();
        for line in text.lines().rev() {
            match serde_json::from_str(line) {
                Ok(alert) if past.len() < most => past.push(alert),
                Ok(_) => {}
                Err(_) => damaged += 1,
            }
        }
        if damaged > 0 {
            tracing::warn!(
                file = %self.folder.join(PAST).display(),
                lines = damaged,
                "invalid alert history lines skipped"
            );
        }
        if damaged > 0 || lines > most.saturating_mul(2) {
            self.replace_past(past.iter().rev())?;
        }
        Ok(past)
    }

    /// Replaces all resolved alerts, which are given in the order of their resolution.
    ///
    /// # Errors
    /// Writing failed; the previous ones are unchanged.
    pub(super) fn replace_past<'a>(&self, past: impl IntoIterator<Item = &'a Alert>) -> io::Result<()> {
        let mut bytes = Vec::new();
        past.into_iter().try_for_each(|alert| put_line(&mut bytes, alert))?;
        atomic_file::replace(&self.folder, PAST, &bytes)
    }

    /// Replaces the saved state.
    ///
    /// # Errors
    /// Writing failed; the previous state is unchanged.
    pub(super) fn write_state(&self, state: &EngineState) -> io::Result<()> {
        atomic_file::replace(&self.folder, STATE, state.to_json().map_err(io::Error::other)?.as_bytes())
    }

    /// Appends resolved alerts.
    ///
    /// # Errors
    /// Writing failed; some may be appended.
    pub(super) fn append_past(&self, resolved: &[Alert]) -> io::Result<()> {
        if resolved.is_empty() {
            return Ok(());
        }
        check_locked(&self.folder)?;
        let mut bytes = Vec::new();
        resolved.iter().try_for_each(|alert| put_line(&mut bytes, alert))?;
        let mut file =
            OpenOptions::new().append(true).create(true).mode(0o600).open(self.folder.join(PAST))?;
        file.write_all(&bytes)?;
        file.sync_data()
    }
}

fn put_line(bytes: &mut Vec<u8>, alert: &Alert) -> io::Result<()> {
    serde_json::to_writer(&mut *bytes, alert)?;
    bytes.push(b'\n');
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use watchglass_model::{Timestamp, Unit};
    use watchglass_rules::{AlertKey, Phase, Severity};

    fn alert(number: i64) -> Alert {
        let at = Timestamp::from_millis(number * 1000);
        Alert {
            key: AlertKey { rule: format!("rule-{number}"), labels: Default::default() },
            phase: Phase::Resolved,
            severity: Severity::Warning,
            component: "cpu".to_owned(),
            subject: String::new(),
            value: Some(0.9),
            threshold: 0.8,
            unit: Unit::Ratio,
            message: "over".to_owned(),
            since: at,
            fired: Some(at),
            resolved: Some(at),
            flapping: false,
            labels: Default::default(),
        }
    }

    #[test]
    fn past_is_read_latest_first_and_limited() {
        let folder = tempfile::tempdir().unwrap();
        let files = AlertFiles::new(folder.path());
        assert_eq!(files.read_past(3).unwrap(), []);
        for number in 1..=7 {
            files.append_past(&[alert(number)]).unwrap();
        }
        assert_eq!(files.read_past(3).unwrap(), [alert(7), alert(6), alert(5)]);
        let text = fs::read_to_string(folder.path().join(PAST)).unwrap();
        assert_eq!(text.lines().count(), 3, "the file is truncated once it has twice the maximum");
        assert_eq!(files.read_past(3).unwrap(), [alert(7), alert(6), alert(5)]);
    }

    #[test]
    fn incomplete_line_is_skipped_without_losing_later_ones() {
        let folder = tempfile::tempdir().unwrap();
        let files = AlertFiles::new(folder.path());
        files.append_past(&[alert(1), alert(2)]).unwrap();
        let path = folder.path().join(PAST);
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, &text[..text.len() - 9]).unwrap();
        assert_eq!(files.read_past(9).unwrap(), [alert(1)]);
        files.append_past(&[alert(3)]).unwrap();
        assert_eq!(files.read_past(9).unwrap(), [alert(3), alert(1)]);
    }

    #[test]
    fn invalid_state_is_set_aside_and_the_next_is_saved() {
        let folder = tempfile::tempdir().unwrap();
        let files = AlertFiles::new(folder.path());
        assert!(files.read_state().unwrap().is_none());
        for malformed in ["{", "{\"version\":99}", "\u{0}\u{1}"] {
            fs::write(folder.path().join(STATE), malformed).unwrap();
            assert!(files.read_state().unwrap().is_none());
            assert_eq!(fs::read_to_string(folder.path().join("alerts.json.damaged")).unwrap(), malformed);
        }
        let state = watchglass_rules::Engine::new(Vec::new(), 1).unwrap().state();
        files.write_state(&state).unwrap();
        assert_eq!(files.read_state().unwrap(), Some(state));
    }
}
