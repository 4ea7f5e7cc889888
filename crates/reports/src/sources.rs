//! Sources of series: which probe or application measures a series, and whether it works, lists what the series is about,
//! and may have left the series out.

use crate::{Current, names};
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap, HashSet};
use watchglass_model::{APP, IncompleteSources, Labels, Timestamp};

/// Names of the probes that record each metric.
pub type MetricSources = BTreeMap<String, Vec<String>>;

/// Label of all series of this host.
const HOST: &str = "host";
/// Label with the monitored server, the end of the names of its probes.
const INSTANCE: &str = "instance";
/// Name of the source of an application, before its name.
const APP_SOURCE: &str = "app:";

/// State of all sources at one tick.
#[derive(Debug)]
pub(crate) struct SourceStates<'a> {
    /// Time of the newest values of all.
    time: Option<Timestamp>,
    /// Whether each source is up; `None` without a value now.
    up: HashMap<&'a str, Option<bool>>,
    /// Sources that leave values out, and since when.
    incomplete: &'a IncompleteSources,
    /// Time of the newest value of each probe.
    newest: HashMap<&'a str, Timestamp>,
    /// Time of the newest value of each application.
    newest_of_apps: HashMap<&'a str, Timestamp>,
    /// Series that have a value now, each with its application or probe.
    listed: Vec<(&'a str, &'a Labels)>,
    /// Values of these labels in `listed`, with the application or probe; by the names of the labels.
    values: RefCell<HashMap<Vec<String>, LabelValues<'a>>>,
}

type LabelValues<'a> = HashSet<(&'a str, Vec<&'a str>)>;

impl<'a> SourceStates<'a> {
    pub(crate) fn new(
        current: Current<'a>,
        sources: &'a MetricSources,
        incomplete: &'a IncompleteSources,
    ) -> Self {
        let mut states = Self {
            time: current.time(),
            up: HashMap::new(),
            incomplete,
            newest: HashMap::new(),
            newest_of_apps: HashMap::new(),
            listed: Vec::new(),
            values: RefCell::default(),
        };
        for series in current.series {
            if series.metric == names::UP {
                let is_up = current.newest(series).map(|sample| sample.value >= 1.0);
                states.up.extend(series.labels.get("probe").map(|probe| (probe, is_up)));
                continue;
            }
            // Overdue ones as well: a source may have nothing left to measure.
            let Some(sample) = current.latest.get(series.id, i64::MAX) else { continue };
            let app = series.labels.get(APP);
            let probe = || source_of(sources, &series.metric, &series.labels);
            let Some(source) = app.or_else(probe) else { continue };
            let newest = if app.is_some() { &mut states.newest_of_apps } else { &mut states.newest };
            let newest = newest.entry(source).or_insert(sample.time);
            *newest = sample.time.max(*newest);
            if current.newest(series).is_some() {
                states.listed.push((source, &series.labels));
            }
        }
        states
    }

    /// Time of the newest value of the source of a series, while it works, lists nothing of what the series is about and has
    /// not left out more since the `last` value of the series; the epoch if it has measured nothing.
    pub(crate) fn working_source(
        &self,
        sources: &MetricSources,
        (metric, labels): (&str, &Labels),
        last: Option<Timestamp>,
    ) -> Option<Timestamp> {
        if metric == names::UP {
            return self.status_source(labels);
        }
        if let Some(app) = labels.get(APP) {
            return self.working_app(app, labels, last);
        }
        let probe = source_of(sources, metric, labels)?;
        let is_working = self.up.get(probe) == Some(&Some(true)) && !self.may_leave_out(probe, last);
        let is_gone = is_working && !self.is_listed(probe, labels);
        is_gone.then(|| self.newest.get(probe).copied().unwrap_or_default())
    }

    /// Whether a series may be among the values that its source leaves out. It is not if it had a value when the source left
    /// out as much as now.
    fn may_leave_out(&self, source: &str, last: Option<Timestamp>) -> bool {
        self.incomplete.get(source).is_some_and(|since| last.is_none_or(|last| last < *since))
    }

    /// Whether an application or probe has values of what these labels are about: of the same disk, route or server. A value
    /// that is missing then says nothing: a disk without accesses has no latency. Of the host itself there are always values.
    fn is_listed(&self, source: &str, labels: &Labels) -> bool {
        let own = || labels.iter().filter(|(name, _)| *name != HOST);
        let names: Vec<String> = own().map(|(name, _)| name.to_owned()).collect();
        if names.is_empty() {
            return false;
        }
        let mut values = self.values.borrow_mut();
        let known: &LabelValues<'_> = values.entry(names).or_insert_with_key(|names| {
            let values =
                |labels: &'a Labels| names.iter().map(|name| labels.get(name)).collect::<Option<_>>();
            self.listed.iter().filter_map(|(source, labels)| Some((*source, values(labels)?))).collect()
        });
        known.contains(&(source, own().map(|(_, value)| value).collect()))
    }

    /// The source of `up`: the collector, which has a value of every probe in every tick. Of an application it knows only
    /// what reported since the start.
    fn status_source(&self, labels: &Labels) -> Option<Timestamp> {
        let source = labels.get("probe")?;
        self.time.filter(|_| !source.starts_with(APP_SOURCE) || self.up.contains_key(source))
    }

    /// An application works while it reports. One that has deregistered since the start is gone, and all of its series
    /// with it; of one that has not reported since then nothing is known.
    fn working_app(&self, app: &str, labels: &Labels, last: Option<Timestamp>) -> Option<Timestamp> {
        let source = format!("{APP_SOURCE}{app}");
        if self.may_leave_out(&source, last) {
            return None;
        }
        match self.up.get(source.as_str())? {
            None => self.time,
            Some(true) if !self.is_listed(app, labels) => {
                Some(self.newest_of_apps.get(app).copied().unwrap_or_default())
            }
            Some(_) => None,
        }
    }
}

/// The probe of a series: the only one that records its metric, or that of its server.
fn source_of<'a>(sources: &'a MetricSources, metric: &str, labels: &Labels) -> Option<&'a str> {
    let probes = sources.get(metric)?;
    if let [probe] = probes.as_slice() {
        return Some(probe);
    }
    let instance = labels.get(INSTANCE)?;
    let is_of = |probe: &&String| probe.strip_suffix(instance).is_some_and(|rest| rest.ends_with(':'));
    let mut probes = probes.iter().filter(is_of);
    // Two probes of one server cannot be told apart here.
    probes.next().filter(|_| probes.next().is_none()).map(String::as_str)
}

#[cfg(test)]
#[path = "sources_tests.rs"]
mod tests;
