//! Query planner: which blocks and resolutions are read.

use super::files::{Files, bit_of};
use super::resolution::Resolution;
use crate::head::{HOUR, Head, hour_of};
use std::collections::BTreeSet;
use std::ops::Range;

/// Part of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PlanStep {
    /// Raw samples of an hour, from its block and the head.
    Samples { hour: i64 },
    /// Downsampled hours of a day; one bit per hour.
    Rollups { level: Resolution, day: i64, hours: u32 },
}

/// The parts for `times` in rows of `step` milliseconds, sorted by time.
///
/// Downsampled data is used where its interval divides the step, or where raw samples have expired; not where the head
/// has samples that are not downsampled yet, nor in the following hour, whose first rates look back.
pub(crate) fn plan(files: &Files, head: &Head, times: &Range<i64>, step: i64) -> Vec<PlanStep> {
    if times.is_empty() {
        return Vec::new();
    }
    let (first, last) = (hour_of(times.start), hour_of(times.end.saturating_sub(1)));
    let mut hours: BTreeSet<i64> =
        files.of(Resolution::Raw).range(first..=last).map(|(&hour, _)| hour).collect();
    hours.extend(head.hours().range(first..=last).map(|(&hour, _)| hour));
    for level in Resolution::ROLLUPS {
        let days = level.index_of(first.saturating_mul(HOUR))..=level.index_of(last.saturating_mul(HOUR));
        for (&day, contents) in files.of(level).range(days) {
            let begin = level.start_of(day) / HOUR;
            let covered = (begin..begin + 24).filter(|&hour| contents.covered & bit_of(hour) != 0);
            hours.extend(covered.filter(|hour| (first..=last).contains(hour)));
        }
    }
    let mut pieces = Vec::new();
    for hour in hours {
        let level = source(files, head, hour, step);
        let day = level.index_of(hour.saturating_mul(HOUR));
        match (level, pieces.last_mut()) {
            (Resolution::Raw, _) => pieces.push(PlanStep::Samples { hour }),
            (_, Some(PlanStep::Rollups { level: same, day: today, hours }))
                if *same == level && *today == day =>
            {
                *hours |= bit_of(hour);
            }
            _ => pieces.push(PlanStep::Rollups { level, day, hours: bit_of(hour) }),
        }
    }
    pieces
}

fn source(files: &Files, head: &Head, hour: i64, step: i64) -> Resolution {
    let is_sealed =
        |hour: i64| !head.hours().contains_key(&hour) && !head.hours().contains_key(&hour.saturating_sub(1));
    let has = |level: &Resolution| files.covers(*level, hour);
    let fits = Resolution::ROLLUPS.into_iter().rev().find(|level| step % level.width() == 0 && has(level));
    match fits {
        Some(level) if is_sealed(hour) => level,
        _ if has(&Resolution::Raw) || head.hours().contains_key(&hour) => Resolution::Raw,
        _ => Resolution::ROLLUPS.into_iter().find(has).unwrap_or(Resolution::Raw),
    }
}
