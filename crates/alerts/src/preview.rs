//! When a rule would have fired: the engine itself, run over the past.

use crate::{Change, Engine, Measured, Point, Rule, RuleError};
use watchglass_model::{Labels, Metric, Series, SeriesId, TimeRange, Timestamp};

/// The most firings that are listed. All are counted.
const MOST_FIRINGS: usize = 1000;

/// The past of one series in rows, as the history answers. A row is there where all its numbers are; what is not finite is
/// a gap.
#[derive(Clone, Debug, PartialEq)]
pub struct Track<'a> {
    /// Its labels.
    pub labels: &'a Labels,
    /// The smallest reading of each row.
    pub low: &'a [f64],
    /// The largest.
    pub high: &'a [f64],
    /// The mean.
    pub mean: &'a [f64],
    /// How many readings there are.
    pub count: &'a [u32],
    /// By how much a counter grew; empty for a gauge.
    pub increase: &'a [f64],
}

/// When an alert would have fired.
#[derive(Clone, Debug, PartialEq)]
pub struct Firing {
    /// The labels of its series.
    pub labels: Labels,
    /// When it would have fired.
    pub start: Timestamp,
    /// When it would have been over; `None` if it still fired at the end.
    pub end: Option<Timestamp>,
    /// What it would have said when it fired.
    pub message: String,
}

/// What a rule would have done.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Preview {
    /// The firings, the earliest first; of more than 1000, the latest.
    pub firings: Vec<Firing>,
    /// How many firings there were.
    pub count: usize,
    /// Milliseconds that something fired, of all series together.
    pub millis: i64,
    /// How many messages would have been told, at least: each firing, worsening and resolution is one, and all of an
    /// alert that flaps are two. Grouping, silences and repeats are not counted.
    pub messages: usize,
}

/// Runs `rule` over rows that are `step_millis` apart, the first of which begins at `start`. Its judgement is as fine as the
/// rows are: the newest reading of a row is its mean, and what is shorter than a row is as long. An hour before what
/// is of interest fills the windows; `range` says what is reported. A rule that is not enabled is run all the same.
///
/// # Errors
/// A rule that cannot be judged, by itself or on this metric.
pub fn preview(
    rule: &Rule,
    metric: &Metric,
    start: Timestamp,
    step_millis: i64,
    tracks: &[Track<'_>],
    range: TimeRange,
) -> Result<Preview, RuleError> {
    rule.check_metric(metric)?;
    let step = step_millis.max(1);
    let mut engine = Engine::new(vec![Rule { enabled: true, ..rule.clone() }], 0)?.with_step(step);
    let mut past = Past::new(metric, tracks);
    let rows = tracks.iter().map(|track| track.mean.len()).max().unwrap_or(0);
    let mut preview = Preview::default();
    let last = range.end.millis().saturating_sub(1);
    for row in 0..rows {
        let begins =
            start.millis().saturating_add(i64::try_from(row).unwrap_or(i64::MAX).saturating_mul(step));
        if begins > last {
            break;
        }
        // A row counts when it is over; one that is not over yet, at the end of the range.
        let now = Timestamp::from_millis(begins.saturating_add(step).min(last));
        past.show(row, now);
        for change in engine.judge(now, &past) {
            preview.take_in(change, range);
        }
    }
    preview.finish(range);
    Ok(preview)
}

impl Preview {
    fn take_in(&mut self, change: Change, range: TimeRange) {
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
            self.messages += 1;
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

    /// Leaves out what is not in `range`, and adds up the rest.
    fn finish(&mut self, range: TimeRange) {
        let end = |firing: &Firing| firing.end.unwrap_or(range.end);
        self.firings.retain(|firing| end(firing) > range.start && firing.start < range.end);
        self.count = self.firings.len();
        let lengths = self
            .firings
            .iter()
            .map(|firing| end(firing).min(range.end).millis_since(firing.start.max(range.start)).max(0));
        self.millis = lengths.fold(0, i64::saturating_add);
        self.firings.drain(..self.count.saturating_sub(MOST_FIRINGS));
    }
}

/// The past, one row of it after the other. A series is met with its first reading, as it was then.
struct Past<'a> {
    metric: &'a Metric,
    /// With the row of their first reading, in that order.
    tracks: Vec<(usize, &'a Track<'a>)>,
    series: Vec<Series>,
    row: usize,
    now: Timestamp,
}

impl<'a> Past<'a> {
    fn new(metric: &'a Metric, tracks: &'a [Track<'a>]) -> Self {
        let first = |track: &Track<'_>| track.mean.iter().position(|mean| mean.is_finite());
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

    fn show(&mut self, row: usize, now: Timestamp) {
        (self.row, self.now) = (row, now);
    }
}

impl Measured for Past<'_> {
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
