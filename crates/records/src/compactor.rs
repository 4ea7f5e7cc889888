//! Background thread: moves records from memory into block files.

use crate::block_builder::BlockBuilder;
use crate::block_file::{BlockFile, FileError, FileName};
use crate::file_writer::FileWriter;
use crate::folder::quarantine;
use crate::head::Head;
use crate::rewrite::{apply_deletions, merge_files, remove_empty_files};
use crate::state::{Command, FrozenHead, StoreState};
use crate::wal::{wal_name, wal_path};
use std::io;
use std::ops::Range;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, MutexGuard};
use std::time::Duration;
use watchglass_model::Labels;

/// Key of the problem of writing block files.
const PROBLEM: &str = "blocks";
/// Key of the problem of rewriting them.
const REWRITE_PROBLEM: &str = "rewrite";
/// Interval of retries.
const RETRY_INTERVAL: Duration = Duration::from_secs(2);

/// Runs until it is stopped.
pub(crate) fn run(shared: &StoreState, commands: &Receiver<Command>) {
    let mut is_done = true;
    loop {
        let command = match is_done {
            true => commands.recv().map_err(|_| RecvTimeoutError::Disconnected),
            false => commands.recv_timeout(RETRY_INTERVAL),
        };
        match command {
            Ok(Command::Look) | Err(RecvTimeoutError::Timeout) => {
                is_done = run_once(shared, &shared.maintenance()) == Pass::Done;
            }
            Ok(Command::Close) | Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

/// Result of a pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pass {
    /// Nothing is left to do.
    Done,
    /// A running query reads a file that must be removed.
    Waiting,
    /// See the problems.
    Failed,
}

/// Writes frozen heads, and rewrites files.
pub(crate) fn run_once(shared: &StoreState, maintenance: &MutexGuard<'_, ()>) -> Pass {
    let is_flushed = flush(shared, maintenance);
    // Also on a full disk: deletions free space.
    let rewritten = apply_deletions(shared, maintenance)
        .and_then(|is_gone| merge_files(shared, maintenance).map(|()| is_gone));
    remove_empty_files(shared, maintenance);
    match rewritten {
        Ok(is_gone) => {
            shared.problems.clear(REWRITE_PROBLEM);
            match (is_flushed, is_gone) {
                (false, _) => Pass::Failed,
                (true, false) => Pass::Waiting,
                (true, true) => Pass::Done,
            }
        }
        Err(error) => {
            let folder = shared.folder.display();
            shared.problems.set(REWRITE_PROBLEM, format!("files of {folder} cannot be rewritten: {error}"));
            Pass::Failed
        }
    }
}

/// Writes the block files of all frozen heads; returns whether it succeeded.
fn flush(shared: &StoreState, _maintenance: &MutexGuard<'_, ()>) -> bool {
    loop {
        remove_stale_logs(shared);
        let Some(frozen) = shared.records().frozen.first().map(Arc::clone) else {
            shared.problems.clear(PROBLEM);
            return true;
        };
        if let Err(error) = flush_one(shared, &frozen) {
            let folder = shared.folder.display();
            shared.problems.set(PROBLEM, format!("records cannot be moved into a file of {folder}: {error}"));
            return false;
        }
    }
}

fn flush_one(shared: &StoreState, frozen: &Arc<FrozenHead>) -> io::Result<()> {
    let name = FileName { first: frozen.generation, last: frozen.generation, revision: 0 };
    let file = match frozen.head.is_empty() {
        true => None,
        false => write_head(shared, name, &frozen.head)?.map(Arc::new),
    };
    let mut records = shared.records_mut();
    records.files.extend(file);
    records.frozen.retain(|one| !Arc::ptr_eq(one, frozen));
    records.stale_logs.insert(frozen.generation);
    drop(records);
    if let Some(damage) = &frozen.damage {
        let path = wal_path(&shared.folder, frozen.generation);
        quarantine(&path, &damage.to_string(), shared.disk.as_ref(), &shared.problems);
    }
    remove_stale_logs(shared);
    Ok(())
}

/// Removes WAL files whose records are in block files.
pub(crate) fn remove_stale_logs(shared: &StoreState) {
    let stale = shared.records().stale_logs.clone();
    for generation in stale {
        let removed = shared.disk.remove(&wal_path(&shared.folder, generation));
        let key = wal_name(generation);
        match removed {
            Ok(()) => {
                shared.records_mut().stale_logs.remove(&generation);
                shared.problems.clear(&key);
            }
            Err(error) => shared.problems.set(&key, format!("{key} cannot be removed: {error}")),
        }
    }
}

/// Writes a head as a block file, without deleted records; `None` if all are deleted.
fn write_head(shared: &StoreState, name: FileName, head: &Head) -> io::Result<Option<BlockFile>> {
    let path = shared.folder.join(name.text());
    let deletions = Arc::clone(&shared.records().deletions);
    let mut builder = BlockBuilder::new(shared.options.level, shared.options.has_word_filter)?;
    let mut writer = FileWriter::create(shared.disk.as_ref(), &path)?;
    let deleted = |stream: &Labels| deletions.times(stream, name.last, 0);
    match add_head(&mut writer, &mut builder, head, shared.options.block_bytes, &deleted) {
        Ok(()) if writer.is_empty() => {
            writer.abort();
            Ok(None)
        }
        Ok(()) => {
            let written = writer.finish(&path)?;
            Ok(Some(BlockFile::new(&shared.folder, name, written, deletions.last())))
        }
        Err(error) => {
            writer.abort();
            Err(error)
        }
    }
}

fn add_head(
    writer: &mut FileWriter<'_>,
    builder: &mut BlockBuilder,
    head: &Head,
    block_bytes: usize,
    deleted: &dyn Fn(&Labels) -> Vec<Range<i64>>,
) -> io::Result<()> {
    for (stream, chunk) in head.streams() {
        let (deleted, mut fields) = (deleted(stream), Vec::new());
        for (time, place) in chunk.sorted() {
            if deleted.iter().any(|times| times.contains(&time)) {
                continue;
            }
            let body = chunk.record(place, &mut fields).map_err(io::Error::other)?;
            builder.push(time, &fields, body);
            if builder.content_bytes() >= block_bytes {
                writer.add(stream, &builder.finish(stream)?)?;
            }
        }
        if !builder.is_empty() {
            writer.add(stream, &builder.finish(stream)?)?;
        }
    }
    Ok(())
}

/// Reports a damaged block, which costs its records.
pub(crate) fn report_block(shared: &StoreState, file: &BlockFile, offset: u64, error: &FileError) {
    let name = file.name.text();
    shared.problems.set(&format!("{name} {offset}"), format!("{name}: block at byte {offset}: {error}"));
}
