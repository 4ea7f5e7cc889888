//! Counters and notes of series that were refused because of the series limit.

use std::collections::BTreeMap;
use watchglass_model::{Declaration, Kind, Problem, RefusedSeries, SampleBuffer, Timestamp, Unit};

/// Refused series by source.
pub(crate) static REFUSED: Declaration = Declaration {
    name: "watchglass_series_refused_total",
    kind: Kind::Counter,
    unit: Unit::Count,
    help: "Samples of series that were refused because of the series limit, by source.",
    labels: &["source"],
    panel: None,
    legend: "refused",
};

/// How long a note stays after a series of its source was last refused, in milliseconds: a source that reports every few
/// seconds has one note.
const KEPT_MILLIS: i64 = 60_000;

/// Notes and counters of all sources.
#[derive(Debug, Default)]
pub(crate) struct RefusedNotes {
    notes: BTreeMap<String, Note>,
    totals: Vec<(String, u64)>,
    changed: bool,
}

#[derive(Debug)]
struct Note {
    problem: Problem,
    last: Timestamp,
}

impl RefusedNotes {
    /// Adds the series refused at `now`, and removes the notes that are too old.
    pub(crate) fn update(&mut self, refused: &RefusedSeries, now: Timestamp) {
        for (place, source) in refused.sources().iter().enumerate() {
            match self.totals.get_mut(place) {
                Some((_, total)) => *total = source.total,
                None => self.totals.push((source.name.clone(), source.total)),
            }
            if source.series == 0 {
                continue;
            }
            match self.notes.get_mut(&source.name) {
                Some(note) => note.last = now,
                None => {
                    self.changed = true;
                    self.notes.insert(source.name.clone(), note(&source.name, now));
                }
            }
        }
        let count = self.notes.len();
        self.notes.retain(|_, note| now.millis_since(note.last) <= KEPT_MILLIS);
        self.changed |= count != self.notes.len();
    }

    /// Records the counters of all sources of which a series was ever refused.
    pub(crate) fn record(&self, samples: &mut SampleBuffer) {
        for (source, total) in &self.totals {
            samples.record(&REFUSED, &[source], *total as f64);
        }
    }

    /// Whether a note was added or removed since the last call.
    pub(crate) fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.changed)
    }

    /// The notes, by source.
    pub(crate) fn notes(&self) -> impl Iterator<Item = &Problem> {
        self.notes.values().map(|note| &note.problem)
    }
}

fn note(source: &str, now: Timestamp) -> Note {
    // Without a number, which would change with every tick.
    let reason = "further series left out: the series limit of this server is reached".to_owned();
    Note { problem: Problem { probe: source.to_owned(), since: now, reason }, last: now }
}
