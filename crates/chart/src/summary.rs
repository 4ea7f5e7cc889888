//! Text summary of a chart for screen readers.

use crate::Line;
use crate::plot::middle;
use watchglass_model::format::age;
use watchglass_model::{TimeRange, Unit};

/// Summarises a line in `window`: `CPU: 3.1 % now, 1.0 % to 40.2 % in the last 5 min, 7.5 % on average`.
///
/// `unit` is that of the values. If the last value is more than `gap_after_millis` older than the end of the window, its age
/// replaces `now`. The average is over the points, unweighted.
pub fn summary(name: &str, unit: Unit, line: &Line<'_>, window: TimeRange, gap_after_millis: i64) -> String {
    let span = span(window.millis());
    let mut found: Option<Extent> = None;
    for (time, low, high) in
        line.points_in(window).filter(|(_, low, high)| low.is_finite() && high.is_finite())
    {
        let extent = found.get_or_insert(Extent { low, high, sum: 0.0, count: 0.0, last: (time, 0.0) });
        extent.low = extent.low.min(low);
        extent.high = extent.high.max(high);
        extent.sum += middle(low, high);
        extent.count += 1.0;
        extent.last = (time, middle(low, high));
    }
    let Some(Extent { low, high, sum, count, last: (time, value) }) = found else {
        return format!("{name}: no data in the last {span}");
    };
    let behind = window.end.millis().saturating_sub(time);
    let when = if behind > gap_after_millis { format!("{} ago", age(behind)) } else { "now".to_owned() };
    let [last, low, high, average] = [value, low, high, sum / count].map(|value| unit.format(value));
    format!("{name}: {last} {when}, {low} to {high} in the last {span}, {average} on average")
}

struct Extent {
    low: f64,
    high: f64,
    sum: f64,
    count: f64,
    last: (i64, f64),
}

/// Length of a window: `90 s`, `5 min`, `1 h`, `24 h`, `7 d`. Unlike an age, one hour is not shown in minutes.
fn span(millis: i64) -> String {
    if millis == 3_600_000 { "1\u{a0}h".to_owned() } else { age(millis) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchglass_model::Timestamp;

    const MINUTE: i64 = 60_000;

    fn summarise(unit: Unit, times: &[i64], low: &[f64], high: &[f64], minutes: i64) -> String {
        let window =
            TimeRange { start: Timestamp::from_millis(0), end: Timestamp::from_millis(minutes * MINUTE) };
        summary("CPU", unit, &Line { times, low, high, colour: 0 }, window, MINUTE).replace('\u{a0}', " ")
    }

    #[test]
    fn summary_of_a_live_line() {
        let times = [-MINUTE, MINUTE, 2 * MINUTE, 3 * MINUTE, 5 * MINUTE, 6 * MINUTE];
        let values = [9.0, 0.01, 0.402, f64::NAN, 0.031, 9.0];
        assert_eq!(
            summarise(Unit::Ratio, &times, &values, &values, 5),
            "CPU: 3.1 % now, 1.0 % to 40.2 % in the last 5 min, 14.8 % on average"
        );
    }

    #[test]
    fn summary_has_the_age_of_the_last_value() {
        assert_eq!(
            summarise(Unit::Bytes, &[0, MINUTE], &[0.0, 2048.0], &[1024.0, 4096.0], 60),
            "CPU: 3.0 KiB 59 min ago, 0 B to 4.0 KiB in the last 1 h, 1.8 KiB on average"
        );
    }

    #[test]
    fn summary_without_data() {
        assert_eq!(summarise(Unit::Count, &[], &[], &[], 1440), "CPU: no data in the last 24 h");
        assert_eq!(
            summarise(Unit::Count, &[5], &[f64::NAN], &[f64::NAN], 10_080),
            "CPU: no data in the last 7 d"
        );
    }
}
