//! Statistics of a series below its entry in the legend.

use crate::api::SeriesStatistics;
use crate::live::LiveStore;
use std::fmt::Write as _;
use watchglass_model::{Metric, SeriesId, Unit};

/// The statistics of a series over the time range of the charts; empty unless they were requested.
///
/// As HTML: a list that changes as a whole adds least to the wasm bundle, and the snapshot export has no components.
pub(crate) fn statistics_html(store: &LiveStore, series: SeriesId) -> String {
    let (Some(statistics), Some(metric)) = (store.statistics(series), store.metric(series)) else {
        return String::new();
    };
    html(metric, &statistics, store.is_compared())
}

/// Description list. With `is_compared` it also has the average of the previous period and the difference.
fn html(metric: &Metric, statistics: &SeriesStatistics, is_compared: bool) -> String {
    let unit = metric.display_unit();
    let &SeriesStatistics { min, avg, max, last, p95, total, previous_avg } = statistics;
    let mut html = String::from("<dl class=\"stats\">");
    let mut add = |term: &str, text: &str| {
        // Writing to a string cannot fail. Numbers and units contain no markup.
        let _ = write!(html, "<div><dt>{term}</dt><dd>{text}</dd></div>");
    };
    for (term, value) in [("min", min), ("avg", avg), ("max", max), ("last", last), ("p95", p95)] {
        add(term, &unit.format(value));
    }
    // Counters of seconds are shown as a share of the time: their total would repeat the average.
    if let Some(total) = total.filter(|_| metric.unit != Unit::Seconds) {
        add("total", &metric.unit.format(total));
    }
    if is_compared {
        // Without data in the previous period there are dashes.
        let previous = previous_avg.unwrap_or(f64::NAN);
        add("Previous avg", &unit.format(previous));
        add("Δ", &difference_text(unit, previous, avg));
    }
    html.push_str("</dl>");
    html
}

/// Difference such as `+1.2 MiB/s (+13 %)`; a dash when there is none. For ratios without the percentage: a percentage of a
/// percentage misleads.
fn difference_text(unit: Unit, before: f64, now: f64) -> String {
    let sign = |value: f64| if value < 0.0 { "−" } else { "+" };
    let difference = now - before;
    if !difference.is_finite() {
        return unit.format(difference);
    }
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
    use crate::test_support::metric;
    use watchglass_model::Kind;

    #[test]
    fn statistics_have_units() {
        let now = SeriesStatistics {
            min: 1.0,
            avg: 2048.0,
            max: 3.0,
            last: 4.0,
            p95: 5.0,
            total: Some(3072.0),
            previous_avg: None,
        };
        let before = SeriesStatistics { previous_avg: Some(1024.0), ..now };
        let html_text = |metric: &Metric, statistics: &SeriesStatistics, is_compared| {
            html(metric, statistics, is_compared).replace('\u{a0}', " ")
        };
        let bytes = metric(Kind::Counter, Unit::Bytes);
        let html = html_text(&bytes, &now, false);
        assert!(html.starts_with("<dl class=\"stats\"><div><dt>min</dt><dd>1.0 B/s</dd></div>"), "{html}");
        assert!(html.contains("<dt>total</dt><dd>3.0 KiB</dd>") && !html.contains("Previous avg"), "{html}");
        let html = html_text(&bytes, &before, true);
        assert!(html.contains("<dt>Previous avg</dt><dd>1.0 KiB/s</dd>"), "{html}");
        assert!(html.contains("<dt>Δ</dt><dd>+1.0 KiB/s (+100 %)</dd>"), "{html}");
        let html = html_text(&bytes, &now, true);
        assert!(html.contains("<dt>Previous avg</dt><dd>–</dd>"), "{html}");
        assert!(html.ends_with("<dt>Δ</dt><dd>–</dd></div></dl>"), "{html}");
        assert!(!html_text(&metric(Kind::Counter, Unit::Seconds), &now, false).contains("total"));
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
}
