//! Recurring time intervals in a time zone, for maintenance windows and routes.

use super::error::FieldError;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use std::fmt;
use watchglass_model::{TimeRange, Timestamp};

/// A daily interval on some weekdays, in local time.
///
/// If `to` is not after `from`, the interval ends on the next day; if they are equal, it lasts one day. The weekday is
/// that of its start. When clocks are set forward, a start or end within the skipped hour is one hour later. When they
/// are set back, the interval starts in the first of the two equal hours and ends in the second.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimeInterval {
    /// Weekdays; at least one.
    pub days: Vec<Weekday>,
    /// Start.
    pub from: TimeOfDay,
    /// End (exclusive).
    pub to: TimeOfDay,
    /// IANA time zone name: `Europe/Berlin`, `UTC`.
    pub zone: String,
}

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Weekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

impl From<jiff::civil::Weekday> for Weekday {
    fn from(day: jiff::civil::Weekday) -> Self {
        match day {
            jiff::civil::Weekday::Monday => Self::Monday,
            jiff::civil::Weekday::Tuesday => Self::Tuesday,
            jiff::civil::Weekday::Wednesday => Self::Wednesday,
            jiff::civil::Weekday::Thursday => Self::Thursday,
            jiff::civil::Weekday::Friday => Self::Friday,
            jiff::civil::Weekday::Saturday => Self::Saturday,
            jiff::civil::Weekday::Sunday => Self::Sunday,
        }
    }
}

/// A minute of the day, `HH:MM`, from `00:00` to `23:59`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TimeOfDay(Time);

impl TryFrom<String> for TimeOfDay {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let number = |digits: Option<&str>| digits.and_then(|digits| digits.parse::<i8>().ok());
        let time = match text.as_bytes() {
            [a, b, b':', c, d] if [a, b, c, d].iter().all(|byte| byte.is_ascii_digit()) => {
                match (number(text.get(..2)), number(text.get(3..))) {
                    (Some(hour), Some(minute)) => Time::new(hour, minute, 0, 0).ok(),
                    _ => None,
                }
            }
            _ => None,
        };
        time.map(Self).ok_or_else(|| {
            let shown: String = text.chars().take(20).collect();
            format!("invalid time of day {shown:?}; expected HH:MM from 00:00 to 23:59")
        })
    }
}

impl From<TimeOfDay> for String {
    fn from(time: TimeOfDay) -> Self {
        time.to_string()
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0.hour(), self.0.minute())
    }
}

/// A validated interval with its time zone.
#[derive(Clone, Debug)]
pub(super) struct CompiledInterval {
    interval: TimeInterval,
    zone: TimeZone,
}

impl CompiledInterval {
    /// # Errors
    /// No days, or an unknown time zone: the field is `days` or `zone`.
    pub(super) fn new(weekly: &TimeInterval) -> Result<Self, FieldError> {
        if weekly.days.is_empty() || weekly.days.len() > 7 {
            let problem = format!("{} days", weekly.days.len());
            return Err(FieldError::new("days", problem, "expected 1 to 7 of monday to sunday"));
        }
        let zone = TimeZone::get(&weekly.zone).map_err(|_| {
            let shown: String = weekly.zone.chars().take(80).collect();
            let expected = "expected an IANA time zone name such as Europe/Berlin or UTC";
            FieldError::new("zone", format!("unknown time zone {shown:?}"), expected)
        })?;
        Ok(Self { interval: weekly.clone(), zone })
    }

    /// The interval that contains `now`. Adjacent intervals are merged, up to a week.
    pub(super) fn active_interval(&self, now: Timestamp) -> Option<TimeRange> {
        let moment = jiff::Timestamp::from_millisecond(now.millis()).ok()?;
        let today = self.zone.to_datetime(moment).date();
        // Yesterday's interval may reach into today.
        let (mut day, mut range) = [today.yesterday().ok()?, today]
            .into_iter()
            .filter_map(|day| Some((day, self.starting_on(day)?)))
            .find(|(_, range)| range.contains(now))?;
        for _ in 0..7 {
            day = day.tomorrow().ok()?;
            match self.starting_on(day) {
                Some(next) if next.start <= range.end => range.end = next.end,
                _ => break,
            }
        }
        Some(range)
    }

    /// The interval that starts on `day`, if any.
    fn starting_on(&self, day: Date) -> Option<TimeRange> {
        if !self.interval.days.contains(&day.weekday().into()) {
            return None;
        }
        let (from, to) = (self.interval.from.0, self.interval.to.0);
        let last = if to > from { day } else { day.tomorrow().ok()? };
        let start = self.zone.to_ambiguous_timestamp(day.to_datetime(from)).compatible().ok()?;
        let end = self.zone.to_ambiguous_timestamp(last.to_datetime(to)).later().ok()?;
        let moment = |moment: jiff::Timestamp| Timestamp::from_millis(moment.as_millisecond());
        Some(TimeRange { start: moment(start), end: moment(end) })
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{moment, weekly};
    use super::*;
    use Weekday::{Friday, Monday, Saturday, Sunday, Thursday, Tuesday, Wednesday};

    fn span(weekly: &TimeInterval, now: &str) -> Option<(Timestamp, Timestamp)> {
        CompiledInterval::new(weekly)
            .unwrap()
            .active_interval(moment(now))
            .map(|range| (range.start, range.end))
    }

    /// 2026: the clocks of Berlin go forward on 29 March at 02:00 and back on 25 October at 03:00; both are Sundays.
    #[test]
    fn intervals_follow_local_time() {
        let night = weekly(&[Saturday], "22:00", "04:00", "Europe/Berlin");
        let gap = weekly(&[Sunday], "02:15", "02:45", "Europe/Berlin");
        let noon = weekly(&[Sunday], "12:00", "13:00", "America/New_York");
        let kathmandu = weekly(&[Monday], "00:00", "00:30", "Asia/Kathmandu");
        for (weekly, now, expected) in [
            // An ordinary night, then one of five hours, then one of seven.
            (&night, "2026-03-21T20:59:59Z", None),
            (&night, "2026-03-21T21:00:00Z", Some(("2026-03-21T21:00:00Z", "2026-03-22T03:00:00Z"))),
            (&night, "2026-03-22T02:59:59Z", Some(("2026-03-21T21:00:00Z", "2026-03-22T03:00:00Z"))),
            (&night, "2026-03-22T03:00:00Z", None),
            (&night, "2026-03-29T01:30:00Z", Some(("2026-03-28T21:00:00Z", "2026-03-29T02:00:00Z"))),
            (&night, "2026-10-25T02:30:00Z", Some(("2026-10-24T20:00:00Z", "2026-10-25T03:00:00Z"))),
            // The half hour that does not exist is an hour later; the one that comes twice lasts through both.
            (&gap, "2026-03-29T01:20:00Z", Some(("2026-03-29T01:15:00Z", "2026-03-29T01:45:00Z"))),
            (&gap, "2026-03-29T00:30:00Z", None),
            (&gap, "2026-10-25T00:20:00Z", Some(("2026-10-25T00:15:00Z", "2026-10-25T01:45:00Z"))),
            // The same noon, an hour apart in summer and winter, and a zone of a quarter of an hour.
            (&noon, "2026-01-04T17:30:00Z", Some(("2026-01-04T17:00:00Z", "2026-01-04T18:00:00Z"))),
            (&noon, "2026-07-05T16:30:00Z", Some(("2026-07-05T16:00:00Z", "2026-07-05T17:00:00Z"))),
            (&kathmandu, "2026-06-07T18:20:00Z", Some(("2026-06-07T18:15:00Z", "2026-06-07T18:45:00Z"))),
        ] {
            let expected = expected.map(|(start, end)| (moment(start), moment(end)));
            assert_eq!(span(weekly, now), expected, "{weekly:?} at {now}");
        }
    }

    #[test]
    fn adjacent_intervals_are_merged() {
        let weekend = weekly(&[Saturday, Sunday], "00:00", "00:00", "UTC");
        let both = Some((moment("2026-03-21T00:00:00Z"), moment("2026-03-23T00:00:00Z")));
        assert_eq!(span(&weekend, "2026-03-21T12:00:00Z"), both);
        let always = [Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday];
        let always = weekly(&always, "06:00", "06:00", "UTC");
        let (_, end) = span(&always, "2026-03-21T12:00:00Z").unwrap();
        assert_eq!(end, moment("2026-03-29T06:00:00Z"));
        let days = weekly(&[Friday, Saturday], "09:00", "17:00", "UTC");
        let friday = Some((moment("2026-03-20T09:00:00Z"), moment("2026-03-20T17:00:00Z")));
        assert_eq!(span(&days, "2026-03-20T12:00:00Z"), friday);
    }

    #[test]
    fn times_outside_the_calendar_match_no_interval() {
        let always = CompiledInterval::new(&weekly(&[Monday], "00:00", "00:00", "UTC")).unwrap();
        assert_eq!(always.active_interval(Timestamp::from_millis(i64::MAX)), None);
        assert_eq!(always.active_interval(Timestamp::from_millis(i64::MIN)), None);
    }

    #[test]
    fn invalid_intervals_are_reported_with_their_field() {
        for (weekly, expected) in [
            (weekly(&[], "00:00", "01:00", "UTC"), "days: 0 days; expected 1 to 7 of monday to sunday"),
            (
                weekly(&[Monday], "00:00", "01:00", "Mars/Olympus"),
                "zone: unknown time zone \"Mars/Olympus\"; expected an IANA time zone name such as \
                 Europe/Berlin or UTC",
            ),
        ] {
            assert_eq!(CompiledInterval::new(&weekly).unwrap_err().to_string(), expected);
        }
        for written in ["24:00", "7:00", "07:60", "+7:00", "0700", "07:00:00", "", "é:00"] {
            assert!(TimeOfDay::try_from(written.to_owned()).is_err(), "{written}");
        }
        let time = TimeOfDay::try_from("23:59".to_owned()).unwrap();
        assert_eq!(serde_json::to_string(&time).unwrap(), "\"23:59\"");
    }
}
