//! Tests of series that end: ids are reused, stored data is not mixed up, and the memory is returned.

use super::super::*;
use crate::conformance::World;
use proptest::collection::vec;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

const HOUR: i64 = 3_600_000;
/// Start of an hour.
const BEGIN: i64 = 472_222 * HOUR;

#[derive(Clone, Debug)]
enum Step {
    /// A series ends, and its id belongs to another one.
    Reuse {
        id: u32,
        n: u32,
    },
    /// A batch of the series with these ids.
    Append(Vec<u32>),
    WriteBlocks,
    Restart,
}

fn steps() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0_u32..4, 0_u32..6).prop_map(|(id, n)| Step::Reuse { id: id * 2, n: n * 2 }),
        vec((0_u32..4).prop_map(|id| id * 2), 1..4).prop_map(Step::Append),
        vec((0_u32..4).prop_map(|id| id * 2), 1..4).prop_map(Step::Append),
        Just(Step::WriteBlocks),
        Just(Step::Restart),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn reused_ids_never_mix_stored_data(steps in vec(steps(), 1..40)) {
        let folder = tempfile::tempdir().unwrap();
        let open = || EmbeddedHistory::open(folder.path(), Options::default()).unwrap();
        let (mut history, mut world) = (open(), World::new());
        let (mut map, mut numbers) = (BTreeMap::new(), BTreeMap::from([(0, 0), (2, 2), (4, 4), (6, 6)]));
        let mut time = BEGIN;
        for step in steps {
            time += 1000;
            match step {
                // No two ids belong to one series.
                Step::Reuse { n, .. } if numbers.values().any(|known| *known == n) => {}
                Step::Reuse { id, n } => {
                    history.end_series(&[SeriesId(id)]);
                    world.rename(id, n);
                    numbers.insert(id, n);
                }
                Step::Append(mut ids) => {
                    ids.sort_unstable();
                    ids.dedup();
                    let values: Vec<_> = ids.iter().map(|id| (*id, (time - BEGIN) as f64 + f64::from(*id))).collect();
                    world.append(&history, time, &values);
                    map.extend(values.into_iter().map(|(id, value)| ((numbers[&id], time), value)));
                }
                Step::WriteBlocks => prop_assert!(history.write_blocks()),
                Step::Restart => {
                    history.close();
                    history = open();
                }
            }
            prop_assert_eq!(&world.samples(&history, (0, i64::MAX)), &map);
        }
    }
}

#[test]
fn passing_series_are_written_before_they_use_up_the_room() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { series_limit: 100, ..Options::default() };
    let history = EmbeddedHistory::open(folder.path(), options).unwrap();
    let mut world = World::new();
    for n in 0..400 {
        world.rename(0, n * 2);
        world.append(&history, BEGIN + i64::from(n) * 1000, &[(0, 1.0), (1, 2.0)]);
        history.end_series(&[SeriesId(0)]);
        // The thread that writes blocks has all the time of a tick.
        let deadline = Instant::now() + Duration::from_secs(60);
        while history.shared.head().is_crowded() && n % 10 == 0 {
            assert!(Instant::now() < deadline, "no block is written: {:?}", history.status());
            std::thread::yield_now();
            history.flush();
        }
    }
    assert_eq!(history.status().refused, 0, "all had room");
    assert_eq!(world.samples(&history, (0, i64::MAX)).len(), 800);
    history.close();
}

#[test]
fn memory_of_ended_series_is_returned() {
    let folder = tempfile::tempdir().unwrap();
    let history = EmbeddedHistory::open(folder.path(), Options::default()).unwrap();
    let mut world = World::new();
    for n in 0..500 {
        world.rename(0, n * 2);
        world.append(&history, BEGIN + i64::from(n) * 1000, &[(0, 1.0), (1, 2.0)]);
        history.end_series(&[SeriesId(0)]);
    }
    assert_eq!(history.shared.head().grouped().count(), 501);
    assert!(history.write_blocks());
    assert_eq!(history.shared.head().column_count(), 1, "only the series that has not ended");
    assert_eq!(world.samples(&history, (0, i64::MAX)).len(), 1000, "their history stays readable");
}

#[test]
fn log_of_passing_series_does_not_grow_when_it_is_copied() {
    let folder = tempfile::tempdir().unwrap();
    let open = || EmbeddedHistory::open(folder.path(), Options::default()).unwrap();
    let bytes = |history: &EmbeddedHistory| history.shared.logs().iter().map(|log| log.bytes).sum::<u64>();
    let (history, mut world) = (open(), World::new());
    for n in 0..1200 {
        world.rename(0, n * 2);
        world.append(&history, BEGIN + i64::from(n) * 1000, &[(0, 1.0), (1, 2.0)]);
        history.end_series(&[SeriesId(0)]);
    }
    history.flush();
    let before = bytes(&history);
    history.close();
    let history = open();
    let after = bytes(&history);
    assert!(after <= before + before / 10, "{before} bytes, {after} after opening");
    assert_eq!(world.samples(&history, (0, i64::MAX)).len(), 2400);
    history.close();
}
