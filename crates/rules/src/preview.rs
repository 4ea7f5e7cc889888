//! Preview of a rule: the engine run over the past.

use crate::{Change, Engine, EvalInput, Point, Rule, RuleError};
use watchglass_model::{Labels, Metric, Series, SeriesId, TimeRange, Timestamp};

/// Maximum listed firings. All are counted.
const MAX_FIRINGS: usize = 1000;

/// Stored history of one series in rows. A row exists if all its numbers do; non-finite values are gaps.
#[derive(Clone, Debug, PartialEq)]
pub struct SeriesHistory<'a> {
    /// Labels.
    pub labels: &'a Labels,
    /// Smallest reading of each row.
    pub low: &'a [f64],
    /// Largest reading of each row.
    pub high: &'a [f64],
    /// Average of each row.
    pub mean: &'a [f64],
    /// Number of readings of each row.
    pub count: &'a [u32],
    /// Increase of a counter in each row; empty for a gauge.
    pub increase: &'a [f64],
}

/// A simulated alert.
#[derive(Clone, Debug, PartialEq)]
pub struct Firing {
    /// Labels of its series.
    pub labels: Labels,
    /// When it would have fired.
    pub start: Timestamp,
    /// When it would have resolved; `None` if it still fired at the end.
    pub end: Option<Timestamp>,
    /// Its message when it fired.
    pub message: String,
}

/// Result of a preview.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Preview {
    /// Firings, the earliest first; if there are more than 1000, the latest.
    pub firings: Vec<Firing>,
    /// Total number of firings.
    pub count: usize,
    /// Total firing time of all series, in milliseconds.
    pub millis: i64,
    /// Minimum number of notifications: one per firing, severity increase and resolution; a flapping alert counts two.
    /// Grouping, silences and repeats are not simulated.
    pub notifications: usize,
}

/// Runs `rule` over rows that are `step_millis` apart, the first of which starts at `start`. The result is as precise
/// as the rows: the newest reading of a row is its average, and anything shorter than a row counts as one row. Rows of
/// one hour before `range` fill the windows; only `range` is reported. A disabled rule is run as well.
///
/// # Errors
/// The rule is invalid, by itself or for this metric.
pub fn preview(
    rule: &Rule,
    metric: &Metric,
    start: Timestamp,
    step_millis: i64,
    tracks: &[SeriesHistory<'_>],
    range: TimeRange,
) -> Result<Preview, RuleError> {
    rule.check_metric(metric)?;
    let step = step_millis.max(1);
    let mut engine = Engine::new(vec![Rule { enabled: true, ..rule.clone() }], 0)?.with_step(step);
    let mut past = HistoryInput::new(metric, tracks);
    let rows = tracks.iter().map(|track| track.mean.len()).max().unwrap_or(0);
    let mut preview = Preview::default();
    let last = range.end.millis().saturating_sub(1);
    for row in 0..rows {
        let begins =
            start.millis().saturating_add(i64::try_from(row).unwrap_or(i64::MAX).saturating_mul(step));
        if begins > last {
            break;
        }
        // A row counts at its end; an incomplete one, at the end of the range.
        let now = Timestamp::from_millis(begins.saturating_add(step).min(last));
        past.seek(row, now);
        for change in engine.evaluate(now, &past) {
            preview.record(change, range);
        }
    }
    preview.finish(range);
    Ok(preview)
}

impl Preview {
    fn record(&mut self, change: Change, range: TimeRange) {
        let alert = change.alert();
        let counts = match &change {
            Change::FlappingBegan(_) | Change::FlappingEnded(_) => true,
            Change::Fired(_) | Change::Worsened(_) | Change::Resolved(_) => !alert.flapping,
        };
        let time = match &change {
            Change::Resolved(_) => alert.resolved,
            _ => alert.fired,
        };
        if counts && time.is_some_and(|time| range.contains(time)) {
            self.notifications += 1;
        }
        match change {
            Change::Fired(alert) => self.firings.push(Firing {
                start: alert.fired.unwrap_or(alert.since),
                end: None,
                labels: alert.key.labels,
                message: alert.message,
            }),
            Change::Resolved(alert) => {
                let mut firings = self.firings.iter_mut().rev();
                if let Some(firing) = firings.find(|firing| firing.labels == alert.key.labels) {
                    firing.end = alert.resolved;
                }
            }
            _ => {}
        }
    }

    /// Drops firings outside `range` and computes the totals.
    fn finish(&mut self, range: TimeRange) {
        let end = |firing: &Firing| firing.end.unwrap_or(range.end);
        self.firings.retain(|firing| end(firing) > range.start && firing.start < range.end);
        self.count = self.firings.len();
        let lengths = self
            .firings
            .iter()
            .map(|firing| end(firing).min(range.end).millis_since(firing.start.max(range.start)).max(0));
        self.millis = lengths.fold(0, i64::saturating_add);
        self.firings.drain(..self.count.saturating_sub(MAX_FIRINGS));
    }
}

/// Evaluation input of one row after the other. A series exists from its first reading on, as it did then.
struct HistoryInput<'a> {
    metric: &'a Metric,
    /// With the row of their first reading, sorted by it.
    tracks: Vec<(usize, &'a SeriesHistory<'a>)>,
    series: Vec<Series>,
    row: usize,
    now: Timestamp,
}

impl<'a> HistoryInput<'a> {
    fn new(metric: &'a Metric, tracks: &'a [SeriesHistory<'a>]) -> Self {
        let first = |track: &SeriesHistory<'_>| track.mean.iter().position(|mean| mean.is_finite());
        let mut tracks: Vec<_> = tracks.iter().filter_map(|track| Some((first(track)?, track))).collect();
        tracks.sort_by_key(|(first, _)| *first);
        let series = (0..).zip(&tracks).map(|(id, (_, track))| Series {
            id: SeriesId(id),
            metric: metric.name.clone(),
            labels: track.labels.clone(),
        });
        let series = series.collect();
        Self { metric, tracks, series, row: 0, now: Timestamp::default() }
    }

    fn seek(&mut self, row: usize, now: Timestamp) {
        (self.row, self.now) = (row, now);
    }
}

impl EvalInput for HistoryInput<'_> {
    fn series(&self) -> &[Series] {
        let met = self.tracks.partition_point(|(first, _)| *first <= self.row);
        self.series.get(..met).unwrap_or_default()
    }

    fn newest(&self, series: SeriesId) -> Option<Point> {
        let (_, track) = self.tracks.get(series.0 as usize)?;
        let at = |values: &[f64]| values.get(self.row).copied().filter(|value| value.is_finite());
        let (count, mean) = (*track.count.get(self.row)?, at(track.mean)?);
        Some(Point {
            time: self.now,
            low: at(track.low)?,
            high: at(track.high)?,
            sum: mean * f64::from(count),
            count,
            increase: at(track.increase),
        })
    }

    fn metric(&self, name: &str) -> Option<&Metric> {
        (self.metric.name == name).then_some(self.metric)
    }
}

#[cfg(test)]
#[path = "preview_tests.rs"]
mod tests;
