//! Summary statistics of a series over a time window.

use app::api::SeriesStatistics;
use watchglass_model::{Kind, Metric};
use watchglass_tsdb::Column;

/// Statistics of a column, with the average of its `previous` period if that has readings; `None` without readings.
pub(super) fn statistics(
    metric: &Metric,
    column: &Column,
    previous: Option<&Column>,
) -> Option<SeriesStatistics> {
    let mut means: Vec<f64> = column.mean.iter().copied().filter(|mean| mean.is_finite()).collect();
    let last = *means.last()?;
    let finite = |values: &[f64], pick: fn(f64, f64) -> f64| {
        values.iter().copied().filter(|value| value.is_finite()).reduce(pick)
    };
    means.sort_by(f64::total_cmp);
    let rank = (means.len() * 95).div_ceil(100).saturating_sub(1);
    Some(SeriesStatistics {
        min: finite(&column.low, f64::min)?,
        avg: column.average().unwrap_or(last),
        max: finite(&column.high, f64::max)?,
        last,
        p95: *means.get(rank)?,
        total: (metric.kind == Kind::Counter)
            .then(|| column.increase.iter().copied().filter(|growth| growth.is_finite()).sum()),
        previous_avg: previous.and_then(Column::average),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::metric;
    use proptest::prelude::*;
    use std::sync::Arc;
    use watchglass_model::Unit;
    use watchglass_tsdb::StoredSeries;

    /// Rows of (low, mean, high, count).
    fn column(rows: &[(f64, f64, f64, u32)], increase: &[f64]) -> Column {
        Column {
            series: Arc::new(StoredSeries {
                metric: "m".to_owned(),
                labels: Default::default(),
                kind: Kind::Gauge,
            }),
            id: None,
            low: rows.iter().map(|row| row.0).collect(),
            high: rows.iter().map(|row| row.2).collect(),
            mean: rows.iter().map(|row| row.1).collect(),
            count: rows.iter().map(|row| row.3).collect(),
            increase: increase.to_vec(),
        }
    }

    const GAP: (f64, f64, f64, u32) = (f64::NAN, f64::NAN, f64::NAN, 0);

    #[test]
    fn statistics_are_computed_from_columns() {
        let rows = [(1.0, 2.0, 3.0, 10), GAP, (0.5, 8.0, 9.0, 30), GAP];
        let found = statistics(&metric(Kind::Gauge, Unit::Count), &column(&rows, &[]), None).unwrap();
        let expected = SeriesStatistics {
            min: 0.5,
            avg: 6.5,
            max: 9.0,
            last: 8.0,
            p95: 8.0,
            total: None,
            previous_avg: None,
        };
        assert_eq!(found, expected);
        let counter = metric(Kind::Counter, Unit::Bytes);
        let found =
            statistics(&counter, &column(&rows, &[5.0, f64::NAN, 7.0, 0.0]), Some(&column(&rows, &[])))
                .unwrap();
        assert_eq!((found.total, found.previous_avg), (Some(12.0), Some(6.5)));
        assert_eq!(statistics(&counter, &column(&[GAP, GAP], &[]), None), None);
        assert_eq!(statistics(&counter, &column(&[], &[]), None), None);
    }

    #[test]
    fn one_row_of_twenty_may_exceed_the_95th_percentile() {
        let rows: Vec<_> = (1..=20).map(|row| (0.0, f64::from(row), 99.0, 1)).collect();
        let found = statistics(&metric(Kind::Gauge, Unit::Count), &column(&rows, &[]), None).unwrap();
        assert_eq!(found.p95, 19.0);
    }

    proptest! {
        #[test]
        fn statistics_lie_between_min_and_max(rows in prop::collection::vec((-1e9_f64..1e9, 0.0_f64..1e6, 0.0_f64..1e6, 1_u32..100), 1..60)) {
            let rows: Vec<_> = rows.iter().map(|&(low, up, more, count)| (low, low + up, low + up + more, count)).collect();
            let found = statistics(&metric(Kind::Gauge, Unit::Count), &column(&rows, &[]), None).unwrap();
            let slack = 1e-3;
            for value in [found.avg, found.last, found.p95] {
                prop_assert!(found.min - slack <= value && value <= found.max + slack, "{:?}", found);
            }
        }
    }
}
