//! Time axis: ticks at round local times, with labels.

use crate::{Tick, calendar};
use watchglass_model::{ROUND_STEPS, TimeRange};

const SECOND: i64 = 1000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// Minimum space between two labels, in the unit of the width.
const LABEL_GAP: f64 = 16.0;
/// Minimum distance of ticks, even if the width of labels is reported as zero.
const MIN_SPACING: f64 = 24.0;
/// Limit of JavaScript dates, [ECMA-262 "Time Values and Time Range"], in milliseconds; there are no ticks outside.
///
/// [ECMA-262 "Time Values and Time Range"]: https://tc39.es/ecma262/#sec-time-values-and-time-range
const MAX_TIME: i64 = 8_640_000_000_000_000;

/// The ticks of `window`, including both ends, on an axis `width` wide.
///
/// They are at round times in a zone `utc_offset_minutes` ahead of UTC; weeks start on Monday. Labels are `HH:MM:SS` or `HH:MM`,
/// and the date at midnight. `label_width` measures a text in the unit of `width`; only typical labels are measured, assuming
/// tabular figures. Labels centred on their ticks do not overlap. The offset applies to the whole window, even when daylight
/// saving time changes in it.
pub fn time_ticks(
    window: TimeRange,
    width: f64,
    utc_offset_minutes: i32,
    label_width: impl Fn(&str) -> f64,
) -> Vec<Tick> {
    let millis = window.millis();
    let outside = |time: i64| time.saturating_abs() > MAX_TIME;
    if millis == 0
        || width.is_nan()
        || width < 1.0
        || outside(window.start.millis())
        || outside(window.end.millis())
    {
        return Vec::new();
    }
    let date_width = label_width("30\u{a0}Nov");
    let minute_width = label_width("00:00").max(date_width);
    let second_width = label_width("00:00:00").max(date_width);
    let fits = |step: i64| {
        let text = if step < MINUTE { second_width } else { minute_width };
        step as f64 / millis as f64 * width >= (text + LABEL_GAP).max(MIN_SPACING)
    };
    let longer = std::iter::successors(Some(14 * DAY), |step| step.checked_mul(2));
    let Some(step) = ROUND_STEPS.into_iter().chain(longer).find(|&step| fits(step)) else {
        return Vec::new();
    };
    ticks_at(window, step, i64::from(utc_offset_minutes) * MINUTE)
}

fn ticks_at(window: TimeRange, step: i64, offset: i64) -> Vec<Tick> {
    // Day 0 was a Thursday; the Monday before it lies three days earlier.
    let origin = if step >= 7 * DAY { -3 * DAY } else { 0 };
    let from = window.start.millis() + offset - origin;
    let to = window.end.millis() + offset - origin;
    let first = from.div_euclid(step) + i64::from(from.rem_euclid(step) != 0);
    let last = to.div_euclid(step);
    (first..=last)
        .map(|index| {
            let local = index * step + origin;
            Tick { value: (local - offset) as f64, label: label(local, step) }
        })
        .collect()
}

fn label(local: i64, step: i64) -> String {
    let in_day = local.rem_euclid(DAY);
    if in_day == 0 {
        return calendar::date(local.div_euclid(DAY));
    }
    let (hours, minutes, seconds) = (in_day / HOUR, in_day / MINUTE % 60, in_day / SECOND % 60);
    if step < MINUTE {
        format!("{hours:02}:{minutes:02}:{seconds:02}")
    } else {
        format!("{hours:02}:{minutes:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use watchglass_model::Timestamp;

    fn window(start: i64, end: i64) -> TimeRange {
        TimeRange { start: Timestamp::from_millis(start), end: Timestamp::from_millis(end) }
    }

    fn width(text: &str) -> f64 {
        6.0 * text.chars().count() as f64
    }

    /// 2024-02-29 22:58:30 UTC.
    const EVENING: i64 = 1_709_247_510_000;

    #[test]
    fn ticks_are_at_round_local_times() {
        let cases = [
            (5 * SECOND, 400.0, 0, "22:58:25 22:58:26 22:58:27 22:58:28 22:58:29 22:58:30"),
            (60 * SECOND, 300.0, 0, "22:57:30 22:57:45 22:58:00 22:58:15 22:58:30"),
            (5 * MINUTE, 300.0, 0, "22:54 22:55 22:56 22:57 22:58"),
            (HOUR, 300.0, 0, "22:00 22:15 22:30 22:45"),
            (HOUR, 300.0, 60, "23:00 23:15 23:30 23:45"),
            (HOUR, 300.0, 90, "23:30 23:45 1 Mar 00:15"),
            (HOUR, 300.0, -345, "16:15 16:30 16:45 17:00"),
            (DAY, 300.0, 0, "29 Feb 06:00 12:00 18:00"),
            (7 * DAY, 400.0, 0, "23 Feb 24 Feb 25 Feb 26 Feb 27 Feb 28 Feb 29 Feb"),
            (7 * DAY, 300.0, 0, "23 Feb 25 Feb 27 Feb 29 Feb"),
            // Mondays.
            (30 * DAY, 300.0, 0, "5 Feb 12 Feb 19 Feb 26 Feb"),
        ];
        for (length, width_px, offset, expected) in cases {
            let ticks = time_ticks(window(EVENING - length, EVENING), width_px, offset, width);
            let labels: Vec<String> = ticks.iter().map(|tick| tick.label.replace('\u{a0}', " ")).collect();
            assert_eq!(labels.join(" "), expected, "{length} ms on {width_px} at {offset}");
        }
    }

    #[test]
    fn degenerate_axes_have_no_ticks() {
        for (range, width_px) in [
            (window(0, 0), 300.0),
            (window(10, 0), 300.0),
            (window(0, HOUR), 0.0),
            (window(0, HOUR), -5.0),
            (window(0, HOUR), f64::NAN),
            (window(i64::MIN, i64::MAX), 300.0),
            (window(0, i64::MAX), 300.0),
        ] {
            assert_eq!(time_ticks(range, width_px, 0, width), [], "{range:?} {width_px}");
        }
    }

    proptest! {
        #[test]
        fn labels_do_not_overlap_and_ticks_are_inside(
            start in -MAX_TIME / 2..MAX_TIME / 2,
            length in 1_i64..400 * DAY,
            width_px in 1.0_f64..4000.0,
            offset in -840_i32..840,
            letter in 0.0_f64..12.0,
        ) {
            let measure = |text: &str| letter * text.chars().count() as f64;
            let ticks = time_ticks(window(start, start + length), width_px, offset, measure);
            for tick in &ticks {
                prop_assert!((start as f64..=(start + length) as f64).contains(&tick.value));
                prop_assert!(!tick.label.is_empty());
            }
            for pair in ticks.windows(2) {
                let apart = (pair[1].value - pair[0].value) / length as f64 * width_px;
                let needed = (measure(&pair[0].label) + measure(&pair[1].label)) / 2.0;
                prop_assert!(apart >= needed, "{pair:?}");
            }
            prop_assert!(ticks.len() as f64 <= width_px / MIN_SPACING + 1.0);
        }
    }
}
