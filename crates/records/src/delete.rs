//! Deletion of records: at once for queries, later in the files.

use crate::append::freeze;
use crate::deletions::Deletion;
use crate::options::DeleteError;
use crate::state::{Command, StoreState};
use std::ops::Range;
use std::sync::Arc;
use watchglass_model::Labels;

/// Maximum number of deletions whose records still are in files.
const MAX_PENDING: usize = 1000;

/// Deletes the records of streams at these times.
pub(crate) fn delete(
    shared: &StoreState,
    streams: &dyn Fn(&Labels) -> bool,
    times: Range<i64>,
) -> Result<(), DeleteError> {
    // The file of deletions changes with this lock alone.
    let _maintenance = shared.maintenance();
    if shared.records().deletions.len() >= MAX_PENDING {
        return Err(DeleteError::Busy);
    }
    let (generation, streams) = {
        let mut log = shared.log();
        if log.is_closed {
            return Err(DeleteError::Closed);
        }
        let mut streams: Vec<Arc<Labels>> =
            shared.records().streams.iter().filter(|labels| streams(labels)).cloned().collect();
        if streams.is_empty() || times.is_empty() {
            return Ok(());
        }
        streams.sort();
        // A deletion is about files as a whole; later records are in a later one.
        if !shared.records().head.is_empty() {
            freeze(shared, &mut log)?;
        }
        let current = log.file.as_ref().map_or(log.next_generation, |file| file.generation);
        (current.saturating_sub(1), streams)
    };
    let deletions = shared.records().deletions.with(Deletion { generation, times, streams });
    deletions.save(&shared.folder, shared.disk.as_ref())?;
    shared.records_mut().deletions = Arc::new(deletions);
    let _ = shared.compactor.try_send(Command::Look);
    Ok(())
}
