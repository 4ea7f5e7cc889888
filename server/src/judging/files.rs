//! The two files that alerts are kept in: what is wrong, replaced as a whole, and what was, a line for each alert.
//!
//! `alerts.json` is an [`EngineState`]; `alerts-past.jsonl` has one [`Alert`] as JSON in each line, the latest last.

use crate::files;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use watchglass_alerts::{Alert, EngineState};

const STATE: &str = "alerts.json";
const PAST: &str = "alerts-past.jsonl";

/// The files in a folder.
#[derive(Clone, Debug)]
pub(super) struct Files {
    folder: PathBuf,
}

impl Files {
    pub(super) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// What was wrong when the state was last written; nothing before the first time. A file that cannot be understood
    /// is set aside, and the log says so.
    ///
    /// # Errors
    /// The system cannot read or rename it.
    pub(super) fn read_state(&self) -> io::Result<Option<EngineState>> {
        let Some(text) = files::read(&self.folder, STATE)? else { return Ok(None) };
        match EngineState::from_json(&text) {
            Ok(state) => Ok(Some(state)),
            Err(error) => {
                files::set_aside(&self.folder, STATE, &error.to_string())?;
                Ok(None)
            }
        }
    }

    /// What was wrong and is over, the latest first, at most so many. Lines that cannot be understood are left out, and
    /// the log says so; so is the end of a line whose writing was cut off.
    ///
    /// # Errors
    /// The system cannot read, rename or shorten the file.
    pub(super) fn read_past(&self, most: usize) -> io::Result<Vec<Alert>> {
        let Some(text) = files::read(&self.folder, PAST)? else { return Ok(Vec::new()) };
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
                "alerts of the past cannot be read and are left out"
            );
        }
        if damaged > 0 || lines > most.saturating_mul(2) {
            let mut bytes = Vec::new();
            past.iter().rev().try_for_each(|alert| put_line(&mut bytes, alert))?;
            files::replace(&self.folder, PAST, &bytes)?;
        }
        Ok(past)
    }

    /// Replaces what is wrong.
    ///
    /// # Errors
    /// The disk does not take it. What was there before is there still.
    pub(super) fn write_state(&self, state: &EngineState) -> io::Result<()> {
        files::replace(&self.folder, STATE, state.to_json().map_err(io::Error::other)?.as_bytes())
    }

    /// Adds what is over.
    ///
    /// # Errors
    /// The disk does not take it; some of it may be there.
    pub(super) fn append_past(&self, over: &[Alert]) -> io::Result<()> {
        if over.is_empty() {
            return Ok(());
        }
        let mut bytes = Vec::new();
        over.iter().try_for_each(|alert| put_line(&mut bytes, alert))?;
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
    use watchglass_alerts::{AlertKey, Phase, Severity};
    use watchglass_model::{Timestamp, Unit};

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
    fn the_past_comes_back_the_latest_first_and_no_longer_than_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::new(folder.path());
        assert_eq!(files.read_past(3).unwrap(), []);
        for number in 1..=7 {
            files.append_past(&[alert(number)]).unwrap();
        }
        assert_eq!(files.read_past(3).unwrap(), [alert(7), alert(6), alert(5)]);
        let text = fs::read_to_string(folder.path().join(PAST)).unwrap();
        assert_eq!(text.lines().count(), 3, "the file is shortened once it is twice as long as it need be");
        assert_eq!(files.read_past(3).unwrap(), [alert(7), alert(6), alert(5)]);
    }

    #[test]
    fn a_line_that_was_cut_off_costs_that_line_and_no_later_one() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::new(folder.path());
        files.append_past(&[alert(1), alert(2)]).unwrap();
        let path = folder.path().join(PAST);
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, &text[..text.len() - 9]).unwrap();
        assert_eq!(files.read_past(9).unwrap(), [alert(1)]);
        files.append_past(&[alert(3)]).unwrap();
        assert_eq!(files.read_past(9).unwrap(), [alert(3), alert(1)]);
    }

    #[test]
    fn a_state_that_cannot_be_read_is_set_aside_and_the_next_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::new(folder.path());
        assert!(files.read_state().unwrap().is_none());
        for rubbish in ["{", "{\"version\":99}", "\u{0}\u{1}"] {
            fs::write(folder.path().join(STATE), rubbish).unwrap();
            assert!(files.read_state().unwrap().is_none());
            assert_eq!(fs::read_to_string(folder.path().join("alerts.json.damaged")).unwrap(), rubbish);
        }
        let state = watchglass_alerts::Engine::new(Vec::new(), 1).unwrap().state();
        files.write_state(&state).unwrap();
        assert_eq!(files.read_state().unwrap(), Some(state));
    }
}
