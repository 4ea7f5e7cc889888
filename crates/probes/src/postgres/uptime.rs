//! Uptime of PostgreSQL.

use super::row::{Row, RowError};
use crate::declare::{INSTANCE, gauge};
use crate::reading::OrSkip;
use crate::remote::Uptime;
use watchglass_model::{Declaration, PanelRole, SampleBuffer, Unit};

static UPTIME: Declaration = gauge(
    "postgresql_uptime_seconds",
    Unit::Seconds,
    INSTANCE,
    "Time since PostgreSQL started.",
    Some((&super::RESPONSE_PANEL, PanelRole::Uptime)),
    "uptime",
);

pub(super) static METRICS: [&Declaration; 1] = [&UPTIME];

/// Seconds since the server start, and the time of the start.
///
/// <https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-INFO-SESSION-TABLE>
pub(super) const SQL: &str = "SELECT extract(epoch FROM clock_timestamp() - pg_postmaster_start_time()), \
     extract(epoch FROM pg_postmaster_start_time())";

/// Records the result of [`SQL`]; `before` keeps the previous round. The uptime only falls with a new start time.
pub(super) fn record(rows: &[Row], before: &mut Uptime, instance: &str, samples: &mut SampleBuffer) {
    const FIELD: &str = "uptime";
    let Some(row) = rows.first().ok_or_else(|| RowError::missing(FIELD)).or_skip(samples) else { return };
    let mut values = row.values();
    let seconds = values.take(FIELD, samples);
    let start = values.text("start time").or_skip(samples).flatten();
    if let Some(seconds) = seconds {
        match before.check(start, seconds) {
            Ok(seconds) => samples.record(&UPTIME, &[instance], seconds),
            Err(reason) => samples.skip(FIELD, &seconds.to_string(), reason),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::row::rows as given;
    use super::*;
    use crate::testing::{rows, skipped};

    #[test]
    fn uptime_is_recorded_unless_the_clock_was_set_back() {
        let mut before = Uptime::default();
        for (row, expected, note) in [
            ("86400.25|1000", Some("86400.250000"), None),
            ("86405|1000", Some("86405.000000"), None),
            ("75600|1000", None, Some("uptime decreased")),
            ("-3600|1000", None, Some("uptime out of range")),
            ("3|99000", Some("3.000000"), None),
            ("x|99000", None, Some("uptime not a number")),
        ] {
            let mut samples = SampleBuffer::new();
            record(&given(&[row]), &mut before, "i", &mut samples);
            let found: Vec<_> = rows(&samples).into_iter().map(|(_, _, value)| value).collect();
            assert_eq!(found, Vec::from_iter(expected), "{row}");
            assert_eq!(skipped(&samples), Vec::from_iter(note), "{row}");
        }
        let mut samples = SampleBuffer::new();
        record(&[], &mut before, "i", &mut samples);
        assert_eq!(skipped(&samples), ["uptime missing"]);
    }
}
