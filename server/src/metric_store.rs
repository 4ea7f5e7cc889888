//! Metrics of a running server: catalogue, history, and the newest sample of each series. The pipeline writes it, everything
//! else reads it.

use crate::clock;
use crate::clock::TICK_MILLIS;
use app::api::{HostInfo, RangeQuery, Reading};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use watchglass_live::State;
use watchglass_model::{Batch, Catalogue, Kind, Metric, Problem, Series, SeriesId, TimeRange, Timestamp};
use watchglass_reports::{Current, MetricSources, TextFormat, write_metrics};
use watchglass_tsdb::{Columns, History, Latest, Query, QueryError, Selector, StoredSeries};

/// What a server collects, fixed at the start.
#[derive(Clone, Debug, Default)]
pub(crate) struct Collected {
    pub(crate) host: HostInfo,
    pub(crate) catalogue: Catalogue,
    /// Collection interval, in milliseconds, of each metric that is slower than the tick.
    pub(crate) intervals: BTreeMap<String, u32>,
    /// Sections of the panels of each probe.
    pub(crate) sections: BTreeMap<String, BTreeSet<&'static str>>,
    /// Probes of each metric.
    pub(crate) sources: MetricSources,
}

/// Catalogue, history and newest samples.
#[derive(Debug)]
pub(crate) struct MetricStore {
    collected: Collected,
    /// Stores samples, and answers queries for all servers that share the history.
    shared_history: Arc<dyn History>,
    /// History of this server only. Live pages and the pipeline query it, since it never waits for another server.
    local_history: Arc<dyn History>,
    latest: RwLock<LatestSamples>,
    state: RwLock<Arc<State>>,
}

/// Newest sample of each series, and the metric kinds of all series, indexed by series id.
#[derive(Debug, Default)]
struct LatestSamples {
    latest: Latest,
    /// `None` until the first sample of a series.
    kinds: Vec<Option<Kind>>,
}

impl MetricStore {
    /// Store without samples since the start. Without other servers both histories are the same.
    pub(crate) fn new(collected: Collected, shared: Arc<dyn History>, local: Arc<dyn History>) -> Self {
        Self {
            collected,
            shared_history: shared,
            local_history: local,
            latest: RwLock::default(),
            state: RwLock::default(),
        }
    }

    /// Forgets the ids of series that have ended.
    pub(crate) fn end_series(&self, ended: &[SeriesId]) {
        if ended.is_empty() {
            return;
        }
        self.shared_history.end_series(ended);
        let mut newest = self.latest.write().unwrap_or_else(PoisonError::into_inner);
        newest.latest.end_series(ended);
        for id in ended {
            if let Some(kind) = newest.kinds.get_mut(id.0 as usize) {
                *kind = None;
            }
        }
    }

    /// Stores the samples of a tick. `state` is the new list of series and failing probes, if it has changed.
    pub(crate) fn store(&self, batch: &Batch, series: &[Series], state: Option<State>) {
        self.shared_history.append(batch, series, self.catalogue());
        self.update_latest(batch, series);
        if let Some(state) = state {
            *self.state.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(state);
        }
    }

    fn update_latest(&self, batch: &Batch, series: &[Series]) {
        let mut newest = self.latest.write().unwrap_or_else(PoisonError::into_inner);
        let LatestSamples { latest, kinds } = &mut *newest;
        kinds.resize(series.len(), None);
        let look_up = |id: SeriesId| {
            let metric = series.get(id.0 as usize).and_then(|series| self.metric(&series.metric));
            metric.map_or(Kind::Gauge, |metric| metric.kind)
        };
        latest.update(batch, |id| match kinds.get_mut(id.0 as usize) {
            Some(kind) => *kind.get_or_insert_with(|| look_up(id)),
            None => Kind::Gauge,
        });
    }

    /// All metrics and panels.
    pub(crate) fn catalogue(&self) -> &Catalogue {
        &self.collected.catalogue
    }

    /// Metric by name.
    pub(crate) fn metric(&self, name: &str) -> Option<&Metric> {
        self.catalogue().metric(name)
    }

    /// This host.
    pub(crate) fn host(&self) -> &HostInfo {
        &self.collected.host
    }

    /// Collection interval, in milliseconds, of each metric that is slower than the tick.
    pub(crate) fn intervals(&self) -> &BTreeMap<String, u32> {
        &self.collected.intervals
    }

    /// Probes of each metric.
    pub(crate) fn sources(&self) -> &MetricSources {
        &self.collected.sources
    }

    /// Series and failing probes.
    pub(crate) fn state(&self) -> Arc<State> {
        Arc::clone(&self.state.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Failing probes with their errors.
    pub(crate) fn problems(&self) -> Vec<Problem> {
        self.state().problems.clone()
    }

    /// Values that probes which are up leave out.
    pub(crate) fn skipped(&self) -> Vec<Problem> {
        self.state().skipped.clone()
    }

    /// Sections of the panels of a probe; `None` for another source.
    pub(crate) fn sections_of(&self, probe: &str) -> Option<&BTreeSet<&'static str>> {
        self.collected.sections.get(probe)
    }

    /// Calls `ask` with the newest values and the current state.
    pub(crate) fn with_latest<T>(&self, ask: impl FnOnce(&Current<'_>, &State) -> T) -> T {
        let state = self.state();
        let newest = self.latest.read().unwrap_or_else(PoisonError::into_inner);
        let current = Current {
            catalogue: self.catalogue(),
            series: &state.series,
            version: state.version,
            latest: &newest.latest,
            tick_millis: TICK_MILLIS,
            intervals: self.intervals(),
        };
        ask(&current, &state)
    }

    /// Time of the newest values.
    pub(crate) fn newest_time(&self) -> Option<Timestamp> {
        self.shared_history.newest()
    }

    /// Time of the newest samples, which changes and charts go by; before the first tick that of the clock.
    pub(crate) fn current_time(&self) -> Timestamp {
        self.newest_time().unwrap_or_else(clock::now)
    }

    /// Time of the newest values collected since the start; `None` before the first tick, even if the history has older ones.
    pub(crate) fn last_collected(&self) -> Option<Timestamp> {
        self.with_latest(|current, _| current.time())
    }

    /// Newest readings of all series with a panel; stale series are left out.
    pub(crate) fn readings(&self) -> Vec<Reading> {
        self.with_latest(|current, state| {
            let shown =
                |series: &&Series| self.metric(&series.metric).is_some_and(|metric| metric.panel.is_some());
            let readings = state.series.iter().filter(shown).filter_map(|series| {
                let newest = current.newest(series)?;
                Some(Reading { series: series.id, time: newest.time, value: newest.reading? })
            });
            readings.collect()
        })
    }

    /// Exposition of all metrics with their newest values, for a scrape.
    pub(crate) fn exposition(&self, format: TextFormat) -> String {
        self.with_latest(|current, _| write_metrics(format, current.families()))
    }

    /// Time range of a window. Its end is included.
    pub(crate) fn range(&self, window: RangeQuery) -> TimeRange {
        let end = window.end.or_else(|| self.newest_time()).unwrap_or_default();
        let length = Duration::from_secs(u64::from(window.seconds));
        TimeRange::ending_at(end + Duration::from_millis(1), length)
    }

    /// History of a metric on this server only.
    ///
    /// # Errors
    /// Invalid query.
    pub(crate) fn query_local(
        &self,
        metric: &str,
        range: TimeRange,
        step_millis: i64,
    ) -> Result<Columns, QueryError> {
        self.local_history.query(&Query { selector: Selector::metric(metric), range, step_millis })
    }

    /// History of these series of a metric on this server only.
    ///
    /// # Errors
    /// Invalid query.
    pub(crate) fn query_some(
        &self,
        metric: &str,
        series: &[Arc<StoredSeries>],
        range: TimeRange,
        step_millis: i64,
    ) -> Result<Columns, QueryError> {
        let selector = Selector::metric(metric).among(series);
        self.local_history.query(&Query { selector, range, step_millis })
    }

    /// History of a metric on all servers that share it.
    ///
    /// # Errors
    /// Invalid query.
    pub(crate) fn query_shared(
        &self,
        metric: &str,
        range: TimeRange,
        step_millis: i64,
    ) -> Result<Columns, QueryError> {
        self.shared_history.query(&Query { selector: Selector::metric(metric), range, step_millis })
    }
}
