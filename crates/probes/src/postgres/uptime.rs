//! Uptime of PostgreSQL.

use super::row::{Row, RowError};
use crate::declare::{INSTANCE, gauge};
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

/// Seconds since the server start.
///
/// <https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-INFO-SESSION-TABLE>
pub(super) const SQL: &str = "SELECT extract(epoch FROM clock_timestamp() - pg_postmaster_start_time())";

/// Records the result of [`SQL`].
pub(super) fn record(rows: &[Row], instance: &str, samples: &mut SampleBuffer) -> Result<(), RowError> {
    let row = rows.first().ok_or(RowError { field: "uptime", expected: "present" })?;
    if let Some(seconds) = row.values().number("uptime")? {
        samples.record(&UPTIME, &[instance], seconds.max(0.0));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::row::rows as given;
    use super::*;
    use crate::testing::{expected_rows, rows};

    #[test]
    fn uptime_is_recorded() {
        let mut samples = SampleBuffer::new();
        record(&given(&["86400.25"]), "i", &mut samples).unwrap();
        assert_eq!(rows(&samples), expected_rows(&[("postgresql_uptime_seconds", "i", 86_400.25)]));
        assert!(record(&[], "i", &mut samples).is_err());
    }
}
