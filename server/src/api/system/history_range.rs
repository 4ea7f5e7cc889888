//! Time range and step of a history query.

use super::row_limits::MAX_STEP_SECONDS;
use crate::http::{ApiError, bad_request};
use std::time::Duration;
use watchglass_model::time_text::parse_duration;
use watchglass_model::{TimeRange, Timestamp};
use watchglass_reports::parse_time;

/// Parameters of the time range.
pub(super) struct Times<'a> {
    pub(super) period: &'a Option<String>,
    pub(super) start: &'a Option<String>,
    pub(super) end: &'a Option<String>,
}

impl Times<'_> {
    /// Time range, and the name of its period if there is one. A period has whole steps, the last of which is the current
    /// one: 60, 1,440 or 10,080 of a minute.
    ///
    /// # Errors
    /// 400 for an invalid parameter.
    pub(super) fn range(
        &self,
        newest: Option<Timestamp>,
        step: Option<i64>,
    ) -> Result<(Option<&'static str>, TimeRange), ApiError> {
        // The newest sample is included.
        let now = newest.unwrap_or_default() + Duration::from_millis(1);
        let parse = |name: &str, text: &Option<String>| {
            text.as_deref()
                .map(parse_time)
                .transpose()
                .map_err(|error| bad_request(format!("{name}: {error}")))
        };
        let (start, end) = (parse("start", self.start)?, parse("end", self.end)?);
        let end = end.unwrap_or(now);
        if let Some(start) = start {
            if self.period.is_some() {
                return Err(bad_request("period and start exclude each other".to_owned()));
            }
            if end <= start {
                return Err(bad_request("start must be before end".to_owned()));
            }
            return Ok((None, TimeRange { start, end }));
        }
        let (name, hours) = match self.period.as_deref() {
            Some("1h") => ("1h", 1),
            None | Some("24h") => ("24h", 24),
            Some("7d") => ("7d", 7 * 24),
            Some(other) => {
                let shown: String = other.chars().take(40).collect();
                return Err(bad_request(format!("period is {shown:?}: must be 1h, 24h or 7d")));
            }
        };
        let length = hours * 3_600_000;
        let start = match step {
            Some(step) => end.millis().saturating_add(step - 1) - (length + step - 1) / step * step,
            None => end.millis() - length,
        };
        let start = Timestamp::from_millis(start).floor(step.unwrap_or(1));
        Ok((Some(name), TimeRange { start, end }))
    }
}

/// Parses a step, in milliseconds.
pub(super) fn parse_step(text: &str) -> Result<i64, ApiError> {
    let invalid_step = || {
        let shown: String = text.chars().take(40).collect();
        bad_request(format!(
            "step is {shown:?}: must be from 1s to 7d, such as 30s or 5m, or a whole number of seconds"
        ))
    };
    let seconds = match text.parse::<u64>() {
        Ok(seconds) => seconds,
        Err(_) => {
            let duration = parse_duration(text).ok_or_else(invalid_step)?;
            if duration.subsec_nanos() != 0 {
                return Err(invalid_step());
            }
            duration.as_secs()
        }
    };
    i64::try_from(seconds)
        .ok()
        .filter(|seconds| (1..=MAX_STEP_SECONDS).contains(seconds))
        .map(|seconds| seconds * 1000)
        .ok_or_else(invalid_step)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::StatusCode;

    #[test]
    fn steps_are_durations_or_seconds() {
        for (text, expected) in
            [("60", Some(60_000)), ("1s", Some(1000)), ("5m", Some(300_000)), ("7d", Some(604_800_000))]
        {
            assert_eq!(parse_step(text).ok(), expected, "{text}");
        }
        for text in ["", "0", "0s", "500ms", "8d", "-1", "1e3", "long", "99999999999999999999"] {
            assert_eq!(parse_step(text).unwrap_err().status(), StatusCode::BAD_REQUEST, "{text}");
        }
    }

    #[test]
    fn periods_have_whole_steps_up_to_the_current_one() {
        let rows = |period: &str, end_millis: i64, step: i64| {
            let (period, none) = (Some(period.to_owned()), None);
            let times = Times { period: &period, start: &none, end: &none };
            let newest = Some(Timestamp::from_millis(end_millis));
            let (name, range) = times.range(newest, Some(step)).unwrap();
            assert_eq!(name, period.as_deref());
            assert_eq!(range.start.millis() % step, 0);
            super::super::history_page::row_count(range.start, range.end, step)
        };
        for end in [1_700_000_040_000, 1_700_000_039_999, 1_700_000_041_000, 1_700_000_099_998] {
            assert_eq!(rows("1h", end, 60_000), 60, "{end}");
            assert_eq!(rows("24h", end, 60_000), 1440, "{end}");
            assert_eq!(rows("7d", end, 60_000), 10_080, "{end}");
            assert_eq!(rows("1h", end, 1000), 3600, "{end}");
            assert_eq!(rows("1h", end, 7000), 515, "a step that the period is no multiple of");
        }
    }

    #[test]
    fn range_with_the_end_of_a_response_is_the_same() {
        let (period, none) = (Some("1h".to_owned()), None);
        let times = Times { period: &period, start: &none, end: &none };
        let first = times.range(Some(Timestamp::from_millis(1_700_000_058_000)), Some(60_000)).unwrap();
        let end = Some(watchglass_reports::format_rfc3339(first.1.end));
        let times = Times { period: &period, start: &none, end: &end };
        let later = Some(Timestamp::from_millis(1_700_000_062_000));
        assert_eq!(times.range(later, Some(60_000)).unwrap(), first);
    }
}
