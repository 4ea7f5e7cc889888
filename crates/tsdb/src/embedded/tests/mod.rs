//! Tests of the embedded store.

mod busy;
mod disk;
mod ended;
mod faults;
mod folder;
mod golden;
mod map;
mod wal_faults;

use super::*;
use crate::conformance;
use watchglass_model::{Labels, Sample, SeriesId};

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

/// Writes all blocks every few batches, so that results come from files.
#[derive(Debug)]
struct Sealing(EmbeddedHistory, Mutex<u32>);

impl History for Sealing {
    fn append(&self, batch: &Batch, series: &[Series], catalogue: &Catalogue) {
        self.0.append(batch, series, catalogue);
        let mut count = self.1.lock().unwrap();
        *count += 1;
        if *count % 23 == 4 {
            assert!(self.0.write_blocks());
        }
    }

    fn end_series(&self, ended: &[SeriesId]) {
        self.0.end_series(ended);
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
        // The head has no series of a written hour.
        Status { series: self.series(&Selector::default()).unwrap().len(), ..self.0.status() }
    }

    fn close(&self) {
        self.0.close();
    }
}

#[test]
fn conforms_with_blocks_written_in_between() {
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

#[test]
fn series_with_a_common_prefix_are_found() {
    let labels = ["a", "a1", "a10", "b"].map(|value| [("n", value)].into_iter().collect());
    let metrics = ["load", "load1", "load_total"];
    let all = metrics.into_iter().flat_map(|metric| labels.iter().map(move |labels| (metric, labels)));
    let series: Vec<Series> = all
        .enumerate()
        .map(|(id, (metric, labels))| Series {
            id: SeriesId(id as u32),
            metric: metric.to_owned(),
            labels: Labels::clone(labels),
        })
        .collect();
    let folder = tempfile::tempdir().unwrap();
    let history = EmbeddedHistory::open(folder.path(), Options::default()).unwrap();
    for second in 0..3 {
        let samples =
            series.iter().map(|one| Sample { series: one.id, value: f64::from(one.id.0) }).collect();
        let batch = Batch { time: Timestamp::from_millis(second * 1000), samples };
        history.append(&batch, &series, &Catalogue::default());
        // One of the times is in the head, the others are in a file.
        assert!(second == 2 || history.write_blocks());
    }
    let mut found = Vec::new();
    let range = TimeRange { start: Timestamp::from_millis(0), end: Timestamp::from_millis(9000) };
    history
        .raw(&Selector::default(), range, &mut |series, samples| found.push((series.key(), samples.len())))
        .unwrap();
    let expected: Vec<_> = series.iter().map(|one| (format!("{}{}", one.metric, one.labels), 3)).collect();
    assert_eq!(found, expected);
    let query = Query { selector: Selector::default(), range, step_millis: 9000 };
    let columns = history.query(&query).unwrap().columns;
    let rows: Vec<_> = columns.iter().map(|column| (column.series.key(), column.count[0] as usize)).collect();
    assert_eq!(rows, expected);
}
