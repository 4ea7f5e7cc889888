//! Append: the batch is written to the log, then it can be queried.

use crate::head::MAX_CHUNK_BYTES;
use crate::options::{AppendError, Outage};
use crate::record::{MAX_FIELDS, NewRecord};
use crate::state::{Command, FrozenHead, Log, StoreState};
use crate::wal::WalFile;
use std::collections::HashSet;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use watchglass_model::time_text::format_seconds;

/// Key of the problem of the log.
const PROBLEM: &str = "log";
/// Times are at most so many milliseconds away from 1970, so that differences of times do not overflow.
const MAX_MILLIS: u64 = 1 << 58;

/// Appends a batch as a whole, or nothing of it.
pub(crate) fn append(shared: &StoreState, batch: &[NewRecord<'_>]) -> Result<(), AppendError> {
    let Some(first) = batch.first() else { return Ok(()) };
    let mut log = shared.log();
    let result = check(shared, batch).and_then(|()| write(shared, &mut log, batch));
    let mut records = shared.records_mut();
    if let Err(error) = result {
        let count = batch.len() as u64;
        records.refused += count;
        if matches!(error, AppendError::Disk(_) | AppendError::Busy) {
            let outage = records.outage.get_or_insert(Outage { since: first.time, records: 0 });
            outage.records += count;
            let (since, lost) = (format_seconds(outage.since), outage.records);
            let folder = shared.folder.display();
            let text = format!("{folder}: {error}; {lost} records lost since {since}");
            shared.problems.set(PROBLEM, text);
        }
        return Err(error);
    }
    if records.outage.take().is_some() {
        shared.problems.clear(PROBLEM);
    }
    for group in batch.chunk_by(|a, b| a.stream == b.stream) {
        let Some(first) = group.first() else { continue };
        let stream = records.streams.intern(first.stream);
        group.iter().for_each(|record| records.head.push(&stream, record));
    }
    records.log_bytes = log.file.as_ref().map_or(0, |file| file.length);
    let newest = records.head.newest;
    let start = *records.head_start.get_or_insert(newest);
    let is_due = records.head.bytes >= shared.options.head_bytes
        || newest.saturating_sub(start) > shared.options.head_span_millis;
    drop(records);
    if is_due {
        // Otherwise the head takes more, up to the limit of `check`.
        let _ = freeze(shared, &mut log);
    }
    Ok(())
}

/// Checks limits.
fn check(shared: &StoreState, batch: &[NewRecord<'_>]) -> Result<(), AppendError> {
    let (mut bytes, mut new) = (0_usize, HashSet::new());
    let records = shared.records();
    for group in batch.chunk_by(|a, b| a.stream == b.stream) {
        let Some(first) = group.first() else { continue };
        if first.stream.iter().count() > MAX_FIELDS {
            return Err(AppendError::TooManyFields);
        }
        if !records.streams.has(first.stream) {
            new.insert(first.stream);
        }
        for record in group {
            if record.time.millis().unsigned_abs() > MAX_MILLIS {
                return Err(AppendError::InvalidTime(record.time.millis()));
            }
            if record.fields.len() > MAX_FIELDS {
                return Err(AppendError::TooManyFields);
            }
            bytes = bytes.saturating_add(record.body.len());
        }
    }
    if !new.is_empty() && records.streams.len() + new.len() > shared.options.max_streams {
        return Err(AppendError::TooManyStreams(shared.options.max_streams));
    }
    let used = records.head_bytes();
    let is_full = used >= shared.options.head_bytes * 2 || used.saturating_add(bytes) > MAX_CHUNK_BYTES;
    if is_full { Err(AppendError::Busy) } else { Ok(()) }
}

fn write(shared: &StoreState, log: &mut Log, batch: &[NewRecord<'_>]) -> Result<(), AppendError> {
    if log.is_closed {
        return Err(AppendError::Closed);
    }
    if log.file.as_ref().is_none_or(|file| file.is_lost) {
        freeze(shared, log)?;
    }
    let Some(bytes) = log.encoder.encode(batch)? else { return Err(AppendError::TooLarge) };
    let Some(file) = &mut log.file else { return Err(io::Error::from(io::ErrorKind::NotFound).into()) };
    file.append(bytes)?;
    if !shared.is_unsynced.swap(true, Ordering::AcqRel) {
        shared.unsynced().push(Arc::clone(&file.file));
        // A busy thread looks again anyway.
        let _ = shared.syncer.try_send(Command::Look);
    }
    Ok(())
}

/// Starts a new WAL file; the records in memory become a block file.
pub(crate) fn freeze(shared: &StoreState, log: &mut Log) -> io::Result<()> {
    let file = WalFile::create(shared.disk.as_ref(), &shared.folder, log.next_generation)?;
    log.next_generation += 1;
    let length = file.length;
    let before = log.file.replace(file);
    // The next batch adds the new file to the unsynced ones.
    shared.is_unsynced.store(false, Ordering::Release);
    let mut records = shared.records_mut();
    records.log_bytes = length;
    // Without a log there are no records in memory.
    if let Some(before) = before {
        let head = std::mem::take(&mut records.head);
        // Late records do not make it older: each batch of them would become a file.
        records.head_start = records.head_start.max(Some(head.newest).filter(|_| !head.is_empty()));
        let frozen =
            FrozenHead { generation: before.generation, head, log_bytes: before.length, damage: None };
        records.frozen.push(Arc::new(frozen));
    }
    drop(records);
    let _ = shared.compactor.try_send(Command::Look);
    Ok(())
}
