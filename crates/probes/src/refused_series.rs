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
    totals: Vec<Total>,
    changed: bool,
}

/// Refused samples of a source since the start.
#[derive(Debug)]
struct Total {
    source: String,
    count: u64,
    is_recorded: bool,
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
                Some(total) => total.count = source.total,
                None => {
                    let source_name = source.name.clone();
                    self.totals.push(Total { source: source_name, count: source.total, is_recorded: false });
                }
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

    /// Records the counters of all sources of which a series was ever refused. Each begins at zero: otherwise its first
    /// refusals would be no increase, and never alert.
    pub(crate) fn record(&mut self, samples: &mut SampleBuffer) {
        for total in &mut self.totals {
            let count = if total.is_recorded { total.count } else { 0 };
            samples.record(&REFUSED, &[&total.source], count as f64);
            total.is_recorded = true;
        }
    }

    /// The sources of which series were refused, each with the last time.
    pub(crate) fn incomplete(&self) -> impl Iterator<Item = (&str, Timestamp)> {
        self.notes.iter().map(|(source, note)| (source.as_str(), note.last))
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
