//! For how long PostgreSQL has been running.

use super::row::{Row, RowError};
use crate::declare::{INSTANCE, gauge};
use watchglass_model::{Declaration, Readings, Role, Unit};

static UPTIME: Declaration = gauge(
    "postgresql_uptime_seconds",
    Unit::Seconds,
    INSTANCE,
    "Time since PostgreSQL started.",
    Some((&super::RESPONSE_PANEL, Role::Uptime)),
    "running for",
);

pub(super) static METRICS: [&Declaration; 1] = [&UPTIME];

/// Seconds since the server was started.
///
/// <https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-INFO-SESSION-TABLE>
pub(super) const SQL: &str = "SELECT extract(epoch FROM clock_timestamp() - pg_postmaster_start_time())";

/// Records the answer to [`SQL`].
pub(super) fn record(rows: &[Row], instance: &str, readings: &mut Readings) -> Result<(), RowError> {
    let row = rows.first().ok_or(RowError { field: "uptime", expected: "there" })?;
    if let Some(seconds) = row.values().number("uptime")? {
        readings.record(&UPTIME, &[instance], seconds.max(0.0));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::row::rows as given;
    use super::*;
    use crate::testing::{rows, written};

    #[test]
    fn the_time_since_the_start_is_read() {
        let mut readings = Readings::new();
        record(&given(&["86400.25"]), "i", &mut readings).unwrap();
        assert_eq!(rows(&readings), written(&[("postgresql_uptime_seconds", "i", 86_400.25)]));
        assert!(record(&[], "i", &mut readings).is_err());
    }
}
