//! The embedded store from outside: the suite, and what a plain map would answer through seals and restarts.

use super::*;
use crate::conformance::{self, World};
use proptest::collection::vec;
use proptest::prelude::*;
use std::collections::BTreeMap;

fn open(folder: &Path) -> EmbeddedHistory {
    EmbeddedHistory::open(folder, Options::default()).unwrap()
}

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
        let history = EmbeddedHistory::open(folder.path(), options).unwrap();
        folders.lock().unwrap().push(folder);
        Box::new(Sealing(history, Mutex::new(0)))
    });
}

/// What happens to a store.
#[derive(Clone, Debug)]
enum Event {
    /// A batch, so many seconds after the one before.
    Append(i64, Vec<(u32, f64)>),
    Seal,
    Reopen,
    /// The program is killed: what the folder has at this moment is all there is.
    Crash,
    /// The same, in the middle of writing a batch.
    CrashWriting(Vec<(u32, f64)>, usize),
}

fn values() -> impl Strategy<Value = Vec<(u32, f64)>> {
    let value = prop_oneof![(0..1000_i32).prop_map(|n| f64::from(n) / 3.0), (0..50_i32).prop_map(f64::from)];
    proptest::collection::btree_map(0_u32..6, value, 0..6).prop_map(|map| map.into_iter().collect())
}

fn event() -> impl Strategy<Value = Event> {
    let step = prop_oneof![8 => Just(1_i64), 2 => 0_i64..400, 1 => -4000_i64..0, 1 => 0_i64..90_000];
    prop_oneof![
        20 => (step, values()).prop_map(|(step, values)| Event::Append(step, values)),
        1 => Just(Event::Seal),
        1 => Just(Event::Reopen),
        1 => Just(Event::Crash),
        1 => (values(), 1_usize..40).prop_map(|(values, cut)| Event::CrashWriting(values, cut)),
    ]
}

fn copy(from: &Path) -> tempfile::TempDir {
    let to = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.path().join(entry.file_name())).unwrap();
    }
    to
}

fn newest_log(folder: &Path) -> PathBuf {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    names.filter(|path| path.extension().is_some_and(|end| end == "wal")).max().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// Any sequence of batches, seals, crashes and restarts answers like a plain map.
    #[test]
    fn answers_like_a_map(events in vec(event(), 1..120), step in prop_oneof![Just(1000_i64), Just(60_000), Just(900_000), Just(77_000)]) {
        let world = World::new();
        let mut folder = tempfile::tempdir().unwrap();
        let mut history = open(folder.path());
        let mut map = BTreeMap::new();
        let mut time = 1_700_000_000_000;
        let (mut first, mut last) = (time, time);
        for event in events {
            match event {
                Event::Append(seconds, values) => {
                    time += seconds * 1000;
                    (first, last) = (first.min(time), last.max(time));
                    world.append(&history, time, &values);
                    map.extend(values.into_iter().map(|(id, value)| ((id, time), value)));
                }
                Event::Seal => prop_assert!(history.seal()),
                Event::Reopen => {
                    history.close();
                    history = open(folder.path());
                }
                Event::Crash => {
                    history.settle();
                    let copied = copy(folder.path());
                    history = open(copied.path());
                    folder = copied;
                }
                Event::CrashWriting(values, cut) => {
                    history.settle();
                    let log = newest_log(folder.path());
                    let before = fs::metadata(&log).unwrap().len();
                    world.append(&history, time + 500, &values);
                    history.settle();
                    let copied = copy(folder.path());
                    let log = copied.path().join(log.file_name().unwrap());
                    let file = fs::File::options().write(true).open(log).unwrap();
                    let length = file.metadata().unwrap().len();
                    file.set_len(length.saturating_sub(cut as u64).clamp(before.min(length - 1), length - 1)).unwrap();
                    history = open(copied.path());
                    folder = copied;
                }
            }
            prop_assert_eq!(history.status().problems, Vec::<String>::new());
        }
        prop_assert_eq!(world.samples(&history, (first, last + 1000)), map.clone());
        world.compare(&history, &map, (first, last + 1), step.max((last - first) / 50_000));
        world.compare(&history, &map, (first, last + 1), 3_600_000);
    }
}
