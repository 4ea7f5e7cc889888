//! Collector: runs all probes at every tick and resolves their samples to series.

use crate::probe::run;
use crate::problems::Problems;
use crate::skipped_notes::{SKIPPED, SkippedNotes};
use crate::{Probe, ProbeError};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;
use watchglass_model::{
    Batch, Catalogue, CatalogueError, Declaration, Kind, Problem, SampleBuffer, SeriesTable, Timestamp, Unit,
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
    /// Values that sources which are up leave out, and why; shared in the same way.
    pub skipped: Arc<[Problem]>,
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
    published_series: usize,
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
            probes,
            table: SeriesTable::new(base_labels, series_limit),
            limit: series_limit,
            buffer: SampleBuffer::new(),
            ups: SampleBuffer::new(),
            problems: Problems::default(),
            skipped: SkippedNotes::default(),
            published_series: 0,
            last_sample_count: 0,
            version: 0,
        };
        collector.register_up_series();
        Ok(collector)
    }

    /// Registers the `up` series first, so that the series limit never drops them.
    fn register_up_series(&mut self) {
        for running in &self.probes {
            self.ups.record(&UP, &[running.name.as_str()], 1.0);
        }
        self.table.resolve(&self.ups, &mut Vec::new());
    }

    /// All metrics. Panels are ordered by probe: the first panel of each probe, then each second one, and so on.
    pub fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// All series seen so far.
    pub fn table(&self) -> &SeriesTable {
        &self.table
    }

    /// Sampling interval of a metric at one tick per second: charts show a gap when several samples in a row are missing.
    /// `None` for an unknown metric.
    pub fn interval_of(&self, metric: &str) -> Option<Duration> {
        if [UP.name, SKIPPED.name].contains(&metric) {
            return Some(Duration::from_secs(1));
        }
        self.intervals.get(metric).copied()
    }

    /// Runs every probe once. `now` is the timestamp of the samples.
    pub fn tick(&mut self, now: Timestamp) -> Tick {
        let mut samples = Vec::with_capacity(self.last_sample_count);
        let refused = self.table.dropped();
        self.ups.clear();
        for running in &mut self.probes {
            self.buffer.clear();
            let outcome = running.run(&mut self.buffer);
            if outcome.is_ok() {
                self.table.resolve(&self.buffer, &mut samples);
                self.skipped.update(&running.name, self.buffer.skipped(), now);
            } else {
                self.skipped.clear(&running.name);
            }
            self.ups.record(&UP, &[running.name.as_str()], if outcome.is_ok() { 1.0 } else { 0.0 });
            for part in running.probe.sub_probes() {
                self.ups.record(&UP, &[part.name.as_str()], if part.problem.is_none() { 1.0 } else { 0.0 });
                self.problems.note(&part.name, part.problem.as_ref().map(ProbeError::to_string), now);
            }
            self.problems.note(&running.name, outcome.err().map(|error| error.to_string()), now);
        }
        self.skipped.record(&mut self.ups);
        self.table.resolve(&self.ups, &mut samples);
        let over_limit = (self.table.dropped() > refused).then(|| self.over_limit());
        self.problems.note(SELF, over_limit, now);

        self.last_sample_count = samples.len();
        let series = self.table.series().len();
        // `|` instead of `||`: take_changed also publishes the list.
        if self.problems.take_changed() | self.skipped.take_changed() | (series != self.published_series) {
            self.version += 1;
        }
        self.published_series = series;
        Tick {
            batch: Batch { time: now, samples },
            problems: self.problems.published(),
            skipped: self.skipped.published(),
            version: self.version,
        }
    }

    fn over_limit(&self) -> String {
        format!("series limit of {} reached: samples of further series are dropped", self.limit)
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

/// Sampling interval of each metric; the longest one if several probes share the metric.
fn intervals(probes: &[RegisteredProbe]) -> HashMap<&'static str, Duration> {
    let mut intervals = HashMap::new();
    for running in probes {
        for metric in running.metrics {
            let interval = intervals.entry(metric.name).or_insert(Duration::ZERO);
            *interval = running.probe.interval_of(metric).max(*interval);
        }
    }
    intervals
}

/// The catalogue of all declarations of `probes`.
fn catalogue(probes: &[RegisteredProbe], base_labels: &[(&str, &str)]) -> Result<Catalogue, CatalogueError> {
    let mut names = HashSet::from([SELF]);
    if let Some(duplicate) = probes.iter().find(|running| !names.insert(running.name.as_str())) {
        let reason = format!("duplicate probe name {:?}", duplicate.name);
        return Err(CatalogueError { metric: UP.name.to_owned(), reason });
    }
    let mut ranked: Vec<(usize, &'static Declaration)> =
        probes.iter().flat_map(|running| ranked(running.metrics)).collect();
    ranked.sort_by_key(|&(rank, _)| rank);

    let mut catalogue = Catalogue::default();
    let mut declared: Vec<&'static Declaration> = Vec::new();
    for declaration in ranked.into_iter().map(|(_, declaration)| declaration).chain([&UP, &SKIPPED]) {
        // Compared by identity: two probes with the same metric name by accident are a bug.
        if declared.iter().any(|known| std::ptr::eq(*known, declaration)) {
            continue;
        }
        declared.push(declaration);
        if let Some(label) =
            declaration.labels.iter().find(|&&label| base_labels.iter().any(|(base, _)| *base == label))
        {
            let reason = format!("label {label:?} is already a base label");
            return Err(CatalogueError { metric: declaration.name.to_owned(), reason });
        }
        catalogue.declare(declaration)?;
    }
    Ok(catalogue)
}

/// The metrics of a probe, each with the rank of its panel within the probe.
fn ranked(metrics: &'static [&'static Declaration]) -> Vec<(usize, &'static Declaration)> {
    let mut panels = Vec::new();
    metrics
        .iter()
        .map(|&metric| {
            let rank = metric.panel.map_or(0, |(panel, _)| {
                panels.iter().position(|&id| id == panel.id).unwrap_or_else(|| {
                    panels.push(panel.id);
                    panels.len() - 1
                })
            });
            (rank, metric)
        })
        .collect()
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
