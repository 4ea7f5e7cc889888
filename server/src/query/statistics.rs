//! Summary statistics of a series over a time window.

use std::fmt::Write as _;
use watchglass_model::{Kind, Metric, Unit};
use watchglass_tsdb::Column;

/// Summary statistics of a series, in the unit of its readings.
///
/// Computed from whole rows: at either end of the window up to one row more is included.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Statistics {
    /// Smallest reading; downsampling preserves it.
    min: f64,
    /// Average of all readings, all weighted equally.
    average: f64,
    /// Largest reading.
    max: f64,
    /// Average of the newest row with data.
    last: f64,
    /// 95th percentile of the row averages, by nearest rank. With one reading per row it is that of the readings; with longer
    /// rows, one row average in twenty is higher.
    p95: f64,
    /// Increase of a counter, with resets handled; `None` for a gauge.
    total: Option<f64>,
}

impl Statistics {
    /// Statistics of a column; `None` for one without readings.
    pub(super) fn of(metric: &Metric, column: &Column) -> Option<Self> {
        let mut means: Vec<f64> = column.mean.iter().copied().filter(|mean| mean.is_finite()).collect();
        let last = *means.last()?;
        let finite = |values: &[f64], pick: fn(f64, f64) -> f64| {
            values.iter().copied().filter(|value| value.is_finite()).reduce(pick)
        };
        means.sort_by(f64::total_cmp);
        let rank = (means.len() * 95).div_ceil(100).saturating_sub(1);
        Some(Self {
            min: finite(&column.low, f64::min)?,
            average: column.average().unwrap_or(last),
            max: finite(&column.high, f64::max)?,
            last,
            p95: *means.get(rank)?,
            total: (metric.kind == Kind::Counter)
                .then(|| column.increase.iter().copied().filter(|growth| growth.is_finite()).sum()),
        })
    }

    /// Statistics as an HTML description list. `before` is given for a comparison, with the statistics of the previous period
    /// if it has data; then the list also has the previous average and the difference.
    pub(super) fn html(&self, metric: &Metric, before: Option<Option<Self>>) -> String {
        let unit = metric.display_unit();
        let mut html = String::from("<dl class=\"stats\">");
        let mut add = |term: &str, text: &str| {
            // Writing to a string cannot fail. Numbers and units contain no markup.
            let _ = write!(html, "<div><dt>{term}</dt><dd>{text}</dd></div>");
        };
        for (term, value) in [
            ("min", self.min),
            ("avg", self.average),
            ("max", self.max),
            ("last", self.last),
            ("P95", self.p95),
        ] {
            add(term, &unit.format(value));
        }
        // Counters of seconds are shown as a share of the time: their total would repeat the average.
        if let Some(total) = self.total.filter(|_| metric.unit != Unit::Seconds) {
            add("total", &metric.unit.format(total));
        }
        if let Some(before) = before {
            add("Previous avg", &before.map_or("–".to_owned(), |before| unit.format(before.average)));
            add(
                "Δ",
                &before
                    .map_or("–".to_owned(), |before| difference_text(unit, before.average, self.average)),
            );
        }
        html.push_str("</dl>");
        html
    }
}

/// Difference such as `+1.2 MiB/s (+13 %)`. For ratios without the percentage: a percentage of a percentage misleads.
fn difference_text(unit: Unit, before: f64, now: f64) -> String {
    let sign = |value: f64| if value < 0.0 { "−" } else { "+" };
    let difference = now - before;
    let mut text = format!("{}{}", sign(difference), unit.format(difference.abs()));
    let part = difference / before.abs();
    if part.is_finite() && unit != Unit::Ratio {
        let _ = write!(text, " ({}{})", sign(part), Unit::Ratio.format(part.abs()));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::sync::Arc;
    use watchglass_tsdb::StoredSeries;

    fn metric(kind: Kind, unit: Unit) -> Metric {
        Metric {
            name: "m".to_owned(),
            kind,
            unit,
            help: String::new(),
            labels: Vec::new(),
            panel: None,
            legend: String::new(),
        }
    }

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
        let found = Statistics::of(&metric(Kind::Gauge, Unit::Count), &column(&rows, &[])).unwrap();
        let expected = Statistics { min: 0.5, average: 6.5, max: 9.0, last: 8.0, p95: 8.0, total: None };
        assert_eq!(found, expected);
        let counter = metric(Kind::Counter, Unit::Bytes);
        let found = Statistics::of(&counter, &column(&rows, &[5.0, f64::NAN, 7.0, 0.0])).unwrap();
        assert_eq!(found.total, Some(12.0));
        assert_eq!(Statistics::of(&counter, &column(&[GAP, GAP], &[])), None);
        assert_eq!(Statistics::of(&counter, &column(&[], &[])), None);
    }

    #[test]
    fn one_row_of_twenty_may_exceed_the_95th_percentile() {
        let rows: Vec<_> = (1..=20).map(|row| (0.0, f64::from(row), 99.0, 1)).collect();
        let found = Statistics::of(&metric(Kind::Gauge, Unit::Count), &column(&rows, &[])).unwrap();
        assert_eq!(found.p95, 19.0);
    }

    #[test]
    fn statistics_have_units() {
        let now =
            Statistics { min: 1.0, average: 2048.0, max: 3.0, last: 4.0, p95: 5.0, total: Some(3072.0) };
        let before = Statistics { average: 1024.0, ..now };
        let html_text = |metric: &Metric, before| now.html(metric, before).replace('\u{a0}', " ");
        let bytes = metric(Kind::Counter, Unit::Bytes);
        let html = html_text(&bytes, None);
        assert!(html.starts_with("<dl class=\"stats\"><div><dt>min</dt><dd>1.0 B/s</dd></div>"), "{html}");
        assert!(html.contains("<dt>total</dt><dd>3.0 KiB</dd>") && !html.contains("Previous avg"), "{html}");
        let html = html_text(&bytes, Some(Some(before)));
        assert!(html.contains("<dt>Δ</dt><dd>+1.0 KiB/s (+100 %)</dd>"), "{html}");
        let html = html_text(&bytes, Some(None));
        assert!(html.contains("<dt>Previous avg</dt><dd>–</dd>"), "{html}");
        assert!(!html_text(&metric(Kind::Counter, Unit::Seconds), None).contains("total"));
    }

    #[test]
    fn differences_have_a_sign() {
        for (unit, before, now, expected) in [
            (Unit::Ratio, 0.5, 0.25, "−25.0 %"),
            (Unit::Seconds, 0.2, 0.1, "−100 ms (−50.0 %)"),
            (Unit::Count, 0.0, 3.0, "+3"),
            (Unit::Count, -2.0, -1.0, "+1 (+50.0 %)"),
        ] {
            assert_eq!(difference_text(unit, before, now).replace('\u{a0}', " "), expected);
        }
    }

    proptest! {
        #[test]
        fn statistics_lie_between_min_and_max(rows in prop::collection::vec((-1e9_f64..1e9, 0.0_f64..1e6, 0.0_f64..1e6, 1_u32..100), 1..60)) {
            let rows: Vec<_> = rows.iter().map(|&(low, up, more, count)| (low, low + up, low + up + more, count)).collect();
            let found = Statistics::of(&metric(Kind::Gauge, Unit::Count), &column(&rows, &[])).unwrap();
            let slack = 1e-3;
            for value in [found.average, found.last, found.p95] {
                prop_assert!(found.min - slack <= value && value <= found.max + slack, "{:?}", found);
            }
        }
    }
}
