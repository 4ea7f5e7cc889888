//! Where the rows of an answer come from.

use super::files::{Files, bit_of};
use super::level::Level;
use crate::head::{HOUR, Head, hour_of};
use std::collections::BTreeSet;
use std::ops::Range;

/// A part of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// The samples of an hour, from its file and the head.
    Samples { hour: i64 },
    /// The rollups of hours of a day; a bit for each.
    Rollups { level: Level, day: i64, hours: u32 },
}

/// The parts that answer a question about `times` in rows of `step` milliseconds, in the order of time.
///
/// Rollups answer where their width divides the step, so that no row cuts one, and where samples are gone. They do not
/// where the head has samples that are not rolled up yet, nor in the hour behind, whose first rates look back.
pub(crate) fn plan(files: &Files, head: &Head, times: &Range<i64>, step: i64) -> Vec<Piece> {
    if times.is_empty() {
        return Vec::new();
    }
    let (first, last) = (hour_of(times.start), hour_of(times.end.saturating_sub(1)));
    let mut hours: BTreeSet<i64> = files.of(Level::Raw).range(first..=last).map(|(&hour, _)| hour).collect();
    hours.extend(head.hours().range(first..=last).map(|(&hour, _)| hour));
    for level in Level::ROLLUPS {
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
            (Level::Raw, _) => pieces.push(Piece::Samples { hour }),
            (_, Some(Piece::Rollups { level: same, day: today, hours }))
                if *same == level && *today == day =>
            {
                *hours |= bit_of(hour);
            }
            _ => pieces.push(Piece::Rollups { level, day, hours: bit_of(hour) }),
        }
    }
    pieces
}

fn source(files: &Files, head: &Head, hour: i64, step: i64) -> Level {
    let is_sealed =
        |hour: i64| !head.hours().contains_key(&hour) && !head.hours().contains_key(&hour.saturating_sub(1));
    let has = |level: &Level| files.covers(*level, hour);
    let fits = Level::ROLLUPS.into_iter().rev().find(|level| step % level.width() == 0 && has(level));
    match fits {
        Some(level) if is_sealed(hour) => level,
        _ if has(&Level::Raw) || head.hours().contains_key(&hour) => Level::Raw,
        _ => Level::ROLLUPS.into_iter().find(has).unwrap_or(Level::Raw),
    }
}
