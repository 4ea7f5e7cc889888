//! Notes about unavailable parts of a probe.

use std::collections::BTreeMap;

/// Reason for each unavailable part of a probe.
#[derive(Debug, Default)]
pub(crate) struct Notes(BTreeMap<&'static str, String>);

impl Notes {
    /// Sets the reason why `part` is unavailable, or clears it.
    pub(crate) fn note(&mut self, part: &'static str, reason: Option<String>) {
        match reason {
            Some(reason) => self.0.insert(part, reason),
            None => self.0.remove(part),
        };
    }

    /// All notes, sorted by part.
    pub(crate) fn list(&self) -> Vec<String> {
        self.0.iter().map(|(part, reason)| format!("{part}: {reason}")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_has_one_note_until_it_is_available() {
        let mut notes = Notes::default();
        notes.note("sizes", Some("slow".to_owned()));
        notes.note("locks", Some("forbidden".to_owned()));
        notes.note("sizes", Some("slower".to_owned()));
        assert_eq!(notes.list(), ["locks: forbidden", "sizes: slower"]);
        notes.note("locks", None);
        notes.note("none", None);
        assert_eq!(notes.list(), ["sizes: slower"]);
    }
}
