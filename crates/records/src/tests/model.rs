//! Property test: any order of appends, deletions, retention, flushes, failing disks, restarts and damage answers like a
//! plain list.

use super::disk::Fault;
use super::*;
use crate::block_file::{BlockFile, FileName};
use crate::bytes::{Cursor, HEADER, frame};
use crate::wal::parse_wal_name;
use crate::wal_format;
use crate::{Direction, Retention};
use proptest::prelude::*;
use proptest::sample::Index;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::PathBuf;
use tempfile::TempDir;

#[derive(Clone, Debug)]
enum Operation {
    /// Streams and times.
    Append(Vec<(u8, i64)>),
    Flush,
    /// Of a stream or of all.
    Delete(Option<u8>, Range<i64>),
    Retain(i64),
    /// The disk stops after so many operations.
    Stop(u64),
    /// Restart with a disk that works, or that stops.
    Restart(Option<u64>),
    /// Restart after a log was cut.
    CutLog(Index),
    /// Restart after a byte of a log or of a block file was changed.
    Damage(Index, Index, u8),
    /// A query of a stream and times, and a limit.
    Query(u8, Range<i64>, usize),
}

fn times() -> impl Strategy<Value = Range<i64>> {
    (-100_i64..1000, 0_i64..600).prop_map(|(start, length)| start..start + length)
}

fn operation() -> impl Strategy<Value = Operation> {
    let batch = prop::collection::vec((0_u8..3, -50_i64..1000), 1..60);
    prop_oneof![
        8 => batch.prop_map(Operation::Append),
        6 => Just(Operation::Flush),
        2 => (prop::option::of(0_u8..4), times()).prop_map(|(stream, times)| Operation::Delete(stream, times)),
        1 => (-100_i64..900).prop_map(Operation::Retain),
        1 => (0_u64..12).prop_map(Operation::Stop),
        2 => prop::option::weighted(0.3, 0_u64..12).prop_map(Operation::Restart),
        1 => any::<Index>().prop_map(Operation::CutLog),
        1 => (any::<Index>(), any::<Index>(), 1_u8..).prop_map(|(file, at, change)| Operation::Damage(file, at, change)),
        3 => (0_u8..3, times(), 1_usize..50).prop_map(|(stream, times, limit)| Operation::Query(stream, times, limit)),
    ]
}

/// Store, and the records that it must or may have.
struct Model {
    folder: TempDir,
    disk: Arc<TestDisk>,
    store: Option<RecordStore>,
    records: BTreeSet<Numbered>,
    /// Records that were expired or damaged, or whose deletion failed.
    optional: BTreeSet<Numbered>,
    floor: i64,
    next: i64,
}

impl Model {
    fn new() -> Self {
        let (folder, disk) = (tempfile::tempdir().unwrap(), TestDisk::new());
        let store = Some(open(folder.path(), &disk));
        let (records, optional) = (BTreeSet::new(), BTreeSet::new());
        Self { folder, disk, store, records, optional, floor: i64::MIN, next: 0 }
    }

    fn store(&self) -> &RecordStore {
        self.store.as_ref().unwrap()
    }

    fn run(&mut self, operation: Operation) {
        match operation {
            Operation::Append(batch) => {
                let first = self.next;
                self.next += batch.len() as i64;
                let mut batch: Vec<Numbered> = (first..)
                    .zip(batch)
                    .map(|(number, (stream, time))| Numbered::new(time, stream, number))
                    .collect();
                if append(self.store(), &batch).is_ok() {
                    self.records.extend(batch.drain(..));
                    let floor = self.floor;
                    self.forget(|record| record.time < floor);
                }
            }
            Operation::Flush => {
                self.store().flush();
            }
            Operation::Delete(stream, times) => {
                let wanted = stream.map(stream_labels);
                let is_wanted = |labels: &Labels| wanted.as_ref().is_none_or(|wanted| wanted == labels);
                let deleted = self.store().delete(&is_wanted, millis(times.start), millis(times.end));
                let is_deleted =
                    |record: &Numbered| times.contains(&record.time) && is_wanted(&record.stream);
                if deleted.is_err() {
                    self.forget(is_deleted);
                } else {
                    self.records.retain(|record| !is_deleted(record));
                    self.optional.retain(|record| !is_deleted(record));
                }
            }
            Operation::Retain(floor) => {
                self.store().retain(&Retention { oldest: Some(millis(floor)), max_bytes: None });
                self.floor = floor;
                self.forget(|record| record.time < floor);
            }
            Operation::Stop(operations) => self.disk.set(Fault::Stop(operations)),
            Operation::Restart(stop) => self.restart(stop, |_| {}),
            Operation::CutLog(at) => self.restart(None, |model| model.cut(&at)),
            Operation::Damage(file, at, change) => {
                self.restart(None, |model| model.damage(&file, &at, change));
            }
            Operation::Query(stream, times, limit) => self.query(stream, times, limit),
        }
        let found = all(self.store());
        self.check(&found, &self.records);
    }

    /// The store may have lost records.
    fn forget(&mut self, is_lost: impl Fn(&Numbered) -> bool) {
        let lost = self.records.extract_if(.., |record| is_lost(record));
        self.optional.extend(lost);
    }

    fn restart(&mut self, stop: Option<u64>, change: impl FnOnce(&mut Self)) {
        self.store = None;
        self.disk.set(Fault::None);
        self.floor = i64::MIN;
        change(self);
        self.disk.set(stop.map_or(Fault::None, Fault::Stop));
        self.store = Some(open(self.folder.path(), &self.disk));
    }

    fn query(&self, stream: u8, times: Range<i64>, limit: usize) {
        let labels = stream_labels(stream);
        let base = Query {
            streams: &|found| *found == labels,
            start: millis(times.start),
            end: millis(times.end),
            ..Query::default()
        };
        let is_wanted = |record: &&Numbered| record.stream == labels && times.contains(&record.time);
        let (found, _) = query(self.store(), &base);
        assert!(found.iter().all(|record| is_wanted(&record)));
        self.check(&found, &self.records.iter().filter(is_wanted).cloned().collect());
        for direction in [Direction::Forward, Direction::Backward] {
            let (part, _) = query(self.store(), &Query { direction, limit, ..base });
            let expected: Vec<_> = match direction {
                Direction::Forward => found.iter().take(limit).cloned().collect(),
                Direction::Backward => found.iter().rev().take(limit).cloned().collect(),
            };
            assert_eq!(part, expected);
        }
    }

    fn check(&self, found: &[Numbered], expected: &BTreeSet<Numbered>) {
        assert!(found.is_sorted_by(|a, b| a < b), "in order, each once");
        assert!(found.iter().all(|record| record.time >= self.floor));
        let missing: Vec<_> = expected.iter().filter(|record| found.binary_search(record).is_err()).collect();
        assert_eq!(missing, Vec::<&Numbered>::new(), "missing; {:?}", self.store().status());
        let wrong: Vec<_> = found
            .iter()
            .filter(|record| !self.records.contains(record) && !self.optional.contains(record))
            .collect();
        assert_eq!(wrong, Vec::<&Numbered>::new(), "not expected; {:?}", self.store().status());
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Cuts the last log.
    fn cut(&mut self, at: &Index) {
        let logs = names(self.folder.path()).into_iter().filter_map(|name| parse_wal_name(&name));
        let Some(last) = logs.max() else { return };
        let path = self.path(&format!("log-{last}.wal"));
        let bytes = std::fs::read(&path).unwrap();
        let length = at.index(bytes.len() + 1);
        std::fs::write(&path, &bytes[..length]).unwrap();
        let lost = log_batches(&bytes).into_iter().filter(|(place, _)| place.end > length);
        let lost: BTreeSet<i64> = lost.flat_map(|(_, numbers)| numbers).collect();
        self.forget(|record| lost.contains(&record.number));
    }

    /// Changes a byte of a log or of a block file: at most its batch or block is lost.
    fn damage(&mut self, file: &Index, at: &Index, change: u8) {
        let names: Vec<String> = names(self.folder.path())
            .into_iter()
            .filter(|name| parse_wal_name(name).is_some() || FileName::parse(name).is_some())
            .collect();
        if names.is_empty() {
            return;
        }
        let name = file.get(&names);
        let path = self.path(name);
        let mut bytes = std::fs::read(&path).unwrap();
        if bytes.is_empty() {
            return;
        }
        let at = at.index(bytes.len());
        let parts = match FileName::parse(name) {
            Some(name) => file_blocks(self.folder.path(), name),
            None => log_batches(&bytes),
        };
        let lost: BTreeSet<i64> = parts
            .into_iter()
            .filter(|(place, _)| place.contains(&at))
            .flat_map(|(_, numbers)| numbers)
            .collect();
        bytes[at] ^= change;
        std::fs::write(&path, bytes).unwrap();
        self.forget(|record| lost.contains(&record.number));
    }
}

type Parts = Vec<(Range<usize>, Vec<i64>)>;

/// Places and numbers of the batches of a log.
fn log_batches(bytes: &[u8]) -> Parts {
    let mut batches = Vec::new();
    for at in HEADER..bytes.len() {
        let mut rest = Cursor(&bytes[at..]);
        let mut numbers = Vec::new();
        let mut note = |record: &NewRecord<'_>| {
            if let Some((_, Value::Int(number))) = record.fields.first() {
                numbers.push(*number);
            }
        };
        if frame(&mut rest).and_then(|payload| wal_format::decode(payload, &mut note)).is_ok() {
            batches.push((at..bytes.len() - rest.0.len(), numbers));
        }
    }
    batches
}

/// Places and numbers of the blocks of a file.
fn file_blocks(folder: &Path, name: FileName) -> Parts {
    let Ok((file, _)) = BlockFile::open(folder, name, &mut |labels| Arc::new(labels)) else {
        return Vec::new();
    };
    let opened = std::fs::File::open(&file.path).unwrap();
    let mut blocks = Vec::new();
    for entry in &file.index.blocks {
        let Ok(block) = file.read(&opened, entry) else { continue };
        let (mut numbers, mut fields) = (Vec::new(), Vec::new());
        for at in 0..block.times().len() {
            block.record(at, &mut fields).unwrap();
            if let Some((_, Value::Int(number))) = fields.first() {
                numbers.push(*number);
            }
        }
        let start = entry.offset as usize;
        blocks.push((start..start + entry.frame_bytes as usize, numbers));
    }
    blocks
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn store_answers_like_a_list(operations in prop::collection::vec(operation(), 1..50)) {
        let mut model = Model::new();
        operations.into_iter().for_each(|operation| model.run(operation));
        // Without errors of the disk nothing is left to do, and nothing deleted stays in a file.
        model.restart(None, |_| {});
        prop_assert!(model.store().flush());
        let status = model.store().status();
        prop_assert_eq!(status.pending_deletions, 0);
        let found = all(model.store());
        model.check(&found, &model.records);
        let leftovers: BTreeMap<String, usize> =
            names(model.folder.path()).into_iter().map(|name| (name, 1)).collect();
        let live = leftovers.keys().filter(|name| FileName::parse(name).is_some()).count();
        prop_assert_eq!(live, status.files, "{:?} {:?}", leftovers, status);
    }
}
