//! What is left out, and why: said once, not at every round.

use std::collections::BTreeMap;

/// Why something is left out, for each part of a probe.
#[derive(Debug, Default)]
pub(crate) struct Notes(BTreeMap<&'static str, String>);

impl Notes {
    /// Notes that `part` is left out and why, or that all is well with it.
    pub(crate) fn note(&mut self, part: &'static str, why: Option<String>) {
        match why {
            Some(why) => self.0.insert(part, why),
            None => self.0.remove(part),
        };
    }

    /// All of them, in the order of the parts' names.
    pub(crate) fn list(&self) -> Vec<String> {
        self.0.iter().map(|(part, why)| format!("{part}: {why}")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_has_one_note_until_all_is_well() {
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
