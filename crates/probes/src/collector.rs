//! Runs the probes at every tick and numbers what they measured.

use crate::probe::run;
use crate::problems::Problems;
use crate::{Probe, ProbeError};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;
use watchglass_model::{
    Batch, Catalogue, CatalogueError, Declaration, Kind, Problem, Readings, SeriesTable, Timestamp, Unit,
};

/// Whether a probe works. It has no panel: what is wrong is shown as a [`Problem`], with its reason.
static UP: Declaration = Declaration {
    name: "up",
    kind: Kind::Gauge,
    unit: Unit::Count,
    help: "1 when a probe works, 0 when it fails and has no values.",
    labels: &["probe"],
    panel: None,
    legend: "",
};

/// The name under which the collector's own problem stands among those of the probes.
const SELF: &str = "collector";

/// What one tick gave.
#[derive(Clone, Debug)]
pub struct Tick {
    /// What was measured.
    pub batch: Batch,
    /// The probes that fail, the longest-standing first. The same list is shared from tick to tick until it
    /// changes.
    pub problems: Arc<[Problem]>,
    /// Grows by one in every tick in which the set of series or the problems changed.
    pub version: u64,
}

/// Runs the probes at every tick and numbers what they measured.
///
/// Each probe, and each part of one, has the series `up{probe="…"}`: 1 when it works, 0 when it fails. One that fails, by an error
/// or a panic, has no other values in that tick, and does not keep the others from theirs.
pub struct Collector {
    probes: Vec<Running>,
    catalogue: Catalogue,
    paces: HashMap<&'static str, Duration>,
    table: SeriesTable,
    limit: usize,
    readings: Readings,
    ups: Readings,
    problems: Problems,
    series_told: usize,
    samples_last: usize,
    version: u64,
}

struct Running {
    name: String,
    metrics: &'static [&'static Declaration],
    probe: Box<dyn Probe>,
}

impl Collector {
    /// A collector that runs `probes` in that order. All series carry `base_labels` (`host` is one), and
    /// there are no more than `series_limit` of them, the probes' `up` included.
    ///
    /// # Errors
    /// A mistake in a probe: a declaration that cannot stand in a catalogue, a label that is also a base
    /// label, or the name of another probe. Probes may share a declaration: two servers of one kind are
    /// measured by the same metrics, which a label tells apart.
    pub fn new(
        probes: Vec<Box<dyn Probe>>,
        base_labels: &[(&str, &str)],
        series_limit: usize,
    ) -> Result<Self, CatalogueError> {
        let probes: Vec<Running> = probes
            .into_iter()
            .map(|probe| Running { name: probe.name().to_owned(), metrics: probe.metrics(), probe })
            .collect();
        let mut collector = Self {
            catalogue: catalogue(&probes, base_labels)?,
            paces: paces(&probes),
            probes,
            table: SeriesTable::new(base_labels, series_limit),
            limit: series_limit,
            readings: Readings::new(),
            ups: Readings::new(),
            problems: Problems::default(),
            series_told: 0,
            samples_last: 0,
            version: 0,
        };
        collector.number_ups_first();
        Ok(collector)
    }

    /// When there are too many series, whether a probe works must not be what goes missing.
    fn number_ups_first(&mut self) {
        for running in &self.probes {
            self.ups.record(&UP, &[running.name.as_str()], 1.0);
        }
        self.table.resolve(&self.ups, &mut Vec::new());
    }

    /// Every metric there can be. The panels stand in the order of the probes: first the first panel of each
    /// probe, then every second one, and so on.
    pub fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// Every series that was met so far.
    pub fn table(&self) -> &SeriesTable {
        &self.table
    }

    /// How far apart the values of a metric are, at ticks of one second: a chart shows a gap where several
    /// are missing in a row. `None` for a metric that is not in the catalogue.
    pub fn pace_of(&self, metric: &str) -> Option<Duration> {
        if metric == UP.name { Some(Duration::from_secs(1)) } else { self.paces.get(metric).copied() }
    }

    /// Runs every probe once. `now` becomes the time of what they measure.
    pub fn tick(&mut self, now: Timestamp) -> Tick {
        let mut samples = Vec::with_capacity(self.samples_last);
        let refused = self.table.refused();
        self.ups.clear();
        for running in &mut self.probes {
            self.readings.clear();
            let outcome = running.run(&mut self.readings);
            if outcome.is_ok() {
                self.table.resolve(&self.readings, &mut samples);
            }
            self.ups.record(&UP, &[running.name.as_str()], if outcome.is_ok() { 1.0 } else { 0.0 });
            for part in running.probe.parts() {
                self.ups.record(&UP, &[part.name.as_str()], if part.problem.is_none() { 1.0 } else { 0.0 });
                self.problems.note(&part.name, part.problem.as_ref().map(ProbeError::to_string), now);
            }
            self.problems.note(&running.name, outcome.err().map(|error| error.to_string()), now);
        }
        self.table.resolve(&self.ups, &mut samples);
        let over_limit = (self.table.refused() > refused).then(|| self.over_limit());
        self.problems.note(SELF, over_limit, now);

        self.samples_last = samples.len();
        let series = self.table.series().len();
        // Both are asked: the list of problems is renewed by asking.
        if self.problems.take_changed() | (series != self.series_told) {
            self.version += 1;
        }
        self.series_told = series;
        Tick {
            batch: Batch { time: now, samples },
            problems: self.problems.published(),
            version: self.version,
        }
    }

    fn over_limit(&self) -> String {
        format!("some values are left out: there are more than {} series, the most that are kept", self.limit)
    }
}

impl Running {
    fn run(&mut self, readings: &mut Readings) -> Result<(), ProbeError> {
        run(self.probe.as_mut(), readings)?;
        // A metric that is not in the catalogue could be neither shown nor exported.
        let is_declared = |name| self.metrics.iter().any(|metric| metric.name == name);
        match readings.rows().find(|row| !is_declared(row.metric.name)) {
            Some(row) => Err(ProbeError::Undeclared { metric: row.metric.name }),
            None => Ok(()),
        }
    }
}

/// How far apart the values of each metric are: the longest, where several probes share one.
fn paces(probes: &[Running]) -> HashMap<&'static str, Duration> {
    let mut paces = HashMap::new();
    for running in probes {
        for metric in running.metrics {
            let pace = paces.entry(metric.name).or_insert(Duration::ZERO);
            *pace = running.probe.every_of(metric).max(*pace);
        }
    }
    paces
}

/// The catalogue of what `probes` declare.
fn catalogue(probes: &[Running], base_labels: &[(&str, &str)]) -> Result<Catalogue, CatalogueError> {
    let mut names = HashSet::from([SELF]);
    if let Some(twice) = probes.iter().find(|running| !names.insert(running.name.as_str())) {
        let reason = format!("two probes are called {:?}, or one as the collector itself", twice.name);
        return Err(CatalogueError { metric: UP.name.to_owned(), reason });
    }
    let mut ranked: Vec<(usize, &'static Declaration)> =
        probes.iter().flat_map(|running| ranked(running.metrics)).collect();
    ranked.sort_by_key(|&(rank, _)| rank);

    let mut catalogue = Catalogue::default();
    let mut declared: Vec<&'static Declaration> = Vec::new();
    for declaration in ranked.into_iter().map(|(_, declaration)| declaration).chain([&UP]) {
        // The same declaration, not one that is equal: two probes that chose the same name by chance are a mistake.
        if declared.iter().any(|known| std::ptr::eq(*known, declaration)) {
            continue;
        }
        declared.push(declaration);
        if let Some(label) =
            declaration.labels.iter().find(|&&label| base_labels.iter().any(|(base, _)| *base == label))
        {
            let reason = format!("its label {label:?} is one that every series has");
            return Err(CatalogueError { metric: declaration.name.to_owned(), reason });
        }
        catalogue.declare(declaration)?;
    }
    Ok(catalogue)
}

/// The metrics of one probe, each with the rank of its panel among the panels of that probe.
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
