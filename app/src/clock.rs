//! Times of day, written without asking the browser: server and page must write the same.

use watchglass_model::Timestamp;

/// Writes the time of day `HH:MM:SS` at `offset_minutes` east of UTC.
pub(crate) fn time_of_day(time: Timestamp, offset_minutes: i32) -> String {
    let seconds = time.millis().div_euclid(1000) + i64::from(offset_minutes) * 60;
    let of_day = seconds.rem_euclid(86_400);
    format!("{:02}:{:02}:{:02}", of_day / 3600, of_day / 60 % 60, of_day % 60)
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
}
