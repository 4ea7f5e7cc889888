//! Model test: any sequence of batches, block writes, crashes and restarts gives the results of a plain map.

use super::super::*;
use super::disk::TestDisk;
use crate::conformance::World;
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use std::collections::BTreeMap;
use tempfile::TempDir;

/// Event of a store.
#[derive(Clone, Debug)]
enum Event {
    /// A batch, with seconds since the previous one.
    Append(i64, Vec<(u32, f64)>),
    /// A batch of a group, with milliseconds since the newest batch of any.
    AppendGroup(&'static str, i64, Vec<(u32, f64)>),
    Seal,
    Reopen,
    /// Crash while writing blocks, before that disk operation.
    Crash(usize),
    /// Crash while writing a batch, with that many bytes missing.
    CrashWriting(Vec<(u32, f64)>, usize),
}

fn values() -> impl Strategy<Value = Vec<(u32, f64)>> {
    let value = prop_oneof![(0..1000_i32).prop_map(|n| f64::from(n) / 3.0), (0..50_i32).prop_map(f64::from)];
    btree_map(0_u32..6, value, 0..6).prop_map(|map| map.into_iter().collect())
}

/// Groups keep values that are not finite as they are. NaN is in a test of its own: it is not equal to itself.
fn values_of_groups() -> impl Strategy<Value = Vec<(u32, f64)>> {
    let value = prop_oneof![9 => (0..1000_i32).prop_map(|n| f64::from(n) / 3.0), 1 => Just(f64::INFINITY)];
    btree_map(0_u32..8, value, 0..6).prop_map(|map| map.into_iter().collect())
}

fn event() -> impl Strategy<Value = Event> {
    let step = prop_oneof![8 => Just(1_i64), 2 => 0_i64..400, 1 => -4000_i64..0, 1 => 0_i64..90_000];
    prop_oneof![
        20 => (step, values()).prop_map(|(step, values)| Event::Append(step, values)),
        10 => (prop::sample::select(vec!["a", "b"]), -3000_i64..3000, values_of_groups())
            .prop_map(|(group, step, values)| Event::AppendGroup(group, step, values)),
        1 => Just(Event::Seal),
        1 => Just(Event::Reopen),
        2 => (0_usize..30).prop_map(Event::Crash),
        1 => (values(), 1_usize..40).prop_map(|(values, cut)| Event::CrashWriting(values, cut)),
    ]
}

/// Store with folder and disk.
struct TestStore {
    history: EmbeddedHistory,
    disk: TestDisk,
    folder: TempDir,
}

impl TestStore {
    fn at(folder: TempDir) -> Self {
        let disk = TestDisk::new(folder.path());
        let opened = EmbeddedHistory::open_on(Box::new(disk.clone()), folder.path(), Options::default());
        Self { history: opened.unwrap(), disk, folder }
    }

    fn newest_log(&self) -> PathBuf {
        let logs = self.history.shared.logs();
        self.history.shared.log_path(logs.last().unwrap().generation)
    }

    fn crash_writing(self, world: &World, time: i64, values: &[(u32, f64)], cut: usize) -> Self {
        self.history.flush();
        let log = self.newest_log();
        let before = fs::metadata(&log).unwrap().len();
        world.append(&self.history, time, values);
        self.history.flush();
        let copied = self.disk.copy();
        let file =
            fs::File::options().write(true).open(copied.path().join(log.file_name().unwrap())).unwrap();
        let length = file.metadata().unwrap().len();
        file.set_len(length.saturating_sub(cut as u64).max(before).min(length - 1)).unwrap();
        Self::at(copied)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn results_match_a_map(
        events in vec(event(), 1..120),
        step in prop_oneof![Just(1000_i64), Just(60_000), Just(900_000), Just(77_000)],
    ) {
        let world = World::new();
        let mut place = TestStore::at(tempfile::tempdir().unwrap());
        let mut map = BTreeMap::new();
        let mut time = 1_700_000_000_000;
        let (mut first, mut last) = (time, time);
        for event in events {
            match event {
                Event::Append(seconds, values) => {
                    time += seconds * 1000;
                    (first, last) = (first.min(time), last.max(time));
                    world.append(&place.history, time, &values);
                    map.extend(values.into_iter().map(|(id, value)| ((id, time), value)));
                }
                Event::AppendGroup(group, millis, values) => {
                    let time = time + millis;
                    (first, last) = (first.min(time), last.max(time));
                    world.append_group(&place.history, group, time, &values);
                    map.extend(values.into_iter().map(|(id, value)| ((id, time), value)));
                }
                Event::Seal => prop_assert!(place.history.write_blocks()),
                Event::Reopen => {
                    place.history.close();
                    place = TestStore::at(place.folder);
                }
                Event::Crash(count) => {
                    place.history.flush();
                    place.disk.copy_after(count);
                    prop_assert!(place.history.write_blocks());
                    place = TestStore::at(place.disk.copied());
                }
                Event::CrashWriting(values, cut) => {
                    place = place.crash_writing(&world, time + 500, &values, cut);
                }
            }
            prop_assert_eq!(place.history.status().problems, Vec::<String>::new());
        }
        let samples = world.samples(&place.history, (first, last + 1000));
        prop_assert!(samples == map);
        world.compare(&place.history, &map, (first, last + 1), step.max((last - first) / 50_000));
        world.compare(&place.history, &map, (first, last + 1), 3_600_000);
    }
}

#[test]
fn values_of_groups_keep_their_bits_through_log_and_block() {
    let world = World::new();
    let stale = f64::from_bits(0x7ff0_0000_0000_0002);
    let values = [f64::NAN, stale, f64::INFINITY, f64::NEG_INFINITY, -0.0, 1.5];
    let place = TestStore::at(tempfile::tempdir().unwrap());
    for (second, value) in (0..).zip(values) {
        world.append_group(&place.history, "target", 1_700_000_000_000 + second * 15_000, &[(0, value)]);
    }
    let bits = |history: &EmbeddedHistory| -> Vec<u64> {
        world.samples(history, (0, i64::MAX)).values().map(|value| value.to_bits()).collect()
    };
    let expected = values.map(f64::to_bits);
    assert_eq!(bits(&place.history), expected);
    place.history.close();
    let place = TestStore::at(place.folder);
    assert_eq!(bits(&place.history), expected, "from the log");
    assert!(place.history.write_blocks());
    place.history.close();
    assert_eq!(bits(&TestStore::at(place.folder).history), expected, "from the block");
}

#[test]
fn groups_have_a_name_of_limited_length() {
    let (world, place) = (World::new(), TestStore::at(tempfile::tempdir().unwrap()));
    for (group, is_stored) in
        [("", false), ("a", true), (&*"a".repeat(4096), true), (&*"a".repeat(4097), false)]
    {
        let before = place.history.status();
        world.append_group(&place.history, group, 1_700_000_000_000 + before.samples as i64, &[(0, 1.0)]);
        let after = place.history.status();
        let changes = (after.samples - before.samples, after.refused - before.refused);
        assert_eq!(changes, if is_stored { (1, 0) } else { (0, 1) }, "{}", group.len());
    }
}
