//! Collector: runs all probes at every tick and resolves their samples to series.

mod declarations;

use crate::probe::run;
use crate::problems::Problems;
use crate::refused_series::{REFUSED, RefusedNotes};
use crate::skipped_notes::{SKIPPED, SkippedNotes};
use crate::{Probe, ProbeError};
use declarations::{catalogue, intervals, series_table};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;
use watchglass_model::{
    Batch, Catalogue, CatalogueError, Declaration, IncompleteSources, Kind, Problem, SampleBuffer, SeriesId,
    SeriesTable, Timestamp, Unit,
};

/// State of a probe. It has no panel: failures are shown as a [`Problem`] with a reason.
static UP: Declaration = Declaration {
    name: "up",
    kind: Kind::Gauge,
    unit: Unit::Count,
    help: "1 if the probe succeeded, 0 if it failed and has no values.",
    labels: &["probe"],
    panel: None,
    legend: "",
};

/// Probe name of the collector's own problem.
const SELF: &str = "collector";

/// Result of one tick.
#[derive(Clone, Debug)]
pub struct Tick {
    /// Samples.
    pub batch: Batch,
    /// Failing probes, oldest failure first. The list is shared between ticks until it changes.
    pub problems: Arc<[Problem]>,
    /// Values and series that sources which are up leave out, and why; shared in the same way.
    pub skipped: Arc<[Problem]>,
    /// Sources that leave values or series out, and since when: what decides which series no longer exist.
    pub incomplete: IncompleteSources,
    /// Series that have ended: from this batch on, their ids may belong to other series.
    pub ended: Vec<SeriesId>,
    /// Incremented in every tick in which the series, the problems or the skipped values changed.
    pub version: u64,
}

/// Runs all probes at every tick and resolves their samples to series.
///
/// Each probe and each of its parts has the series `up{probe="…"}`: 1 on success, 0 on failure. A probe that fails with
/// an error or panic has no other values in that tick and does not affect the others.
pub struct Collector {
    probes: Vec<RegisteredProbe>,
    catalogue: Catalogue,
    intervals: HashMap<&'static str, Duration>,
    table: SeriesTable,
    limit: usize,
    buffer: SampleBuffer,
    ups: SampleBuffer,
    problems: Problems,
    skipped: SkippedNotes,
    refused: RefusedNotes,
    /// Notes of `skipped` and `refused`.
    notes: Arc<[Problem]>,
    published_series: u64,
    last_sample_count: usize,
    version: u64,
}

struct RegisteredProbe {
    name: String,
    metrics: &'static [&'static Declaration],
    probe: Box<dyn Probe>,
}

impl Collector {
    /// A collector that runs `probes` in that order. All series have the `base_labels`, such as `host`, and their number
    /// is limited to `series_limit`, including `up`.
    ///
    /// # Errors
    /// A bug in a probe: an invalid declaration, a label that is also a base label, or a duplicate probe name. Probes may
    /// share a declaration: two servers of the same kind have the same metrics and differ in a label.
    pub fn new(
        probes: Vec<Box<dyn Probe>>,
        base_labels: &[(&str, &str)],
        series_limit: usize,
    ) -> Result<Self, CatalogueError> {
        let probes: Vec<RegisteredProbe> = probes
            .into_iter()
            .map(|probe| RegisteredProbe { name: probe.name().to_owned(), metrics: probe.metrics(), probe })
            .collect();
        let mut collector = Self {
            catalogue: catalogue(&probes, base_labels)?,
            intervals: intervals(&probes),
            table: series_table(&probes, base_labels, series_limit),
            probes,
            limit: series_limit,
            buffer: SampleBuffer::new(),
            ups: SampleBuffer::new(),
            problems: Problems::default(),
            skipped: SkippedNotes::default(),
            refused: RefusedNotes::default(),
            notes: Arc::default(),
            published_series: 0,
            last_sample_count: 0,
            version: 0,
        };
        collector.register_up_series();
        Ok(collector)
    }

    /// Registers the `up` series first: the ids of all others follow.
    fn register_up_series(&mut self) {
        for running in &self.probes {
            self.ups.record(&UP, &[running.name.as_str()], 1.0);
        }
        self.table.resolve(SELF, &self.ups, &mut Vec::new());
    }

    /// All metrics. Panels are ordered by probe: the first panel of each probe, then each second one, and so on.
    pub fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// All series with their ids.
    pub fn table(&self) -> &SeriesTable {
        &self.table
    }

    /// Sampling interval of a metric at one tick per second: charts show a gap when several samples in a row are missing.
    /// `None` for an unknown metric.
    pub fn interval_of(&self, metric: &str) -> Option<Duration> {
        if [UP.name, SKIPPED.name, REFUSED.name].contains(&metric) {
            return Some(Duration::from_secs(1));
        }
        self.intervals.get(metric).copied()
    }

    /// Sections of the panels of each probe: where notes about it belong.
    pub fn sections(&self) -> BTreeMap<String, BTreeSet<&'static str>> {
        let sections = |probe: &RegisteredProbe| {
            let panels = probe.metrics.iter().filter_map(|metric| metric.panel);
            (probe.name.clone(), panels.map(|(panel, _)| panel.section).collect())
        };
        self.probes.iter().map(sections).collect()
    }

    /// Names of the probes that record each metric.
    pub fn sources(&self) -> BTreeMap<String, Vec<String>> {
        declarations::sources(&self.probes)
    }

    /// Runs every probe once. `now` is the timestamp of the samples.
    pub fn tick(&mut self, now: Timestamp) -> Tick {
        let mut samples = Vec::with_capacity(self.last_sample_count);
        self.table.begin_tick();
        self.ups.clear();
        for running in &mut self.probes {
            self.buffer.clear();
            let outcome = running.run(&mut self.buffer);
            if outcome.is_ok() {
                self.table.resolve(&running.name, &self.buffer, &mut samples);
                self.skipped.update(&running.name, self.buffer.skipped(), now);
            } else {
                self.skipped.clear(&running.name, now);
            }
            // Before its first result a source is not up: an alert of the run before would resolve.
            if outcome.is_err() || running.probe.has_result() {
                self.ups.record(&UP, &[running.name.as_str()], if outcome.is_ok() { 1.0 } else { 0.0 });
            }
            for part in running.probe.sub_probes() {
                self.ups.record(&UP, &[part.name.as_str()], if part.problem.is_none() { 1.0 } else { 0.0 });
                self.problems.note(&part.name, part.problem.as_ref().map(ProbeError::to_string), now);
            }
            self.problems.note(&running.name, outcome.err().map(|error| error.to_string()), now);
        }
        self.skipped.record(&mut self.ups);
        self.refused.record(&mut self.ups);
        self.table.resolve(SELF, &self.ups, &mut samples);
        self.note_refused_series(now);

        self.last_sample_count = samples.len();
        let series = self.table.version();
        let notes_changed = self.skipped.take_changed() | self.refused.take_changed();
        if notes_changed {
            self.notes = self.skipped.published().iter().chain(self.refused.notes()).cloned().collect();
        }
        // `|` instead of `||`: take_changed also publishes the list.
        if self.problems.take_changed() | notes_changed | (series != self.published_series) {
            self.version += 1;
        }
        self.published_series = series;
        Tick {
            batch: Batch { time: now, samples },
            problems: self.problems.published(),
            skipped: Arc::clone(&self.notes),
            incomplete: self.incomplete_sources(),
            ended: self.table.ended().to_vec(),
            version: self.version,
        }
    }

    /// Every refusal counts: any series may have ended to make room.
    fn incomplete_sources(&self) -> IncompleteSources {
        let mut sources = IncompleteSources::new();
        for (source, since) in self.skipped.incomplete().chain(self.refused.incomplete()) {
            let latest = sources.entry(source.to_owned()).or_insert(since);
            *latest = since.max(*latest);
        }
        sources
    }

    /// Notes the refused series of this tick, and reports them to the probes.
    fn note_refused_series(&mut self, now: Timestamp) {
        let refused = self.table.refused();
        let over_limit = refused.is_any().then(|| {
            format!("series limit of {} reached: samples of further series are dropped", self.limit)
        });
        self.problems.note(SELF, over_limit, now);
        self.refused.update(refused, now);
        for running in &mut self.probes {
            running.probe.series_refused(refused);
        }
    }
}

impl RegisteredProbe {
    fn run(&mut self, buffer: &mut SampleBuffer) -> Result<(), ProbeError> {
        run(self.probe.as_mut(), buffer)?;
        // An undeclared metric could be neither shown nor exported.
        let is_declared = |name| self.metrics.iter().any(|metric| metric.name == name);
        match buffer.raw_samples().find(|row| !is_declared(row.metric.name)) {
            Some(row) => Err(ProbeError::Undeclared { metric: row.metric.name }),
            None => Ok(()),
        }
    }
}

impl std::fmt::Debug for Collector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<_> = self.probes.iter().map(|running| running.name.as_str()).collect();
        f.debug_struct("Collector")
            .field("probes", &names)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
