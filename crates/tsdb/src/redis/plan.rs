//! Query planner for the hours of a source.

use super::downsample::QUARTER;
use super::fetch::SourceMetadata;
use super::minute_format::MINUTE;
use crate::head::hour_of;
use std::collections::BTreeSet;
use std::ops::Range;

/// Hour of a source and how it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PlanStep {
    /// Raw samples, merged with the local store if `with_local`.
    Samples { hour: i64, with_local: bool },
    /// One-minute rows.
    Minutes { hour: i64 },
    /// 15-minute rows.
    Quarters { hour: i64 },
}

/// Plans the hours of a source. For this server's source, `own` has the first hour of the local store and its hours with
/// samples.
pub(crate) fn plan(
    outline: &SourceMetadata,
    own: Option<(i64, &BTreeSet<i64>)>,
    times: &Range<i64>,
    step: i64,
) -> Vec<PlanStep> {
    if times.is_empty() {
        return Vec::new();
    }
    let range = hour_of(times.start)..=hour_of(times.end.saturating_sub(1));
    let mut hours: BTreeSet<i64> = outline.hours.range(range.clone()).copied().collect();
    let is_local = |hour: &i64| own.is_some_and(|(born, local)| *hour <= born && local.contains(hour));
    hours.extend(own.iter().flat_map(|(_, local)| local.range(range.clone())).filter(|hour| is_local(hour)));
    let is_read_here = |hour: &i64| own.is_none_or(|(born, _)| *hour <= born);
    hours
        .into_iter()
        .filter(is_read_here)
        .map(|hour| match hour {
            // Where uploads may be pending, minutes must be computed from the merged samples.
            hour if is_local(&hour) => PlanStep::Samples { hour, with_local: true },
            hour if outline.open.contains(&hour) => PlanStep::Samples { hour, with_local: false },
            hour if step % QUARTER == 0 => PlanStep::Quarters { hour },
            hour if step % MINUTE == 0 => PlanStep::Minutes { hour },
            hour => PlanStep::Samples { hour, with_local: false },
        })
        .collect()
}
