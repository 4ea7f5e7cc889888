//! The embedded store from outside.

mod disk;
mod faults;
mod golden;
mod map;

use super::*;
use crate::conformance;

#[test]
fn conforms() {
    let folders = Mutex::new(Vec::new());
    conformance::check(&|series_limit| {
        let folder = tempfile::tempdir().unwrap();
        let options = Options { series_limit, ..Options::default() };
        let history = EmbeddedHistory::open(folder.path(), options).unwrap();
        folders.lock().unwrap().push(folder);
        Box::new(history)
    });
}

/// Seals every hour every few batches, so that answers come from files.
#[derive(Debug)]
struct Sealing(EmbeddedHistory, Mutex<u32>);

impl History for Sealing {
    fn append(&self, batch: &Batch, series: &[Series], catalogue: &Catalogue) {
        self.0.append(batch, series, catalogue);
        let mut count = self.1.lock().unwrap();
        *count += 1;
        if *count % 23 == 4 {
            assert!(self.0.seal());
        }
    }

    fn query(&self, query: &Query) -> Result<Columns, QueryError> {
        self.0.query(query)
    }

    fn raw(&self, selector: &Selector, range: TimeRange, visit: &mut Visit<'_>) -> Result<(), QueryError> {
        self.0.raw(selector, range, visit)
    }

    fn newest(&self) -> Option<Timestamp> {
        self.0.newest()
    }

    fn series(&self, selector: &Selector) -> Result<Vec<Arc<StoredSeries>>, QueryError> {
        self.0.series(selector)
    }

    fn status(&self) -> Status {
        // Of a sealed hour no series is in memory.
        Status { series: self.series(&Selector::default()).unwrap().len(), ..self.0.status() }
    }

    fn close(&self) {
        self.0.close();
    }
}

#[test]
fn conforms_when_hours_are_sealed_in_between() {
    let folders = Mutex::new(Vec::new());
    conformance::check(&|series_limit| {
        let folder = tempfile::tempdir().unwrap();
        let options = Options { series_limit, ..Options::default() };
        let disk = Box::new(disk::TestDisk::new(folder.path()));
        let history = EmbeddedHistory::open_on(disk, folder.path(), options).unwrap();
        folders.lock().unwrap().push(folder);
        Box::new(Sealing(history, Mutex::new(0)))
    });
}
