//! Heartbeat that this server expects from a job, and its schedule.

use serde::{Deserialize, Serialize};
use std::time::Duration;
use thiserror::Error;
use watchglass_model::Timestamp;
use watchglass_pages::ui::duration;

/// Length limit of a name.
const MAX_NAME_BYTES: usize = 64;
/// Longest period and grace, in seconds.
const MAX_SECONDS: u32 = 366 * 86_400;
/// Grace of a heartbeat without one, in seconds.
const DEFAULT_GRACE_SECONDS: u32 = 300;
/// Time after a start of this server in which frequent heartbeats are not late: those sent meanwhile were lost.
const START_GRACE: Duration = Duration::from_secs(60);

/// Heartbeat to expect, in the configuration file and in the API.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewHeartbeat {
    pub(crate) name: String,
    /// Time between two heartbeats.
    pub(crate) period: DurationText,
    /// Time that a heartbeat may be overdue; five minutes by default.
    #[serde(default)]
    pub(crate) grace: Option<DurationText>,
}

/// Duration such as `1h30m`, or a number of seconds.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged, expecting = "use a duration such as \"5m\", or a whole number of seconds")]
pub(crate) enum DurationText {
    Seconds(u32),
    Text(String),
}

impl Default for DurationText {
    fn default() -> Self {
        Self::Text(String::new())
    }
}

/// Invalid field of a heartbeat.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{field}: {problem}")]
pub(crate) struct FieldError {
    pub(crate) field: &'static str,
    pub(crate) problem: String,
}

/// State of a heartbeat at some time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HeartbeatStatus {
    /// Never received, and not late.
    Waiting,
    /// Received in time.
    Ok,
    /// Not received within period and grace.
    Late,
    /// The job reported that it failed.
    Failed,
}

/// Expected heartbeat with its last signal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Heartbeat {
    pub(crate) name: String,
    pub(crate) period_seconds: u32,
    pub(crate) grace_seconds: u32,
    /// Whether it is in the configuration file, so that it cannot be removed elsewhere.
    pub(crate) is_in_file: bool,
    /// When this server began to expect it.
    pub(crate) since: Timestamp,
    pub(crate) last_received: Option<Timestamp>,
    /// Whether the last signal was a failure.
    #[serde(default)]
    pub(crate) is_failed: bool,
    /// Number of signals.
    #[serde(default)]
    pub(crate) received: u64,
}

impl NewHeartbeat {
    /// Checks the fields. The heartbeat is expected from `now` on.
    ///
    /// # Errors
    /// The first invalid field.
    pub(super) fn validate(&self, is_in_file: bool, now: Timestamp) -> Result<Heartbeat, FieldError> {
        check_name(&self.name)?;
        let grace_seconds = match &self.grace {
            Some(grace) => seconds("grace", grace, 0)?,
            None => DEFAULT_GRACE_SECONDS,
        };
        Ok(Heartbeat {
            name: self.name.clone(),
            period_seconds: seconds("period", &self.period, 1)?,
            grace_seconds,
            is_in_file,
            since: now,
            last_received: None,
            is_failed: false,
            received: 0,
        })
    }

    /// Checks the fields.
    ///
    /// # Errors
    /// The first invalid field.
    pub(crate) fn check(&self) -> Result<(), FieldError> {
        self.validate(true, Timestamp::default()).map(drop)
    }
}

/// Checks the name of a heartbeat.
///
/// # Errors
/// It has other characters than `a-z0-9_-`, or not 1 to 64 of them.
pub(crate) fn check_name(name: &str) -> Result<(), FieldError> {
    let is_allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-".contains(&byte);
    if (1..=MAX_NAME_BYTES).contains(&name.len()) && name.bytes().all(is_allowed) {
        return Ok(());
    }
    let shown: String = name.chars().take(MAX_NAME_BYTES).collect();
    let problem = format!("{shown:?} must be 1 to {MAX_NAME_BYTES} characters of a-z, 0-9, _ and -");
    Err(FieldError { field: "name", problem })
}

fn seconds(field: &'static str, text: &DurationText, min: u32) -> Result<u32, FieldError> {
    let error = |problem| FieldError { field, problem };
    let seconds = match text {
        DurationText::Seconds(seconds) => Some(*seconds),
        DurationText::Text(text) => duration::parse(text).map_err(error)?,
    };
    seconds.filter(|seconds| (min..=MAX_SECONDS).contains(seconds)).ok_or_else(|| {
        let [min, max] = [min, MAX_SECONDS].map(duration::format);
        error(format!("must be a duration from {min} to {max}, such as 10m or 1d"))
    })
}

impl Heartbeat {
    /// When the next one is expected.
    pub(crate) fn next_expected(&self) -> Timestamp {
        self.last_received.unwrap_or(self.since) + self.period()
    }

    /// State at `now`, in a server that was started at `started`.
    pub(crate) fn status(&self, now: Timestamp, started: Timestamp) -> HeartbeatStatus {
        let deadline = self.next_expected() + Duration::from_secs(u64::from(self.grace_seconds));
        let after_start = started + self.period().min(START_GRACE);
        match () {
            () if self.is_failed => HeartbeatStatus::Failed,
            () if now > deadline.max(after_start) => HeartbeatStatus::Late,
            () if self.last_received.is_none() => HeartbeatStatus::Waiting,
            () => HeartbeatStatus::Ok,
        }
    }

    fn period(&self) -> Duration {
        Duration::from_secs(u64::from(self.period_seconds))
    }
}

impl HeartbeatStatus {
    /// Name in the API.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Ok => "ok",
            Self::Late => "late",
            Self::Failed => "failed",
        }
    }

    /// Whether it needs no attention.
    pub(crate) const fn is_good(self) -> bool {
        matches!(self, Self::Waiting | Self::Ok)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new(text: &str) -> NewHeartbeat {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn fields_have_limits_and_defaults() {
        let daily = new(r#"{"name":"db-backup_2","period":"1d"}"#);
        let daily = daily.validate(false, Timestamp::from_millis(5)).unwrap();
        assert_eq!((daily.period_seconds, daily.grace_seconds, daily.since.millis()), (86_400, 300, 5));
        let quick =
            new(r#"{"name":"a","period":60,"grace":0}"#).validate(false, Timestamp::default()).unwrap();
        assert_eq!((quick.period_seconds, quick.grace_seconds), (60, 0));
        let long = format!(r#"{{"name":"{}","period":"1d"}}"#, "a".repeat(65));
        for (text, expected) in [
            (r#"{"name":"","period":"1d"}"#, "name: \"\" must be 1 to 64"),
            (r#"{"name":"A","period":"1d"}"#, "name: \"A\" must be"),
            (r#"{"name":"a/b","period":"1d"}"#, "name: \"a/b\" must be"),
            (r#"{"name":"ä","period":"1d"}"#, "name: \"ä\" must be"),
            (&long, "name: "),
            (r#"{"name":"a","period":0}"#, "period: must be a duration from 1s to 366d"),
            (r#"{"name":"a","period":""}"#, "period: must be a duration"),
            (r#"{"name":"a","period":"soon"}"#, "period: \"soon\" must be a duration in whole seconds"),
            (r#"{"name":"a","period":"367d"}"#, "period: must be a duration"),
            (r#"{"name":"a","period":"1d","grace":"367d"}"#, "grace: must be a duration from 0s to 366d"),
        ] {
            let error = new(text).check().unwrap_err().to_string();
            assert!(error.starts_with(expected), "{text}: {error}");
        }
    }

    #[test]
    fn status_depends_on_the_last_signal_and_the_time() {
        let at = |seconds: i64| Timestamp::from_millis(seconds * 1000);
        let mut heartbeat = new(r#"{"name":"a","period":100,"grace":10}"#).validate(false, at(1000)).unwrap();
        let status = |heartbeat: &Heartbeat, now| heartbeat.status(at(now), at(0)).name();
        for (now, expected) in [(1000, "waiting"), (1110, "waiting"), (1111, "late")] {
            assert_eq!(status(&heartbeat, now), expected, "never received, at {now}");
        }
        heartbeat.last_received = Some(at(2000));
        for (now, expected) in [(1999, "ok"), (2110, "ok"), (2111, "late")] {
            assert_eq!(status(&heartbeat, now), expected, "at {now}");
        }
        assert_eq!(heartbeat.next_expected(), at(2100));
        // What was sent while this server was down is lost: the next one gets a chance.
        assert_eq!(heartbeat.status(at(3060), at(3000)), HeartbeatStatus::Ok);
        assert_eq!(heartbeat.status(at(3061), at(3000)), HeartbeatStatus::Late);
        heartbeat.is_failed = true;
        assert_eq!(status(&heartbeat, 2000), "failed");
    }
}
