//! Formatting of times, without browser APIs: server and page must produce the same text.

use watchglass_chart::date;
use watchglass_model::Timestamp;

/// Formats the time of day as `HH:MM:SS`, `offset_minutes` east of UTC.
pub(crate) fn time_of_day(time: Timestamp, offset_minutes: i32) -> String {
    let seconds = time.millis().div_euclid(1000) + i64::from(offset_minutes) * 60;
    let of_day = seconds.rem_euclid(86_400);
    format!("{:02}:{:02}:{:02}", of_day / 3600, of_day / 60 % 60, of_day % 60)
}

/// The time of day in the user's time zone; in UTC, with the suffix ` UTC`, while that is unknown.
pub(crate) fn local_time(time: Timestamp, offset: Option<i32>) -> String {
    with_zone(offset, time_of_day(time, offset.unwrap_or(0)))
}

/// Like [`local_time`], with the date in front: `22 Nov 05:58:01`.
pub fn local_date_and_time(time: Timestamp, offset: Option<i32>) -> String {
    let minutes = offset.unwrap_or(0);
    let days = (time.millis() + i64::from(minutes) * 60_000).div_euclid(86_400_000);
    with_zone(offset, format!("{} {}", date(days), time_of_day(time, minutes)))
}

fn with_zone(offset: Option<i32>, text: String) -> String {
    if offset.is_some() { text } else { format!("{text} UTC") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_day() {
        for (millis, offset, expected) in [
            (0, 0, "00:00:00"),
            (86_399_999, 0, "23:59:59"),
            (0, 90, "01:30:00"),
            (0, -60, "23:00:00"),
            (-1, 0, "23:59:59"),
        ] {
            assert_eq!(time_of_day(Timestamp::from_millis(millis), offset), expected);
        }
    }

    #[test]
    fn local_times_and_dates() {
        for (millis, offset, time, both) in [
            (0, None, "00:00:00 UTC", "1 Jan 00:00:00 UTC"),
            (0, Some(0), "00:00:00", "1 Jan 00:00:00"),
            (0, Some(-60), "23:00:00", "31 Dec 23:00:00"),
            (82_800_000, Some(90), "00:30:00", "2 Jan 00:30:00"),
        ] {
            let timestamp = Timestamp::from_millis(millis);
            assert_eq!(local_time(timestamp, offset), time);
            assert_eq!(local_date_and_time(timestamp, offset).replace('\u{a0}', " "), both);
        }
    }
}
