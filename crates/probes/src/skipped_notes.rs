//! Current notes about skipped readings, and their counters.

use crate::left_out::LeftOut;
use std::collections::BTreeMap;
use std::sync::Arc;
use watchglass_model::{
    Declaration, Kind, Problem, SampleBuffer, SkipReason, SkippedReading, SkippedReadings, Timestamp, Unit,
};

/// Skipped readings by source.
pub(crate) static SKIPPED: Declaration = Declaration {
    name: "watchglass_readings_skipped_total",
    kind: Kind::Counter,
    unit: Unit::Count,
    help: "Values of a source that could not be used and were left out, by reason.",
    labels: &["source", "reason"],
    panel: None,
    legend: "skipped",
};

/// How long a note stays after its reading was last skipped, in milliseconds: a reading that is skipped every other time
/// has one note. Longer than the interval of slow queries.
pub(crate) const KEPT_MILLIS: i64 = 150_000;

/// Notes and counters of all sources.
#[derive(Debug, Default)]
pub(crate) struct SkippedNotes {
    sources: BTreeMap<String, Source>,
    changed: bool,
    published: Arc<[Problem]>,
}

#[derive(Debug, Default)]
struct Source {
    notes: Vec<Note>,
    /// Note about readings beyond the limit, while there are any.
    more: Option<(Timestamp, Timestamp)>,
    counts: [u64; SkipReason::ALL.len()],
    left_out: LeftOut,
}

#[derive(Debug)]
struct Note {
    reading: SkippedReading,
    since: Timestamp,
    last: Timestamp,
}

impl SkippedNotes {
    /// Adds the readings that `source` skipped at `now`, and removes the notes that are too old.
    pub(crate) fn update(&mut self, source: &str, skipped: &SkippedReadings, now: Timestamp) {
        let known = match self.sources.get_mut(source) {
            Some(known) => known,
            None if skipped.is_empty() => return,
            None => self.sources.entry(source.to_owned()).or_default(),
        };
        for (total, (_, count)) in known.counts.iter_mut().zip(skipped.counts()) {
            *total += count;
        }
        known.left_out.update(skipped, now);
        self.changed |= known.update(skipped, now);
    }

    /// Since when each source leaves out what it leaves out.
    pub(crate) fn incomplete(&self) -> impl Iterator<Item = (&str, Timestamp)> {
        self.sources.iter().filter_map(|(source, known)| Some((source.as_str(), known.left_out.since()?)))
    }

    /// Removes the notes of a source that is down at `now`: its problem says more.
    pub(crate) fn clear(&mut self, source: &str, now: Timestamp) {
        if let Some(known) = self.sources.get_mut(source) {
            known.left_out.pause(now);
            self.changed |= !known.notes.is_empty() || known.more.is_some();
            known.notes.clear();
            known.more = None;
        }
    }

    /// Records the counters of all sources that have ever skipped a reading.
    pub(crate) fn record(&self, samples: &mut SampleBuffer) {
        for (source, known) in &self.sources {
            for (reason, count) in
                SkipReason::ALL.into_iter().zip(known.counts).filter(|(_, count)| *count > 0)
            {
                samples.record(&SKIPPED, &[source, reason.label()], count as f64);
            }
        }
    }

    /// Whether a note was added or removed since the last call; publishes the changes.
    pub(crate) fn take_changed(&mut self) -> bool {
        let changed = std::mem::take(&mut self.changed);
        if changed {
            let problems = self.sources.iter().flat_map(|(source, known)| known.problems(source));
            self.published = problems.collect();
        }
        changed
    }

    /// The notes as of the last call of [`SkippedNotes::take_changed`], by source, oldest first.
    pub(crate) fn published(&self) -> Arc<[Problem]> {
        Arc::clone(&self.published)
    }
}

impl Source {
    /// Returns whether the notes changed.
    fn update(&mut self, skipped: &SkippedReadings, now: Timestamp) -> bool {
        let mut changed = false;
        let mut is_over = skipped.total() > skipped.listed().len() as u64;
        for reading in skipped.listed() {
            let is_same = |note: &&mut Note| {
                note.reading.field == reading.field && note.reading.reason == reading.reason
            };
            // The text may change with every reading: the first one stays.
            let has_room = self.notes.len() < SkippedReadings::MAX_LISTED;
            match self.notes.iter_mut().find(is_same) {
                Some(note) => note.last = now,
                None if has_room => {
                    self.notes.push(Note { reading: reading.clone(), since: now, last: now });
                    changed = true;
                }
                None => is_over = true,
            }
        }
        let is_old = |last: Timestamp| now.millis_since(last) > KEPT_MILLIS;
        let count = self.notes.len();
        self.notes.retain(|note| !is_old(note.last));
        changed |= count != self.notes.len();
        let was_over = self.more.is_some();
        match &mut self.more {
            Some((_, last)) if is_over => *last = now,
            Some((_, last)) if is_old(*last) => self.more = None,
            None if is_over => self.more = Some((now, now)),
            _ => {}
        }
        changed | (was_over != self.more.is_some())
    }

    fn problems(&self, source: &str) -> impl Iterator<Item = Problem> {
        let problem = |since, reason| Problem { probe: source.to_owned(), since, reason };
        let notes = self.notes.iter().map(move |note| problem(note.since, text(&note.reading)));
        let more = self.more.map(|(since, _)| (since, "further values are left out".to_owned()));
        notes.chain(more.map(move |(since, reason)| Problem { probe: source.to_owned(), since, reason }))
    }
}

/// Such as `mem_fragmentation_ratio left out: not a number ("nan")`.
fn text(reading: &SkippedReading) -> String {
    let SkippedReading { field, text, reason } = reading;
    let reason = reason.text();
    if text.is_empty() {
        format!("{field} left out: {reason}")
    } else {
        format!("{field} left out: {reason} (\"{text}\")")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn skipped(readings: &[(&str, &str, SkipReason)]) -> SkippedReadings {
        let mut skipped = SkippedReadings::default();
        readings.iter().for_each(|(field, text, reason)| skipped.add(field, text, *reason));
        skipped
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1000)
    }

    /// Start in seconds, and text.
    fn published(notes: &SkippedNotes) -> Vec<(i64, String)> {
        notes.published().iter().map(|note| (note.since.millis() / 1000, note.reason.clone())).collect()
    }

    #[test]
    fn notes_begin_once_and_end_some_time_after_the_last_one() {
        let mut notes = SkippedNotes::default();
        let bad = |text| skipped(&[("ratio", text, SkipReason::NotANumber)]);
        let none = SkippedReadings::default();
        let expected = vec![(1, "ratio left out: not a number (\"nan\")".to_owned())];
        for (second, readings, changed, expected) in [
            (0, none.clone(), false, vec![]),
            (1, bad("nan"), true, expected.clone()),
            (2, bad("-nan"), false, expected.clone()),
            (3, none.clone(), false, expected.clone()),
            (4, bad("x"), false, expected.clone()),
            (154, none.clone(), false, expected),
            (155, none, true, vec![]),
            (156, bad("nan"), true, vec![(156, "ratio left out: not a number (\"nan\")".to_owned())]),
        ] {
            notes.update("redis:a", &readings, at(second));
            assert_eq!(notes.take_changed(), changed, "at {second}");
            assert_eq!(published(&notes), expected, "at {second}");
        }
        let mut samples = SampleBuffer::new();
        notes.record(&mut samples);
        let rows = crate::testing::rows(&samples);
        let name = "watchglass_readings_skipped_total";
        assert_eq!(rows, crate::testing::expected_rows(&[(name, "redis:a not_a_number", 4.0)]));
        notes.clear("redis:a", at(157));
        assert!(notes.take_changed() && notes.published().is_empty());
    }

    #[test]
    fn number_of_notes_is_limited() {
        let mut notes = SkippedNotes::default();
        let mut many = SkippedReadings::default();
        (0..30).for_each(|number| many.add(&format!("f{number}"), "", SkipReason::Missing));
        notes.update("disk", &many, at(0));
        assert!(notes.take_changed());
        let found = published(&notes);
        assert_eq!(found.len(), SkippedReadings::MAX_LISTED + 1);
        assert_eq!(found[0].1, "f0 left out: missing");
        assert_eq!(found[8].1, "further values are left out");
        notes.update("disk", &skipped(&[("g", "", SkipReason::Missing)]), at(1));
        assert!(!notes.take_changed(), "a ninth note does not replace another");
    }
}
