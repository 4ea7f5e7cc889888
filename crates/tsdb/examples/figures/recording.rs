//! A recording of `record`, and its endless replay.

use std::collections::HashSet;
use std::fs;
use watchglass_model::{Catalogue, Declaration, Kind, Labels, Series, SeriesId, Unit};

/// Recorded series and samples.
pub(crate) struct Recording {
    pub(crate) catalogue: Catalogue,
    series: Vec<(String, Labels, Kind)>,
    batches: Vec<Vec<(u32, f64)>>,
}

impl Recording {
    /// Parses a file of `record`.
    pub(crate) fn read(path: &str) -> Self {
        let mut recording = Self { catalogue: Catalogue::default(), series: Vec::new(), batches: Vec::new() };
        for line in fs::read_to_string(path).unwrap().lines() {
            let fields: Vec<&str> = line.split('\t').collect();
            if fields[0] == "S" {
                let kind = if fields[2] == "Counter" { Kind::Counter } else { Kind::Gauge };
                let labels = fields[3].split('\x1e').map(|pair| pair.split_once('\x1f').unwrap()).collect();
                recording.declare(fields[1], kind);
                recording.series.push((fields[1].to_owned(), labels, kind));
            } else {
                let sample = |field: &&str| {
                    let (id, value) = field.split_once(':').unwrap();
                    (id.parse().unwrap(), value.parse().unwrap())
                };
                recording.batches.push(fields[2..].iter().map(sample).collect());
            }
        }
        recording
    }

    fn declare(&mut self, name: &str, kind: Kind) {
        if self.catalogue.metric(name).is_none() {
            let declaration = Declaration {
                name: Box::leak(name.to_owned().into_boxed_str()),
                kind,
                unit: Unit::Count,
                help: "",
                labels: &[],
                panel: None,
                legend: "",
            };
            self.catalogue.declare(&declaration).unwrap();
        }
    }

    /// Number of series, and of seconds.
    pub(crate) fn size(&self) -> (usize, usize) {
        (self.series.len(), self.batches.len())
    }

    /// The recorded series, repeated for a number of hosts.
    pub(crate) fn copies(&self, copies: usize) -> Vec<Series> {
        let mut series = Vec::new();
        for copy in 0..copies {
            for (metric, labels, _) in &self.series {
                let host = format!("recorded-{copy}");
                let others = labels.iter().filter(|(name, _)| *name != "host");
                let labels = others.chain([("host", host.as_str())]).collect();
                series.push(Series { id: SeriesId(series.len() as u32), metric: metric.clone(), labels });
            }
        }
        series
    }

    /// Names of `count` metrics to query: gauges of one series each, those with the most distinct values first.
    pub(crate) fn lively(&self, count: usize) -> Vec<String> {
        let values = |id: usize| {
            let samples = self.batches.iter().flatten().filter(|sample| sample.0 as usize == id);
            samples.map(|sample| sample.1.to_bits()).collect::<HashSet<_>>().len()
        };
        let is_alone = |name: &str| self.series.iter().filter(|one| one.0 == name).count() == 1;
        let gauges =
            self.series.iter().enumerate().filter(|(_, one)| one.2 == Kind::Gauge && is_alone(&one.0));
        let mut gauges: Vec<_> = gauges.map(|(id, one)| (values(id), one.0.clone())).collect();
        gauges.sort_by(|a, b| b.cmp(a));
        gauges.into_iter().take(count).map(|(_, name)| name).collect()
    }

    /// Starts a replay.
    pub(crate) fn replay(&self) -> Replay<'_> {
        let first = |id: usize| {
            let mut samples = self.batches.iter().flatten();
            samples.find(|sample| sample.0 as usize == id).map_or(0.0, |sample| sample.1)
        };
        let first: Vec<f64> = (0..self.series.len()).map(first).collect();
        Replay { recording: self, second: 0, base: vec![0.0; first.len()], last: first.clone(), first }
    }
}

/// An endless replay.
pub(crate) struct Replay<'a> {
    recording: &'a Recording,
    second: usize,
    first: Vec<f64>,
    last: Vec<f64>,
    base: Vec<f64>,
}

impl Replay<'_> {
    /// The samples of the next second. Counters continue after the end of the recording.
    pub(crate) fn next(&mut self) -> Vec<(u32, f64)> {
        let (series, batches) = (&self.recording.series, &self.recording.batches);
        let at = self.second % batches.len();
        if at == 0 && self.second > 0 {
            for (id, base) in self.base.iter_mut().enumerate() {
                *base += if series[id].2 == Kind::Counter { self.last[id] - self.first[id] } else { 0.0 };
            }
        }
        self.second += 1;
        let mut samples = batches[at].clone();
        for (id, value) in &mut samples {
            self.last[*id as usize] = *value;
            *value += self.base[*id as usize];
        }
        samples
    }
}
