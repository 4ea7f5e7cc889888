//! Silences: what is not told for a while, by whom and why. A maintenance window is a silence with a name that comes back.

use super::error::{self, FieldError};
use super::matcher::{Facts, Test};
use super::weekly::{Calendar, Weekly};
use crate::Matcher;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use watchglass_model::{TimeRange, Timestamp};

/// The most silences that can be kept.
pub(super) const MOST_SILENCES: usize = 200;
/// The longest that one without weekly hours can last.
const LONGEST: Duration = Duration::from_secs(366 * 86_400);

/// While it lasts, nothing is told of the alerts that it is about, except that they are over to those who were told of
/// them before. What is recorded does not change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Silence {
    /// What it is referred to by: 1 to 64 letters, digits, `-`, `_` and `.`.
    pub id: String,
    /// What people call it, at most 100 characters; may be empty.
    #[serde(default)]
    pub name: String,
    /// Which alerts: those for which all of these hold; 1 to 10.
    pub matchers: Vec<Matcher>,
    /// The first moment.
    pub start: Timestamp,
    /// The first moment after it, at most 366 days later. May be missing where there are weekly hours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<Timestamp>,
    /// Only in these hours, where they are given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weekly: Option<Weekly>,
    /// Who wants it, 1 to 100 characters.
    pub author: String,
    /// Why, 1 to 500 characters.
    pub reason: String,
}

impl Silence {
    /// # Errors
    /// The first field that can't be used, what is wrong with it, and what would be right.
    pub fn check(&self) -> Result<(), FieldError> {
        Ready::new(self.clone()).map(drop)
    }

    /// Whether it holds at `now`; one that cannot be used never does.
    pub fn holds(&self, now: Timestamp) -> bool {
        Ready::new(self.clone()).is_ok_and(|ready| ready.span(now).is_some())
    }

    /// Whether it never holds again.
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.end.is_some_and(|end| end <= now)
    }

    fn check_times(&self) -> Result<(), FieldError> {
        match self.end {
            Some(end) if end <= self.start => {
                Err(FieldError::new("end", "it is not after the start", "a later moment is right"))
            }
            Some(end) if self.weekly.is_none() && end > self.start + LONGEST => {
                let right = "an earlier end, or weekly hours, are right";
                Err(FieldError::new("end", "it is more than 366 days after the start", right))
            }
            None if self.weekly.is_none() => {
                Err(FieldError::new("end", "it is missing", "a moment, or weekly hours, are right"))
            }
            _ => Ok(()),
        }
    }
}

/// A silence that was checked, with its expressions and time zone at hand.
#[derive(Clone, Debug)]
pub(super) struct Ready {
    pub(super) silence: Silence,
    test: Test,
    calendar: Option<Calendar>,
}

impl Ready {
    pub(super) fn new(silence: Silence) -> Result<Self, FieldError> {
        error::name("id", &silence.id)?;
        error::text("name", &silence.name, 0, 100)?;
        error::text("author", &silence.author, 1, 100)?;
        error::text("reason", &silence.reason, 1, 500)?;
        if silence.matchers.is_empty() {
            let right = "1 to 10 are right; rule =~ \".+\" is about every alert";
            return Err(FieldError::new("matchers", "there are none", right));
        }
        let test = Test::new(&silence.matchers)?;
        silence.check_times()?;
        let calendar = silence.weekly.as_ref().map(Calendar::new).transpose();
        let calendar = calendar.map_err(|error| error.within("weekly"))?;
        Ok(Self { silence, test, calendar })
    }

    /// The stretch in which it holds without a break and in which `now` lies.
    pub(super) fn span(&self, now: Timestamp) -> Option<TimeRange> {
        let end = self.silence.end.unwrap_or(Timestamp::from_millis(i64::MAX));
        let whole = TimeRange { start: self.silence.start, end };
        if !whole.contains(now) {
            return None;
        }
        let Some(calendar) = &self.calendar else { return Some(whole) };
        let hours = calendar.span(now)?;
        Some(TimeRange { start: hours.start.max(whole.start), end: hours.end.min(whole.end) })
    }

    /// Whether it is about such an alert, at any time.
    pub(super) fn is_about(&self, facts: &Facts<'_>) -> bool {
        self.test.holds(facts)
    }

    /// Whether it never holds again.
    pub(super) fn is_over(&self, now: Timestamp) -> bool {
        self.silence.is_over(now)
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{at, matcher, moment, silence, weekly};
    use super::super::weekly::Weekday;
    use super::*;
    use crate::Operator::Equal;

    #[test]
    fn holds_from_its_start_to_its_end_and_only_in_its_hours() {
        let once = Ready::new(silence("a", 100, 200)).unwrap();
        let inside = |second| once.span(at(second)).is_some();
        assert_eq!([inside(99), inside(100), inside(199), inside(200)], [false, true, true, false]);
        assert_eq!([once.is_over(at(199)), once.is_over(at(200))], [false, true]);
        assert_eq!([once.silence.holds(at(150)), once.silence.holds(at(200))], [true, false]);

        let mut window = silence("night", 0, 0);
        window.start = moment("2026-03-21T22:00:00Z");
        window.end = None;
        window.weekly = Some(weekly(&[Weekday::Saturday], "22:00", "04:00", "Europe/Berlin"));
        let window = Ready::new(window).unwrap();
        // The first night began before the silence did.
        for (now, expected) in [
            ("2026-03-21T21:30:00Z", None),
            ("2026-03-21T23:00:00Z", Some(("2026-03-21T22:00:00Z", "2026-03-22T03:00:00Z"))),
            ("2026-03-22T03:00:00Z", None),
            ("2027-03-20T23:00:00Z", Some(("2027-03-20T21:00:00Z", "2027-03-21T03:00:00Z"))),
        ] {
            let span = window.span(moment(now)).map(|range| (range.start, range.end));
            assert_eq!(span, expected.map(|(start, end)| (moment(start), moment(end))), "{now}");
        }
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        let change = |change: &dyn Fn(&mut Silence)| {
            let mut silence = silence("a", 100, 200);
            change(&mut silence);
            silence.check().unwrap_err().to_string()
        };
        for (error, expected) in [
            (change(&|s| s.id.clear()), "id: \"\" is no name; 1 to 64 letters, digits, -, _ and . are one"),
            (
                change(&|s| s.author.clear()),
                "author: it has 0 characters; 1 to 100 characters on one line are right",
            ),
            (
                change(&|s| s.reason = "x".repeat(501)),
                "reason: it has 501 characters; 1 to 500 characters on one line are right",
            ),
            (
                change(&|s| s.matchers.clear()),
                "matchers: there are none; 1 to 10 are right; rule =~ \".+\" is about every alert",
            ),
            (
                change(&|s| s.matchers.push(matcher("severity", Equal, "bad"))),
                "matchers[1].value: \"bad\" is no severity; info, warning and critical are",
            ),
            (change(&|s| s.end = Some(s.start)), "end: it is not after the start; a later moment is right"),
            (change(&|s| s.end = None), "end: it is missing; a moment, or weekly hours, are right"),
            (
                change(&|s| s.end = Some(at(40_000_000))),
                "end: it is more than 366 days after the start; an earlier end, or weekly hours, are right",
            ),
            (
                change(&|s| s.weekly = Some(weekly(&[], "00:00", "01:00", "UTC"))),
                "weekly.days: there are 0 days; 1 to 7 of monday to sunday are right",
            ),
        ] {
            assert_eq!(error, expected);
        }
    }
}
