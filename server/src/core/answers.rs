//! What the REST API asks of the core.

use super::Core;
use crate::judging::announce;
use crate::telling::Others;
use std::time::Duration;
use watchglass_alerts::{Alert, Pending, Preview, Rule, Track as PastTrack, preview};
use watchglass_export::judgement::{Component, components};
use watchglass_export::series::{Table, Track};
use watchglass_export::{Limits, SystemMetrics, TextFormat, system, write_metrics};
use watchglass_history::QueryError;
use watchglass_model::{Metric, Problem, TimeRange, Timestamp};

/// Milliseconds of the rows that rules are previewed with.
const PREVIEW_STEP: i64 = 60_000;
/// What is looked at before the range of a preview: as much as fills any window but the longest.
const PREVIEW_LEAD: Duration = Duration::from_secs(3600);

impl Core {
    /// Time of the newest values.
    pub(crate) fn newest(&self) -> Option<Timestamp> {
        self.history.newest()
    }

    /// When the newest values were measured; unlike [`Core::newest`] not before the first tick of this run.
    pub(crate) fn measured(&self) -> Option<Timestamp> {
        self.look(|current, _| current.time())
    }

    /// Which probes yield nothing at the moment, and why.
    pub(crate) fn problems(&self) -> Vec<Problem> {
        self.look(|_, state| state.problems.clone())
    }

    /// The metric with that name.
    pub(crate) fn metric(&self, name: &str) -> Option<&Metric> {
        self.catalogue.metric(name)
    }

    /// The system report.
    pub(crate) fn system_metrics(&self) -> SystemMetrics {
        let limits = self.limits();
        self.look(|current, state| {
            system::report(current, &state.problems, &limits, |metric, length| self.mean(metric, length))
        })
    }

    /// The condition of each component.
    pub(crate) fn components(&self) -> Vec<Component> {
        let limits = self.limits();
        self.look(|current, state| components(current, &state.problems, &limits))
    }

    fn limits(&self) -> Limits {
        let rules: Vec<Rule> = self.rules().into_iter().map(|(rule, _)| rule).collect();
        Limits::of(&rules)
    }

    /// What is wrong now, the newest first.
    pub(crate) fn active_alerts(&self) -> Vec<Alert> {
        self.judging.active()
    }

    /// What is wrong here, but not yet for as long as its rule asks, the newest first.
    pub(crate) fn pending_alerts(&self) -> Vec<Pending> {
        self.judging.pending()
    }

    /// What is wrong now, on all servers that share their alerts, the newest first.
    pub(crate) fn all_active_alerts(&self) -> Vec<Alert> {
        let mut alerts = self.active_alerts();
        alerts.extend(self.telling.others().boards.iter().flat_map(|board| board.alerts.iter().cloned()));
        alerts.sort_by(|one, two| two.since.cmp(&one.since).then_with(|| one.key.cmp(&two.key)));
        alerts
    }

    /// Takes notice of what other servers find, and tells open pages what has changed there.
    pub(crate) fn meet_others(&self, others: Others, now: Timestamp) {
        let before = self.telling.others();
        let told = announce::of_others(now, &before.boards, &others.boards, &self.active_alerts());
        self.telling.set_others(others);
        // Afterwards, for whoever is told asks for all.
        self.hub.announce(told);
    }

    /// What was wrong, the latest to be over first.
    pub(crate) fn past_alerts(&self) -> Vec<Alert> {
        self.judging.past()
    }

    /// The same, on all servers that share their alerts.
    pub(crate) fn all_past_alerts(&self) -> Vec<Alert> {
        let mut alerts = self.past_alerts();
        alerts.extend(self.telling.others().past.iter().flat_map(|past| past.alerts.iter().cloned()));
        alerts.sort_by_key(|alert| std::cmp::Reverse(alert.resolved));
        alerts
    }

    /// Changes when more alerts are over.
    pub(crate) fn past_state(&self) -> u64 {
        self.judging.past_state()
    }

    /// When `rule` would have fired in the last while, in which range, and the milliseconds of a row.
    ///
    /// # Errors
    /// What is wrong with the rule, or keeps the past from being read.
    pub(crate) fn preview(&self, rule: &Rule, length: Duration) -> Result<(Preview, TimeRange, i64), String> {
        let metric = self.metric(&rule.metric).ok_or_else(|| {
            format!("There is no metric {:?}: /metrics has all that there are", rule.metric)
        })?;
        let end = self.newest().unwrap_or_default() + Duration::from_millis(1);
        let range = TimeRange::before(end, length);
        // What is before the range fills windows.
        let asked = TimeRange::before(end, length + PREVIEW_LEAD);
        let columns = self.ask_all(&rule.metric, asked, PREVIEW_STEP).map_err(|error| error.to_string())?;
        let tracks: Vec<PastTrack<'_>> = columns
            .columns
            .iter()
            .map(|column| PastTrack {
                labels: &column.series.labels,
                low: &column.low,
                high: &column.high,
                mean: &column.mean,
                count: &column.count,
                increase: &column.increase,
            })
            .collect();
        let preview = preview(rule, metric, columns.start, columns.step_millis, &tracks, range);
        Ok((preview.map_err(|error| error.to_string())?, range, columns.step_millis))
    }

    /// All metrics with their newest values, for a scrape.
    pub(crate) fn exposition(&self, format: TextFormat) -> String {
        self.look(|current, _| write_metrics(format, current.families()))
    }

    /// The past of a metric, on all servers that share their history.
    ///
    /// # Errors
    /// Whatever makes the question impossible.
    pub(crate) fn table(
        &self,
        metric: &str,
        range: TimeRange,
        step_millis: i64,
    ) -> Result<Table, QueryError> {
        let columns = self.ask_all(metric, range, step_millis)?;
        let tracks = columns.columns.into_iter().map(|column| Track {
            labels: column.series.labels.clone(),
            low: column.low,
            mean: column.mean,
            high: column.high,
        });
        Ok(Table {
            start: columns.start,
            step_millis: columns.step_millis,
            rows: columns.rows,
            tracks: tracks.collect(),
        })
    }

    /// The mean reading of a metric over the last while, of its first series.
    fn mean(&self, metric: &str, length: Duration) -> Option<f64> {
        let range = TimeRange::before(self.newest()? + Duration::from_millis(1), length);
        // Few rows are enough, for each counts as much as the readings that it has.
        let columns = self.ask(metric, range, 10_000).ok()?;
        columns.columns.first()?.average()
    }
}
