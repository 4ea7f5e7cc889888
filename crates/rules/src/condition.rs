//! Condition of a rule: one observation per subject and tick.

use crate::selector::SeriesSelector;
use crate::series_cache::WindowCache;
use crate::{Aggregation, Rule, RuleError};
use std::collections::HashMap;
use std::fmt::Debug;
use watchglass_model::{Kind, Labels, Timestamp};

/// Observation of one subject of a condition.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Observation {
    /// NaN when there is none.
    pub(crate) value: f64,
    /// Milliseconds without any data; 0 while there is data.
    pub(crate) absent: i64,
    /// Whether it gives no data but did in this run.
    pub(crate) is_gone: bool,
    /// What its source does while it gives no data; looked up for active alerts only.
    pub(crate) source: SourceActivity,
}

/// Activity of the source of a series that gives no data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum SourceActivity {
    /// Down, silent or unknown.
    #[default]
    Unknown,
    /// It works, but has not measured anything since the last value of the series.
    Idle,
    /// It works, and has measured other series since the last value, but not since the series counts as one without data:
    /// its next measurement is not due yet.
    Pauses,
    /// It works, and has measured other series since.
    Measures,
}

/// Condition of a rule. The state machine knows nothing else of it: a query language would be another implementation.
///
/// Subjects are numbered in the order in which they were registered, and keep their numbers.
pub(crate) trait Condition: Debug + Send + Sync {
    /// Whether it selects such a series.
    fn selects(&self, metric: &str, labels: &Labels) -> bool;

    /// The same condition without subjects.
    fn without_subjects(&self) -> Box<dyn Condition>;

    /// Registers a selected series with its window cache. `is_known` says that the cache had it before: it may be a
    /// subject already.
    fn register(&mut self, series: u32, is_known: bool, watch: &mut WindowCache);

    /// Restores a subject known before this run that had given no data for `absent` milliseconds; returns its number.
    fn restore(&mut self, labels: &Labels, absent: i64, watch: &mut WindowCache) -> Option<usize>;

    /// Number of subjects.
    fn subjects(&self) -> usize;

    /// Labels of a subject.
    fn labels<'a>(&self, subject: usize, watch: &'a WindowCache) -> Option<&'a Labels>;

    /// Milliseconds a subject has given no data; `None` when it is not expected.
    fn absent(&self, subject: usize, watch: &WindowCache) -> Option<i64>;

    /// Time of the last value of a subject in this run.
    fn last_value(&self, subject: usize, watch: &WindowCache) -> Option<Timestamp>;

    /// Stops expecting a subject until it gives data again.
    fn stop_expecting(&self, subject: usize, watch: &mut WindowCache);

    /// Appends the current observation of each subject, in order of their numbers.
    fn observe(&self, watch: &WindowCache, found: &mut Vec<Observation>);
}

/// Condition of a [`Rule`]: a selector for series of one metric, and an aggregation of each over a window.
#[derive(Debug)]
pub(crate) struct SeriesCondition {
    metric: String,
    selector: SeriesSelector,
    aggregation: Aggregation,
    seconds: u32,
    /// Series index and cache slot of each subject.
    subjects: Vec<(u32, u32)>,
    /// Series restored before they were seen in this run, with the number of their subject.
    restored: HashMap<u32, usize>,
}

impl SeriesCondition {
    /// Condition of `rule`.
    ///
    /// # Errors
    /// The rule is invalid.
    pub(crate) fn new(rule: &Rule) -> Result<Self, RuleError> {
        rule.check()?;
        let selection = SeriesSelector::new(&rule.matchers).map_err(|(_, reason)| RuleError {
            rule: rule.id.clone(),
            field: "matchers",
            reason,
        })?;
        Ok(Self {
            metric: rule.metric.clone(),
            selector: selection,
            aggregation: rule.aggregation,
            seconds: rule.window_seconds,
            subjects: Vec::new(),
            restored: HashMap::new(),
        })
    }

    fn add(&mut self, series: u32, watch: &mut WindowCache) {
        if let Some(slot) = watch.slot(series, self.aggregation, self.seconds) {
            self.subjects.push((series, slot));
        }
    }
}

impl Condition for SeriesCondition {
    fn selects(&self, metric: &str, labels: &Labels) -> bool {
        self.metric == metric && self.selector.matches(labels)
    }

    fn without_subjects(&self) -> Box<dyn Condition> {
        Box::new(Self {
            metric: self.metric.clone(),
            selector: self.selector.clone(),
            aggregation: self.aggregation,
            seconds: self.seconds,
            subjects: Vec::new(),
            restored: HashMap::new(),
        })
    }

    fn register(&mut self, series: u32, is_known: bool, watch: &mut WindowCache) {
        let is_subject = || self.subjects.iter().any(|(known, _)| *known == series);
        if !is_known || !(self.restored.contains_key(&series) || is_subject()) {
            self.add(series, watch);
        }
    }

    fn restore(&mut self, labels: &Labels, absent: i64, watch: &mut WindowCache) -> Option<usize> {
        let series = watch.intern(&self.metric, labels, Kind::Gauge)?;
        watch.set_absent(series, absent);
        if let Some(known) = self.restored.get(&series) {
            return Some(*known);
        }
        let subject = self.subjects.len();
        self.add(series, watch);
        (self.subjects.len() > subject).then(|| {
            self.restored.insert(series, subject);
            subject
        })
    }

    fn subjects(&self) -> usize {
        self.subjects.len()
    }

    fn labels<'a>(&self, subject: usize, watch: &'a WindowCache) -> Option<&'a Labels> {
        let (series, _) = self.subjects.get(subject)?;
        watch.labels(*series)
    }

    fn absent(&self, subject: usize, watch: &WindowCache) -> Option<i64> {
        let (series, _) = self.subjects.get(subject)?;
        watch.expected_absence(*series)
    }

    fn last_value(&self, subject: usize, watch: &WindowCache) -> Option<Timestamp> {
        let (series, _) = self.subjects.get(subject)?;
        watch.last_value(*series)
    }

    fn stop_expecting(&self, subject: usize, watch: &mut WindowCache) {
        if let Some((series, _)) = self.subjects.get(subject) {
            watch.stop_expecting(*series);
        }
    }

    fn observe(&self, watch: &WindowCache, found: &mut Vec<Observation>) {
        let look = |&(series, slot): &(u32, u32)| {
            let (absent, is_gone) = watch.absence(series);
            Observation { value: watch.value(slot), absent, is_gone, source: SourceActivity::Unknown }
        };
        found.extend(self.subjects.iter().map(look));
    }
}
