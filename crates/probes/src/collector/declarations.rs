//! What the declarations of all probes make up: the catalogue, the sampling intervals and the sources of each metric.

use super::{RegisteredProbe, SELF, UP};
use crate::refused_series::REFUSED;
use crate::skipped_notes::SKIPPED;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;
use watchglass_model::{Catalogue, CatalogueError, Declaration, SeriesTable};

/// Sampling interval of each metric; the longest one if several probes share the metric.
pub(super) fn intervals(probes: &[RegisteredProbe]) -> HashMap<&'static str, Duration> {
    let mut intervals = HashMap::new();
    for running in probes {
        for metric in running.metrics {
            let interval = intervals.entry(metric.name).or_insert(Duration::ZERO);
            *interval = running.probe.interval_of(metric).max(*interval);
        }
    }
    intervals
}

/// An empty table that knows how long each metric may have no sample.
pub(super) fn series_table(
    probes: &[RegisteredProbe],
    base_labels: &[(&str, &str)],
    limit: usize,
) -> SeriesTable {
    let mut table = SeriesTable::new(base_labels, limit);
    for (metric, interval) in intervals(probes) {
        table.set_interval(metric, interval.as_secs().max(1));
    }
    table
}

/// The catalogue of all declarations of `probes`.
pub(super) fn catalogue(
    probes: &[RegisteredProbe],
    base_labels: &[(&str, &str)],
) -> Result<Catalogue, CatalogueError> {
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
    for declaration in ranked.into_iter().map(|(_, declaration)| declaration).chain([&UP, &SKIPPED, &REFUSED])
    {
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

/// Names of the probes that record each metric.
pub(super) fn sources(probes: &[RegisteredProbe]) -> BTreeMap<String, Vec<String>> {
    let mut sources = BTreeMap::<String, Vec<String>>::new();
    for running in probes {
        for metric in running.metrics {
            sources.entry(metric.name.to_owned()).or_default().push(running.name.clone());
        }
    }
    sources
}
