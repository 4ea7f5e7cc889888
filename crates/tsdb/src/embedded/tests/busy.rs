//! Tests of samples that arrive while a block is written.

use super::super::*;
use super::disk::TestDisk;
use crate::conformance::World;
use proptest::collection::vec;
use proptest::prelude::*;
use std::collections::BTreeMap;

const HOUR: i64 = 3_600_000;
/// Start of an hour.
const BEGIN: i64 = 472_222 * HOUR;

/// Appends 100 samples, then samples of these seconds while their block is written. Returns the number of samples in the
/// head afterwards. All must be readable at any time.
fn kept_in_head(meanwhile: &[i64]) -> u64 {
    let folder = tempfile::tempdir().unwrap();
    let disk = TestDisk::new(folder.path());
    let options = Options::default();
    let history = EmbeddedHistory::open_on(Box::new(disk.clone()), folder.path(), options.clone()).unwrap();
    let world = World::new();
    let mut map = BTreeMap::new();
    let mut append = |seconds: &mut dyn Iterator<Item = i64>, value: f64| {
        for second in seconds {
            let time = BEGIN + second * 1000;
            world.append(&history, time, &[(0, value)]);
            map.insert((0, time), value);
        }
    };
    append(&mut (0..100), 1.0);
    disk.during_write(|| assert!(history.write_blocks()), || append(&mut meanwhile.iter().copied(), 2.0));
    // The remaining commands of the thread that writes.
    history.flush();
    let kept = history.shared.head().samples();
    assert_eq!(world.samples(&history, (0, i64::MAX)), map);
    assert!(history.write_blocks());
    assert_eq!(history.shared.head().samples(), 0, "nothing is left when nothing arrives");
    assert_eq!(world.samples(&history, (0, i64::MAX)), map);
    history.close();
    let history = EmbeddedHistory::open(folder.path(), options).unwrap();
    assert_eq!(world.samples(&history, (0, i64::MAX)), map, "after a restart");
    kept
}

#[test]
fn head_forgets_what_was_written_while_samples_arrive() {
    let cases: [(&[i64], u64, &str); 6] = [
        (&[], 0, "nothing arrived"),
        (&[100, 101, 102], 3, "newer ones"),
        (&[102, 100], 102, "the second one is older than the first"),
        (&[99], 100, "a new value of the newest one"),
        (&[50], 101, "a new value of an older one, which counts twice"),
        (&[3600, 3601], 2, "those of the next hour"),
    ];
    for (meanwhile, kept, case) in cases {
        assert_eq!(kept_in_head(meanwhile), kept, "{case}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn no_sample_is_lost_that_arrives_while_a_block_is_written(meanwhile in vec(0..4000_i64, 0..20)) {
        kept_in_head(&meanwhile);
    }
}
