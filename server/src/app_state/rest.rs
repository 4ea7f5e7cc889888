//! Queries of the REST API.

use super::AppState;
use crate::evaluation::live_events;
use crate::notifications::Peers;
use std::time::Duration;
use watchglass_model::{Metric, Problem, TimeRange, Timestamp};
use watchglass_reports::health::{Component, components};
use watchglass_reports::series::{Table, TableSeries};
use watchglass_reports::{Limits, SystemMetrics, TextFormat, system, write_metrics};
use watchglass_rules::{Alert, PendingAlert, Preview, Rule, SeriesHistory as PastTrack, preview};
use watchglass_tsdb::QueryError;

/// Resolution of rule previews, in milliseconds.
const PREVIEW_STEP_MILLIS: i64 = 60_000;
/// History read before the range of a preview, to fill evaluation windows of up to an hour.
const PREVIEW_LOOKBACK: Duration = Duration::from_secs(3600);

impl AppState {
    /// Time of the newest values.
    pub(crate) fn newest_time(&self) -> Option<Timestamp> {
        self.history.newest()
    }

    /// Time of the newest values collected since the start; `None` before the first tick, even if the history has older ones.
    pub(crate) fn last_collected(&self) -> Option<Timestamp> {
        self.with_latest(|current, _| current.time())
    }

    /// Failing probes with their errors.
    pub(crate) fn problems(&self) -> Vec<Problem> {
        self.with_latest(|_, state| state.problems.clone())
    }

    /// Metric by name.
    pub(crate) fn metric(&self, name: &str) -> Option<&Metric> {
        self.catalogue.metric(name)
    }

    /// The system report.
    pub(crate) fn system_metrics(&self) -> SystemMetrics {
        let limits = self.limits();
        self.with_latest(|current, state| {
            system::report(current, &state.problems, &limits, |metric, length| self.average(metric, length))
        })
    }

    /// Health of each component.
    pub(crate) fn components(&self) -> Vec<Component> {
        let limits = self.limits();
        self.with_latest(|current, state| components(current, &state.problems, &limits))
    }

    fn limits(&self) -> Limits {
        let rules: Vec<Rule> = self.rules().into_iter().map(|(rule, _)| rule).collect();
        Limits::of(&rules)
    }

    /// Firing alerts of this server, newest first.
    pub(crate) fn active_alerts(&self) -> Vec<Alert> {
        self.rule_evaluator.active()
    }

    /// Pending alerts of this server, newest first.
    pub(crate) fn pending_alerts(&self) -> Vec<PendingAlert> {
        self.rule_evaluator.pending()
    }

    /// Firing alerts of all servers in the cluster, newest first.
    pub(crate) fn all_active_alerts(&self) -> Vec<Alert> {
        let mut alerts = self.active_alerts();
        alerts.extend(
            self.notifications
                .peers()
                .statuses
                .iter()
                .flat_map(|peer_status| peer_status.alerts.iter().cloned()),
        );
        alerts.sort_by(|one, two| two.since.cmp(&one.since).then_with(|| one.key.cmp(&two.key)));
        alerts
    }

    /// Replaces the alerts of other servers, and publishes what changed to open pages.
    pub(crate) fn update_peers(&self, others: Peers, now: Timestamp) {
        let before = self.notifications.peers();
        let messages =
            live_events::peer_changes(now, &before.statuses, &others.statuses, &self.active_alerts());
        self.notifications.set_peers(others);
        // Published last: pages reload the whole list when they receive a message.
        self.hub.publish_alerts(messages);
    }

    /// Resolved alerts of this server, latest resolved first.
    pub(crate) fn resolved_alerts(&self) -> Vec<Alert> {
        self.rule_evaluator.past()
    }

    /// Resolved alerts of all servers in the cluster, latest resolved first.
    pub(crate) fn all_resolved_alerts(&self) -> Vec<Alert> {
        let mut alerts = self.resolved_alerts();
        alerts.extend(
            self.notifications.peers().past_alerts.iter().flat_map(|past| past.alerts.iter().cloned()),
        );
        alerts.sort_by_key(|alert| std::cmp::Reverse(alert.resolved));
        alerts
    }

    /// Version of the resolved alerts: changes whenever another alert resolves.
    pub(crate) fn resolved_alerts_version(&self) -> u64 {
        self.rule_evaluator.past_revision()
    }

    /// Preview of `rule` over the last `length`: its firings, the time range, and the resolution in milliseconds.
    ///
    /// # Errors
    /// Invalid rule, unknown metric, or a failed history query.
    pub(crate) fn preview(&self, rule: &Rule, length: Duration) -> Result<(Preview, TimeRange, i64), String> {
        let metric = self
            .metric(&rule.metric)
            .ok_or_else(|| format!("Unknown metric {:?}: see /metrics for all metrics", rule.metric))?;
        let end = self.newest_time().unwrap_or_default() + Duration::from_millis(1);
        let range = TimeRange::ending_at(end, length);
        // The lookback fills evaluation windows.
        let queried = TimeRange::ending_at(end, length + PREVIEW_LOOKBACK);
        let columns = self
            .query_shared(&rule.metric, queried, PREVIEW_STEP_MILLIS)
            .map_err(|error| error.to_string())?;
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

    /// Exposition of all metrics with their newest values, for a scrape.
    pub(crate) fn exposition(&self, format: TextFormat) -> String {
        self.with_latest(|current, _| write_metrics(format, current.families()))
    }

    /// History of a metric as a table, on all servers that share it.
    ///
    /// # Errors
    /// Invalid query.
    pub(crate) fn table(
        &self,
        metric: &str,
        range: TimeRange,
        step_millis: i64,
    ) -> Result<Table, QueryError> {
        let columns = self.query_shared(metric, range, step_millis)?;
        let tracks = columns.columns.into_iter().map(|column| TableSeries {
            labels: column.series.labels.clone(),
            low: column.low,
            mean: column.mean,
            high: column.high,
        });
        Ok(Table {
            start: columns.start,
            step_millis: columns.step_millis,
            rows: columns.rows,
            series: tracks.collect(),
        })
    }

    /// Average reading of the first series of a metric over the last `length`.
    fn average(&self, metric: &str, length: Duration) -> Option<f64> {
        let range = TimeRange::ending_at(self.newest_time()? + Duration::from_millis(1), length);
        // Coarse rows do not change the result: each is weighted by its number of readings.
        let columns = self.query_local(metric, range, 10_000).ok()?;
        columns.columns.first()?.average()
    }
}
