//! Where the rows of an answer come from.

use super::fetch::Outline;
use super::minute_format::MINUTE;
use super::seal::QUARTER;
use crate::head::hour_of;
use std::collections::BTreeSet;
use std::ops::Range;

/// An hour of a source that is to be read, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// Its samples; also those of this server's own store where `with_local`.
    Samples { hour: i64, with_local: bool },
    /// Its rows of a minute.
    Minutes { hour: i64 },
    /// Its rows of a quarter of an hour.
    Quarters { hour: i64 },
}

/// How the hours of a source are read. Of this server's own source `own` says the hour in which its store begins, and
/// the hours that this has samples of.
pub(crate) fn plan(
    outline: &Outline,
    own: Option<(i64, &BTreeSet<i64>)>,
    times: &Range<i64>,
    step: i64,
) -> Vec<Piece> {
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
            // Where samples may still wait, only all of them together tell a minute.
            hour if is_local(&hour) => Piece::Samples { hour, with_local: true },
            hour if outline.open.contains(&hour) => Piece::Samples { hour, with_local: false },
            hour if step % QUARTER == 0 => Piece::Quarters { hour },
            hour if step % MINUTE == 0 => Piece::Minutes { hour },
            hour => Piece::Samples { hour, with_local: false },
        })
        .collect()
}
