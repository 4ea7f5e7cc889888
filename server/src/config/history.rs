//! Settings of the history.

use super::option::{ConfigOption, ValueKind};
use super::values::number;

pub(super) const DAYS: ConfigOption = ConfigOption {
    name: "history.days",
    placeholder: "DAYS",
    default: "7",
    help: "Retention of 1 s samples, from 1 to 90 days",
    kind: ValueKind::Number,
    set: |settings, value| {
        settings.history_days = number(value, 1, 90)?;
        Ok(())
    },
};

pub(super) const ROLLUP_DAYS: ConfigOption = ConfigOption {
    name: "history.rollup_days",
    placeholder: "DAYS",
    default: "400",
    help: "Retention of avg, min and max, from 7 to 3660 days: 1 min rows for up to 35 days, then 15 min rows",
    kind: ValueKind::Number,
    set: |settings, value| {
        settings.rollup_days = number(value, 7, 3660)?;
        Ok(())
    },
};
