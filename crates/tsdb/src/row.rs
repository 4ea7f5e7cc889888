//! Displayed values of samples (counter rates), and their aggregation into rows.

use std::time::Duration;
use watchglass_model::Kind;

/// Maximum distance to the previous sample for a counter rate. A longer one is a gap.
pub const LOOKBACK: Duration = Duration::from_secs(3600);
const LOOKBACK_MILLIS: i64 = 3_600_000;

/// Aggregate of values of one series.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Row {
    /// Minimum.
    pub(crate) low: f64,
    /// Maximum.
    pub(crate) high: f64,
    /// Sum.
    pub(crate) sum: f64,
    /// Number of values.
    pub(crate) count: u32,
    /// Increase of a counter; 0 for a gauge.
    pub(crate) increase: f64,
}

impl Row {
    /// The displayed value at `now` after the sample `before`, both in milliseconds and value.
    #[inline]
    pub(crate) fn reading(kind: Kind, before: Option<(i64, f64)>, now: (i64, f64)) -> Option<Self> {
        let before = before.filter(|before| now.0.saturating_sub(before.0) <= LOOKBACK_MILLIS);
        let value = kind.reading(before, now).filter(|value| value.is_finite())?;
        let increase = match (kind, before) {
            (Kind::Counter, Some(before)) => finite(now.1 - before.1),
            _ => 0.0,
        };
        Some(Self { low: value, high: value, sum: value, count: 1, increase })
    }

    /// Merges another row.
    #[inline]
    pub(crate) fn add(&mut self, other: &Self) {
        self.low = self.low.min(other.low);
        self.high = self.high.max(other.high);
        self.sum = finite(self.sum + other.sum);
        self.count = self.count.saturating_add(other.count);
        self.increase = finite(self.increase + other.increase);
    }

    /// Stored columns: low, high, sum, count, increase.
    pub(crate) fn columns<'a>(rows: impl Iterator<Item = &'a Self> + Clone) -> [Vec<f64>; 5] {
        let column = |value: fn(&Self) -> f64| rows.clone().map(value).collect();
        [
            column(|row| row.low),
            column(|row| row.high),
            column(|row| row.sum),
            column(|row| f64::from(row.count)),
            column(|row| row.increase),
        ]
    }

    /// Inverse of [`columns`](Self::columns); empty unless there are five columns.
    pub(crate) fn of_columns(columns: &[Vec<f64>]) -> impl Iterator<Item = Self> {
        let (low, high, sum, count, increase) = match columns {
            [low, high, sum, count, increase] => (&**low, &**high, &**sum, &**count, &**increase),
            _ => Default::default(),
        };
        let rows = low.iter().zip(high).zip(sum).zip(count).zip(increase);
        rows.map(|((((&low, &high), &sum), &count), &increase)| Self {
            low,
            high,
            sum,
            count: count as u32,
            increase,
        })
    }

    /// Mean, clamped between minimum and maximum even if the sum overflows.
    pub(crate) fn mean(&self) -> f64 {
        (self.sum / f64::from(self.count)).max(self.low).min(self.high)
    }
}

/// Displayed values of samples with their times. `before` is the previous sample.
pub(crate) fn readings(
    kind: Kind,
    mut before: Option<(i64, f64)>,
    samples: &[(i64, f64)],
) -> impl Iterator<Item = (i64, Row)> {
    samples.iter().filter_map(move |&sample| {
        let reading = Row::reading(kind, before.replace(sample), sample);
        reading.map(|reading| (sample.0, reading))
    })
}

/// Clamps to a finite value.
fn finite(value: f64) -> f64 {
    value.clamp(f64::MIN, f64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_look_back_one_hour() {
        let reading =
            |before| Row::reading(Kind::Counter, Some(before), (7_200_000, 7200.0)).map(|row| row.sum);
        assert_eq!(reading((3_600_000, 0.0)), Some(2.0));
        assert_eq!(reading((3_599_999, 0.0)), None);
    }

    #[test]
    fn values_look_back_to_the_previous_sample() {
        let samples = [(1000, 3.0), (2000, 5.0), (3000, 1.0), (4000, 4.0)];
        let rates = |before| {
            readings(Kind::Counter, before, &samples).map(|(time, row)| (time, row.sum)).collect::<Vec<_>>()
        };
        assert_eq!(rates(None), [(2000, 2.0), (4000, 3.0)]);
        assert_eq!(rates(Some((0, 2.0))), [(1000, 1.0), (2000, 2.0), (4000, 3.0)]);
        assert_eq!(readings(Kind::Gauge, None, &samples).count(), 4);
    }

    #[test]
    fn rows_add_up() {
        let row = |kind, before, value| Row::reading(kind, Some((0, before)), (2000, value)).unwrap();
        let mut counter = row(Kind::Counter, 1.0, 5.0);
        counter.add(&row(Kind::Counter, 0.0, 12.0));
        assert_eq!(counter, Row { low: 2.0, high: 6.0, sum: 8.0, count: 2, increase: 16.0 });
        assert_eq!(counter.mean(), 4.0);
        assert_eq!(row(Kind::Gauge, 1.0, 5.0).increase, 0.0);
    }

    #[test]
    fn rows_come_back_from_columns() {
        let row = |low: f64, count| Row { low, high: low + 2.0, sum: low * 3.0, count, increase: low + 1.0 };
        let rows = [row(1.5, 3), row(-4.0, u32::MAX)];
        let columns = Row::columns(rows.iter());
        assert_eq!(columns.first(), Some(&vec![1.5, -4.0]));
        assert_eq!(Row::of_columns(&columns).collect::<Vec<_>>(), rows);
        assert_eq!(Row::of_columns(&[vec![1.0]]).count(), 0);
    }

    #[test]
    fn a_mean_is_a_number() {
        let mut row = Row { low: f64::MAX, high: f64::MAX, sum: f64::MAX, count: 1, increase: 0.0 };
        let same = row;
        row.add(&same);
        assert_eq!((row.sum, row.mean()), (f64::MAX, f64::MAX));
        assert_eq!(Row::reading(Kind::Counter, Some((0, f64::MIN)), (1, f64::MAX)), None);
    }
}
