//! Silences, one-time or recurring (maintenance windows).

use super::error::{self, FieldError};
use super::matcher::{AlertLabels, CompiledMatchers};
use super::time_interval::{CompiledInterval, TimeInterval};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use watchglass_model::{TimeRange, Timestamp};
use watchglass_rules::Matcher;

/// Maximum number of silences.
pub(super) const MAX_SILENCES: usize = 200;
/// Maximum duration of a silence without a recurring schedule.
const MAX_DURATION: Duration = Duration::from_secs(366 * 86_400);

/// While active, matching alerts send no notifications, except resolutions to those notified of the firing before.
/// Recorded alerts do not change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Silence {
    /// Id: 1 to 64 letters, digits, `-`, `_` and `.`.
    pub id: String,
    /// Name, at most 100 characters; may be empty.
    #[serde(default)]
    pub name: String,
    /// Matchers, 1 to 10; all must match.
    pub matchers: Vec<Matcher>,
    /// Start.
    pub start: Timestamp,
    /// End (exclusive), at most 366 days after the start. Optional with a recurring schedule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<Timestamp>,
    /// Recurring schedule, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weekly: Option<TimeInterval>,
    /// Author, 1 to 100 characters.
    pub author: String,
    /// Reason, 1 to 500 characters.
    pub reason: String,
}

impl Silence {
    /// Validates the silence.
    ///
    /// # Errors
    /// The first invalid field.
    pub fn check(&self) -> Result<(), FieldError> {
        CompiledSilence::new(self.clone()).map(drop)
    }

    /// Whether it is active at `now`; an invalid one never is.
    pub fn is_active(&self, now: Timestamp) -> bool {
        CompiledSilence::new(self.clone()).is_ok_and(|ready| ready.active_interval(now).is_some())
    }

    /// Whether it has expired.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.end.is_some_and(|end| end <= now)
    }

    fn check_times(&self) -> Result<(), FieldError> {
        match self.end {
            Some(end) if end <= self.start => {
                Err(FieldError::new("end", "must be after the start", "expected a later time"))
            }
            Some(end) if self.weekly.is_none() && end > self.start + MAX_DURATION => {
                let expected = "expected an earlier end, or weekly hours";
                Err(FieldError::new("end", "more than 366 days after the start", expected))
            }
            None if self.weekly.is_none() => {
                Err(FieldError::new("end", "missing", "expected a time, or weekly hours"))
            }
            _ => Ok(()),
        }
    }
}

/// A validated silence with compiled matchers and time zone.
#[derive(Clone, Debug)]
pub(super) struct CompiledSilence {
    pub(super) silence: Silence,
    matchers: CompiledMatchers,
    interval: Option<CompiledInterval>,
}

impl CompiledSilence {
    pub(super) fn new(silence: Silence) -> Result<Self, FieldError> {
        error::name("id", &silence.id)?;
        error::text("name", &silence.name, 0, 100)?;
        error::text("author", &silence.author, 1, 100)?;
        error::text("reason", &silence.reason, 1, 500)?;
        if silence.matchers.is_empty() {
            let expected = "expected 1 to 10; rule =~ \".+\" matches every alert";
            return Err(FieldError::new("matchers", "missing", expected));
        }
        let test = CompiledMatchers::new(&silence.matchers)?;
        silence.check_times()?;
        let calendar = silence.weekly.as_ref().map(CompiledInterval::new).transpose();
        let calendar = calendar.map_err(|error| error.within("weekly"))?;
        Ok(Self { silence, matchers: test, interval: calendar })
    }

    /// Validates a silence that a user creates: as Alertmanager does, it must not match all alerts by mistake.
    ///
    /// # Errors
    /// The first invalid field.
    pub(super) fn from_user(silence: Silence) -> Result<Self, FieldError> {
        let ready = Self::new(silence)?;
        if ready.matchers.match_missing() {
            let expected = "at least one must not; rule =~ \".+\" matches every alert";
            return Err(FieldError::new("matchers", "all of them match a missing label", expected));
        }
        Ok(ready)
    }

    /// The uninterrupted active interval that contains `now`.
    pub(super) fn active_interval(&self, now: Timestamp) -> Option<TimeRange> {
        let end = self.silence.end.unwrap_or(Timestamp::from_millis(i64::MAX));
        let whole = TimeRange { start: self.silence.start, end };
        if !whole.contains(now) {
            return None;
        }
        let Some(calendar) = &self.interval else { return Some(whole) };
        let hours = calendar.active_interval(now)?;
        Some(TimeRange { start: hours.start.max(whole.start), end: hours.end.min(whole.end) })
    }

    /// Whether it matches such an alert, at any time.
    pub(super) fn matches(&self, facts: &AlertLabels<'_>) -> bool {
        self.matchers.matches(facts)
    }

    /// Whether it has expired.
    pub(super) fn is_expired(&self, now: Timestamp) -> bool {
        self.silence.is_expired(now)
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{at, matcher, moment, silence, weekly};
    use super::super::time_interval::Weekday;
    use super::*;
    use watchglass_rules::Operator::Equal;

    #[test]
    fn silence_is_active_between_start_and_end_within_its_schedule() {
        let once = CompiledSilence::new(silence("a", 100, 200)).unwrap();
        let inside = |second| once.active_interval(at(second)).is_some();
        assert_eq!([inside(99), inside(100), inside(199), inside(200)], [false, true, true, false]);
        assert_eq!([once.is_expired(at(199)), once.is_expired(at(200))], [false, true]);
        assert_eq!([once.silence.is_active(at(150)), once.silence.is_active(at(200))], [true, false]);

        let mut window = silence("night", 0, 0);
        window.start = moment("2026-03-21T22:00:00Z");
        window.end = None;
        window.weekly = Some(weekly(&[Weekday::Saturday], "22:00", "04:00", "Europe/Berlin"));
        let window = CompiledSilence::new(window).unwrap();
        // The first night started before the silence did.
        for (now, expected) in [
            ("2026-03-21T21:30:00Z", None),
            ("2026-03-21T23:00:00Z", Some(("2026-03-21T22:00:00Z", "2026-03-22T03:00:00Z"))),
            ("2026-03-22T03:00:00Z", None),
            ("2027-03-20T23:00:00Z", Some(("2027-03-20T21:00:00Z", "2027-03-21T03:00:00Z"))),
        ] {
            let span = window.active_interval(moment(now)).map(|range| (range.start, range.end));
            assert_eq!(span, expected.map(|(start, end)| (moment(start), moment(end))), "{now}");
        }
    }

    #[test]
    fn silences_by_mistake_are_rejected() {
        use watchglass_rules::Operator::{NotEqual, NotRegex, Regex};
        for (matchers, is_valid) in [
            (vec![matcher("rule", Regex, ".*")], false),
            (vec![matcher("rule", Regex, ".+")], true),
            (vec![matcher("host", Equal, "")], false),
            (vec![matcher("host", NotEqual, "a"), matcher("team", NotRegex, "b|c")], false),
            (vec![matcher("host", NotEqual, "")], true),
            (vec![matcher("host", Regex, ".*"), matcher("rule", Equal, "cpu")], true),
        ] {
            let silence = Silence { matchers, ..silence("a", 100, 200) };
            let made = CompiledSilence::from_user(silence.clone());
            assert_eq!(made.is_ok(), is_valid, "{silence:?}");
            assert!(CompiledSilence::new(silence).is_ok(), "saved ones stay");
            let Err(error) = made else { continue };
            assert_eq!(
                (error.field.as_str(), error.problem.as_str()),
                ("matchers", "all of them match a missing label")
            );
        }
    }

    #[test]
    fn invalid_silences_are_reported_with_their_field() {
        let change = |change: &dyn Fn(&mut Silence)| {
            let mut silence = silence("a", 100, 200);
            change(&mut silence);
            silence.check().unwrap_err().to_string()
        };
        for (error, expected) in [
            (change(&|s| s.id.clear()), "id: invalid name \"\"; expected 1 to 64 letters, digits, -, _ or ."),
            (change(&|s| s.author.clear()), "author: 0 characters; expected 1 to 100 characters on one line"),
            (
                change(&|s| s.reason = "x".repeat(501)),
                "reason: 501 characters; expected 1 to 500 characters on one line",
            ),
            (
                change(&|s| s.matchers.clear()),
                "matchers: missing; expected 1 to 10; rule =~ \".+\" matches every alert",
            ),
            (
                change(&|s| s.matchers.push(matcher("severity", Equal, "bad"))),
                "matchers[1].value: unknown severity \"bad\"; expected info, warning or critical",
            ),
            (change(&|s| s.end = Some(s.start)), "end: must be after the start; expected a later time"),
            (change(&|s| s.end = None), "end: missing; expected a time, or weekly hours"),
            (
                change(&|s| s.end = Some(at(40_000_000))),
                "end: more than 366 days after the start; expected an earlier end, or weekly hours",
            ),
            (
                change(&|s| s.weekly = Some(weekly(&[], "00:00", "01:00", "UTC"))),
                "weekly.days: 0 days; expected 1 to 7 of monday to sunday",
            ),
        ] {
            assert_eq!(error, expected);
        }
    }
}
