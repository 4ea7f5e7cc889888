//! Settings of the record store.

use super::option::{ConfigOption, ValueKind};
use super::values::duration;
use std::time::Duration;

/// Limits of the size on disk, in bytes. A file of records has up to 64 MB before compression.
const MIN_BYTES: u64 = 10_000_000;
const MAX_BYTES_LIMIT: u64 = 10_000_000_000_000;
const DAY: Duration = Duration::from_secs(86_400);

pub(super) const RETENTION: ConfigOption = ConfigOption {
    name: "records.retention",
    placeholder: "DURATION",
    default: "200h",
    help: "Retention of records, such as process tables, from 1h to 3660d",
    kind: ValueKind::Duration,
    set: |settings, value| {
        settings.records_retention = duration(value, Duration::from_secs(3600), 3660 * DAY)?;
        Ok(())
    },
};

pub(super) const MAX_BYTES: ConfigOption = ConfigOption {
    name: "records.max_bytes",
    placeholder: "BYTES",
    default: "1000000000",
    help: "Maximum size of all records on disk, at least 10000000. Above it the oldest records are deleted",
    kind: ValueKind::Number,
    set: |settings, value| {
        let bytes = value.trim().parse().ok().filter(|bytes| (MIN_BYTES..=MAX_BYTES_LIMIT).contains(bytes));
        settings.records_max_bytes = bytes.ok_or_else(|| {
            format!("{value:?} must be a whole number of bytes from {MIN_BYTES} to {MAX_BYTES_LIMIT}")
        })?;
        Ok(())
    },
};
