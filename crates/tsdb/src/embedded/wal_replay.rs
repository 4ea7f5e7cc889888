//! Replay of WAL files into the head.

use super::OpenError;
use super::block::BlockError;
use super::bytes::{CorruptData, Cursor};
use super::state::{StoreState, WalFile};
use super::wal_format::{self, Decoder, Record};
use super::wal_header;
use crate::head::{Head, hour_of};
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Maximum size of a WAL file that is read, far above what is written.
const MAX_WAL_BYTES: u64 = 4 << 30;
/// Maximum number of records with samples that wait for their series: so many records later, all series are written again.
const MAX_WAITING: usize = wal_format::SERIES_INTERVAL as usize;

/// Replays a WAL file into the head, without records that are damaged or depend on damaged ones.
///
/// # Errors
/// Damage, after reading the rest, or an unsupported version; the file is not touched.
pub(crate) fn replay(path: &Path, head: &mut Head, mut note: impl FnMut(i64)) -> Result<(), BlockError> {
    if fs::metadata(path)?.len() > MAX_WAL_BYTES {
        return Err(CorruptData("WAL file too large").into());
    }
    let bytes = fs::read(path)?;
    let mut rest = Cursor(&bytes);
    let Ok(header) = rest.slice(wal_header::HEADER) else { return Ok(()) };
    let (version, mut damage) = match wal_header::version(header) {
        Some(version) if (wal_header::OLDEST_VERSION..=wal_header::VERSION).contains(&version) => {
            (version, None)
        }
        Some(version) => return Err(BlockError::Version(version)),
        // Its records tell by their marks whether they are of the newest version.
        None => (wal_header::VERSION, Some(CorruptData("invalid WAL header"))),
    };
    let mut decoder = Decoder::new(version);
    let mut groups: HashMap<Arc<str>, Replay> = HashMap::new();
    loop {
        let before = rest.clone();
        match decoder.next(&mut rest) {
            Ok(Some(record)) => {
                note(record.time);
                groups.entry(Arc::clone(&record.group)).or_default().restore(record, head);
            }
            Ok(None) => break,
            Err(error) => {
                rest = before;
                // Otherwise the last record was incomplete at a crash.
                if decoder.skip_damage(&mut rest) {
                    damage.get_or_insert(error);
                }
                if !decoder.can_resynchronise() {
                    break;
                }
            }
        }
    }
    damage.map_or(Ok(()), |damage| Err(damage.into()))
}

/// Series of a group of a WAL file, and samples that wait for theirs.
#[derive(Debug, Default)]
struct Replay {
    places: Vec<Place>,
    /// Samples of series whose record is lost, up to the next record with all series: time, number and value.
    waiting: VecDeque<(i64, Vec<(usize, f64)>)>,
}

/// Series by its number in the group.
#[derive(Clone, Copy, Debug)]
enum Place {
    /// Its record is lost.
    Unknown,
    /// It has no room in the head.
    Refused,
    /// Its number in the head.
    Known(u32),
}

impl Replay {
    /// Adds a record to the head.
    fn restore(&mut self, record: Record, head: &mut Head) {
        if self.places.len() < record.first_new {
            self.places.resize(record.first_new, Place::Unknown);
        }
        let group = record.group;
        let is_waiting_over = !record.new.is_empty();
        for (number, series) in (record.first_new..).zip(record.new) {
            let register = || head.register(&Arc::new(series), &group).map_or(Place::Refused, Place::Known);
            match self.places.get_mut(number) {
                Some(place @ Place::Unknown) => *place = register(),
                Some(_) => {}
                None => self.places.push(register()),
            }
        }
        // Before the record, which is newer.
        let waiting = if is_waiting_over { std::mem::take(&mut self.waiting) } else { VecDeque::new() };
        for (time, samples) in waiting {
            self.restore_samples(&group, (time, samples), head);
        }
        self.restore_samples(&group, (record.time, record.samples), head);
    }

    fn restore_samples(&mut self, group: &str, (time, samples): (i64, Vec<(usize, f64)>), head: &mut Head) {
        let place = |number: usize| self.places.get(number).copied().unwrap_or(Place::Unknown);
        let (waiting, known): (Vec<_>, Vec<_>) =
            samples.into_iter().partition(|(number, _)| matches!(place(*number), Place::Unknown));
        let known = known.into_iter().filter_map(|(number, value)| match place(number) {
            Place::Known(found) => Some((found, value)),
            Place::Unknown | Place::Refused => None,
        });
        head.restore(group, time, known);
        if !waiting.is_empty() {
            self.waiting.push_back((time, waiting));
            if self.waiting.len() > MAX_WAITING {
                self.waiting.pop_front();
            }
        }
    }
}

/// Replays all WAL files into the head. They remain until their samples are in blocks or in another WAL file; damaged ones
/// are returned.
///
/// # Errors
/// Unsupported version.
pub(crate) fn replay_all(
    shared: &StoreState,
    generations: &[u64],
) -> Result<Vec<(PathBuf, BlockError)>, OpenError> {
    let mut damaged = Vec::new();
    // The number of a damaged WAL file must not be reused.
    let next = generations.last().map_or(0, |last| last.saturating_add(1));
    shared.next_log.store(next, Ordering::Relaxed);
    for &generation in generations {
        let path = shared.log_path(generation);
        let mut hours = BTreeSet::new();
        let note = |time| {
            shared.clock().note(time);
            hours.insert(hour_of(time));
        };
        let result = replay(&path, &mut shared.head_mut(), note);
        match result {
            Ok(()) => {
                let bytes = fs::metadata(&path).map_or(0, |metadata| metadata.len());
                shared.logs().push(WalFile { generation, hours, bytes, file: None });
            }
            Err(BlockError::Version(version)) => return Err(OpenError::Version { file: path, version }),
            Err(error) => damaged.push((path, error)),
        }
    }
    Ok(damaged)
}
