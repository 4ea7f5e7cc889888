//! Retention by time and bytes.

use crate::block_file::BlockFile;
use crate::options::{Removed, Retention};
use crate::rewrite::rewrite;
use crate::state::StoreState;
use std::sync::{Arc, MutexGuard};

/// Key of the problem of rewriting a file.
const PROBLEM: &str = "retention";

/// Applies limits.
pub(crate) fn retain(
    shared: &StoreState,
    retention: &Retention,
    _maintenance: &MutexGuard<'_, ()>,
) -> Removed {
    let floor = retention.oldest.map_or(i64::MIN, |oldest| oldest.millis());
    shared.records_mut().floor = floor;
    let mut removed = Removed::default();
    remove(shared, |file| file.index.newest() < floor, &mut removed);
    shared.problems.clear(PROBLEM);
    let files = shared.records().files.clone();
    for file in files.into_iter().filter(|file| is_mostly_expired(file, floor)) {
        let (records, bytes) = (file.index.records(), file.bytes);
        match rewrite(shared, std::slice::from_ref(&file)) {
            Ok(new) => {
                removed.records += records.saturating_sub(new.index.records());
                removed.bytes += bytes.saturating_sub(new.bytes);
            }
            Err(error) => {
                shared.problems.set(PROBLEM, format!("{}: expired records stay: {error}", file.name.text()));
            }
        }
    }
    while let Some(oldest) = excess(shared, retention.max_bytes.unwrap_or(u64::MAX)) {
        remove(shared, |file| Arc::ptr_eq(file, &oldest), &mut removed);
    }
    shared.records_mut().streams.prune();
    removed
}

/// The file with the oldest records, if there are too many bytes.
fn excess(shared: &StoreState, max_bytes: u64) -> Option<Arc<BlockFile>> {
    let records = shared.records();
    if records.stored_bytes() <= max_bytes {
        return None;
    }
    records.files.iter().min_by_key(|file| file.index.newest()).cloned()
}

/// Removes files.
fn remove(shared: &StoreState, is_removed: impl Fn(&Arc<BlockFile>) -> bool, removed: &mut Removed) {
    // The last reference removes a file: not while the records are locked.
    let mut old = Vec::new();
    shared.records_mut().files.retain(|file| {
        let is_kept = !is_removed(file);
        if !is_kept {
            old.push(Arc::clone(file));
        }
        is_kept
    });
    for file in old {
        removed.records += file.index.records();
        removed.bytes += file.bytes;
        shared.problems.clear_file(&file.name.text());
        file.retire(&shared.leftovers);
    }
}

/// Whether rewriting a file frees half of it.
fn is_mostly_expired(file: &BlockFile, floor: i64) -> bool {
    let blocks = file.index.blocks.iter();
    let expired: u64 = blocks
        .filter(|block| block.summary.newest < floor)
        .map(|block| u64::from(block.summary.content_bytes))
        .sum();
    expired > 0 && expired * 2 >= file.index.content_bytes()
}
