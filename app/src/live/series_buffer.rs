//! Rows of one series over the time window of a page.

use crate::api::HistorySeries;
use watchglass_model::Timestamp;

/// Rows in ascending order of time. There is no row for a missing value: gaps follow from the distance of times.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct SeriesBuffer {
    /// Start of each row, milliseconds since the Unix epoch.
    pub(crate) times: Vec<i64>,
    /// Minimum of each row.
    pub(crate) low: Vec<f64>,
    /// Maximum of each row.
    pub(crate) high: Vec<f64>,
}

impl SeriesBuffer {
    /// The rows of a history that starts at `start` and has a row every `step` milliseconds.
    pub(crate) fn from_history(given: &HistorySeries, start: Timestamp, step: i64) -> Self {
        let high = if given.high.is_empty() { &given.low } else { &given.high };
        let mut track = Self::default();
        let mut time = start.millis();
        for (low, high) in given.low.iter().zip(high) {
            if let (Some(low), Some(high)) = (low, high) {
                track.push(time, f64::from(*low), f64::from(*high));
            }
            time += step;
        }
        track
    }

    /// Adds a reading to the row that starts at `time`. Readings older than the newest row are ignored: the history has them.
    pub(crate) fn add(&mut self, time: i64, reading: f64) {
        match self.times.last() {
            Some(&last) if time < last => {}
            Some(&last) if time == last => {
                if let (Some(low), Some(high)) = (self.low.last_mut(), self.high.last_mut()) {
                    *low = low.min(reading);
                    *high = high.max(reading);
                }
            }
            _ => self.push(time, reading, reading),
        }
    }

    /// Appends a row.
    pub(crate) fn push(&mut self, time: i64, low: f64, high: f64) {
        self.times.push(time);
        self.low.push(low);
        self.high.push(high);
    }

    /// The maximum of the latest row up to `time`; `None` when it started `gap` milliseconds before or earlier.
    pub(crate) fn maximum_at(&self, time: i64, gap: i64) -> Option<f64> {
        let index = self.times.partition_point(|&start| start <= time).checked_sub(1)?;
        let start = self.times.get(index)?;
        (time - start < gap).then(|| self.high.get(index).copied()).flatten()
    }

    /// Drops the rows before `start` except the last one, from which the line enters the window. To save copies, it does so
    /// only when a quarter of the rows are old.
    pub(crate) fn drop_before(&mut self, start: i64) {
        let old = self.times.partition_point(|&time| time < start).saturating_sub(1);
        if old * 4 > self.times.len() {
            self.times.drain(..old);
            self.low.drain(..old);
            self.high.drain(..old);
        }
    }

    /// Replaces the rows within the range of `history`. Older rows stay, because the history of a restarted server is short.
    pub(crate) fn merge(&mut self, history: &Self) {
        let (Some(&first), Some(&last)) = (history.times.first(), history.times.last()) else { return };
        let start = self.times.partition_point(|&time| time < first);
        let end = self.times.partition_point(|&time| time <= last);
        self.times.splice(start..end, history.times.iter().copied());
        self.low.splice(start..end, history.low.iter().copied());
        self.high.splice(start..end, history.high.iter().copied());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn track(rows: &[(i64, f64, f64)]) -> SeriesBuffer {
        let mut track = SeriesBuffer::default();
        rows.iter().for_each(|&(time, low, high)| track.push(time, low, high));
        track
    }

    #[test]
    fn readings_extend_the_range_of_a_row() {
        let mut track = SeriesBuffer::default();
        for (time, reading) in [(0, 2.0), (0, 1.0), (0, 3.0), (4, 5.0), (0, 9.0)] {
            track.add(time, reading);
        }
        assert_eq!(track, self::track(&[(0, 1.0, 3.0), (4, 5.0, 5.0)]));
    }

    #[test]
    fn history_is_merged_with_live_rows() {
        let row = |time: i64, value: f64| (time, value, value);
        let live = [row(2, 0.0), row(3, 3.0), row(4, 4.0)];
        for (history, expected) in [
            (vec![], vec![row(2, 0.0), row(3, 3.0), row(4, 4.0)]),
            (vec![row(1, 1.0), row(2, 2.0)], vec![row(1, 1.0), row(2, 2.0), row(3, 3.0), row(4, 4.0)]),
            (vec![row(3, 9.0)], vec![row(2, 0.0), row(3, 9.0), row(4, 4.0)]),
            (vec![row(3, 9.0), row(6, 6.0)], vec![row(2, 0.0), row(3, 9.0), row(6, 6.0)]),
        ] {
            let mut merged = track(&live);
            merged.merge(&track(&history));
            assert_eq!(merged, track(&expected));
        }
    }

    #[test]
    fn drops_old_rows_except_the_last() {
        let mut kept = track(&[(1, 1.0, 1.0), (2, 2.0, 2.0), (3, 3.0, 3.0)]);
        kept.drop_before(3);
        assert_eq!(kept, track(&[(2, 2.0, 2.0), (3, 3.0, 3.0)]));
    }
}
