//! Background thread: moves records from memory into block files.

use crate::block_builder::BlockBuilder;
use crate::block_file::{BlockFile, FileError, FileName};
use crate::file_index::FileIndex;
use crate::file_writer::FileWriter;
use crate::folder::{TEMPORARY, quarantine};
use crate::head::Head;
use crate::state::{Command, FrozenHead, StoreState};
use crate::wal::{wal_name, wal_path};
use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, MutexGuard};
use std::time::Duration;

/// Key of the problem of writing block files.
const PROBLEM: &str = "blocks";
/// Interval of retries.
const RETRY_INTERVAL: Duration = Duration::from_secs(2);

/// Runs until it is told to stop.
pub(crate) fn run(shared: &StoreState, commands: &Receiver<Command>) {
    let mut is_done = true;
    loop {
        let command = match is_done {
            true => commands.recv().map_err(|_| RecvTimeoutError::Disconnected),
            false => commands.recv_timeout(RETRY_INTERVAL),
        };
        match command {
            Ok(Command::Look) | Err(RecvTimeoutError::Timeout) => {
                is_done = flush(shared, &shared.maintenance());
            }
            Ok(Command::Close) | Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

/// Writes the block files of all frozen heads; returns whether it succeeded.
pub(crate) fn flush(shared: &StoreState, _maintenance: &MutexGuard<'_, ()>) -> bool {
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
        false => {
            let written = write_head(shared, &name, &frozen.head)?;
            Some(Arc::new(BlockFile::new(&shared.folder, name, written)))
        }
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

/// Writes a head as a block file.
fn write_head(shared: &StoreState, name: &FileName, head: &Head) -> io::Result<(FileIndex, u64)> {
    let path = shared.folder.join(name.text());
    let temporary = shared.folder.join(format!("{}{TEMPORARY}", name.text()));
    let mut builder = BlockBuilder::new(shared.options.level, shared.options.has_word_filter)?;
    let mut writer = FileWriter::create(shared.disk.as_ref(), temporary)?;
    match add_head(&mut writer, &mut builder, head, shared.options.block_bytes) {
        Ok(()) => writer.finish(&path),
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
) -> io::Result<()> {
    for (stream, chunk) in head.streams() {
        let mut fields = Vec::new();
        for (time, place) in chunk.sorted() {
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
