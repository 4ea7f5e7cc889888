//! Conformance test suite for implementations of [`History`]; each test starts with an empty store.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a suite of tests stops at the first surprise"
)]

mod world;

use crate::{History, Operator, Query, QueryError, Selector};
use std::collections::BTreeMap;
use watchglass_model::{SeriesId, Timestamp};
use world::{number, span};

pub use world::World;

/// Creates an empty store with a series limit.
pub type Factory<'a> = &'a dyn Fn(usize) -> Box<dyn History>;

/// Runs the whole suite.
///
/// # Panics
/// A conformance test fails.
pub fn check(factory: Factory<'_>) {
    gauges_keep_their_gaps(factory);
    longer_steps_keep_minimum_and_maximum(factory);
    counters_become_rates(factory);
    labels_select(factory);
    raw_samples_are_unchanged(factory);
    clock_may_be_set_back(factory);
    series_over_the_limit_are_dropped_and_counted(factory);
    invalid_samples_are_dropped(factory);
    invalid_queries_are_rejected(factory);
    ended_series_stay_readable(factory);
    results_match_a_map(factory);
}

fn ended_series_stay_readable(factory: Factory<'_>) {
    let (mut world, history) = filled(factory);
    history.end_series(&[SeriesId(0), SeriesId(7)]);
    let ids = |world: &World, range| {
        let columns = world.ask(&*history, range, 1000).columns;
        columns.iter().map(|column| (number(column), column.id.map(|id| id.0))).collect::<BTreeMap<_, _>>()
    };
    assert_eq!(ids(&world, (0, 5000)), [(0, None), (1, Some(1)), (2, Some(2))].into());
    // Its id belongs to another series, and it returns with the id of a third one.
    world.rename(0, 4);
    world.rename(6, 0);
    world.append(&*history, 5000, &[(0, 4.5), (1, 50.0), (6, 0.5)]);
    assert_eq!(ids(&world, (0, 6000)), [(0, Some(6)), (1, Some(1)), (2, Some(2)), (4, Some(0))].into());
    let found: Vec<_> =
        world.samples(&*history, (0, 6000)).into_iter().filter(|((n, _), _)| n % 4 == 0).collect();
    let expected = [((0, 1000), 1.0), ((0, 2000), 5.0), ((0, 4000), 3.0), ((0, 5000), 0.5), ((4, 5000), 4.5)];
    assert_eq!(found, expected);
}

fn filled(factory: Factory<'_>) -> (World, Box<dyn History>) {
    let (world, history) = (World::new(), factory(100));
    assert_eq!(history.newest(), None);
    world.append(&*history, 1000, &[(0, 1.0), (1, 10.0)]);
    world.append(&*history, 2000, &[(0, 5.0), (1, 20.0)]);
    world.append(&*history, 3000, &[(1, 40.0), (2, 7.0)]);
    world.append(&*history, 4000, &[(0, 3.0), (1, 30.0), (2, 8.0)]);
    assert_eq!(history.newest(), Some(Timestamp::from_millis(4000)));
    (world, history)
}

fn gauges_keep_their_gaps(factory: Factory<'_>) {
    let (world, history) = filled(factory);
    let columns = world.ask(&*history, (0, 5000), 1000);
    assert_eq!((columns.start.millis(), columns.rows, columns.columns.len()), (0, 5, 3));
    let ids: Vec<_> = columns.columns.iter().map(|column| column.id.unwrap().0).collect();
    assert_eq!(ids, [0, 1, 2]);
    assert_eq!(columns.columns[0].count, [0, 1, 1, 0, 1]);
    assert!(columns.columns[0].increase.is_empty());
    assert_eq!(world.rows(&*history, 0, (0, 5000), 1000), ["-", "1..1 ~1", "5..5 ~5", "-", "3..3 ~3"]);
    assert_eq!(world.rows(&*history, 2, (0, 5000), 1000), ["-", "-", "-", "7..7 ~7", "8..8 ~8"]);
}

fn longer_steps_keep_minimum_and_maximum(factory: Factory<'_>) {
    let (world, history) = filled(factory);
    assert_eq!(world.rows(&*history, 0, (0, 5000), 4000), ["1..5 ~3", "3..3 ~3"]);
    // The range is widened to whole rows.
    assert_eq!(world.rows(&*history, 0, (1500, 4001), 4000), ["1..5 ~3", "3..3 ~3"]);
}

fn counters_become_rates(factory: Factory<'_>) {
    let (world, history) = filled(factory);
    // The sample before the range gives the first rate; a counter reset is a gap.
    assert_eq!(world.rows(&*history, 1, (2000, 5000), 1000), ["10..10 ~10", "20..20 ~20", "-"]);
    let columns = world.ask(&*history, (0, 5000), 5000);
    assert_eq!(columns.columns[1].increase, [30.0]);
    // A sample up to an hour before is used, an older one is a gap.
    for (offset, expected) in [(3_600_000, "2..2 ~2"), (3_600_001, "")] {
        let history = factory(100);
        world.append(&*history, 0, &[(1, 0.0)]);
        world.append(&*history, offset, &[(1, 7200.0)]);
        let rows = world.rows(&*history, 1, (offset - 1, offset + 1), 1);
        let last = rows.last().map(|row| row.split('.').next().unwrap().to_owned()).unwrap_or_default();
        assert_eq!(last, expected.split('.').next().unwrap());
    }
}

fn labels_select(factory: Factory<'_>) {
    let (_, history) = filled(factory);
    let known = history.series(&Selector::default()).unwrap();
    for (selector, expected) in [
        (Selector::default(), vec!["even{n=\"0\"}", "even{n=\"2\"}", "odd_total{n=\"1\"}"]),
        (Selector::default().among(&known[1..]), vec!["even{n=\"2\"}", "odd_total{n=\"1\"}"]),
        (Selector::metric("even").among(&known[1..]), vec!["even{n=\"2\"}"]),
        (Selector::metric("even").among(&[]), vec![]),
        (Selector::metric("even"), vec!["even{n=\"0\"}", "even{n=\"2\"}"]),
        (Selector::default().with("n", Operator::Equal, "2"), vec!["even{n=\"2\"}"]),
        (Selector::metric("even").with("n", Operator::NotEqual, "2"), vec!["even{n=\"0\"}"]),
        (Selector::default().with("n", Operator::Regex, "[12]"), vec!["even{n=\"2\"}", "odd_total{n=\"1\"}"]),
        (Selector::default().with("n", Operator::NotRegex, "[12]"), vec!["even{n=\"0\"}"]),
        (Selector::metric("absent"), vec![]),
    ] {
        let keys: Vec<_> = history.series(&selector).unwrap().iter().map(|series| series.key()).collect();
        assert_eq!(keys, expected, "{selector:?}");
        let mut visited = Vec::new();
        history.raw(&selector, span((0, 9000)), &mut |series, _| visited.push(series.key())).unwrap();
        visited.dedup();
        assert_eq!(visited, expected, "{selector:?}");
        let query = Query { selector, range: span((0, 9000)), step_millis: 1000 };
        let mut asked: Vec<_> =
            history.query(&query).unwrap().columns.iter().map(|column| column.series.key()).collect();
        asked.sort();
        assert_eq!(asked, expected);
    }
}

fn raw_samples_are_unchanged(factory: Factory<'_>) {
    let (world, history) = filled(factory);
    let samples = world.samples(&*history, (2000, 4000));
    let expected = [((0, 2000), 5.0), ((1, 2000), 20.0), ((1, 3000), 40.0), ((2, 3000), 7.0)];
    assert_eq!(samples.into_iter().collect::<Vec<_>>(), expected);
    assert_eq!(history.status().samples, 9);
    assert_eq!((history.status().series, history.status().oldest), (3, Some(Timestamp::from_millis(1000))));
    history.close();
    history.close();
}

fn clock_may_be_set_back(factory: Factory<'_>) {
    let (world, history) = filled(factory);
    world.append(&*history, 2500, &[(0, 9.0)]);
    world.append(&*history, 2000, &[(0, 6.0), (2, 1.0)]);
    assert_eq!(history.newest(), Some(Timestamp::from_millis(2000)));
    assert_eq!(
        world.rows(&*history, 0, (0, 5000), 500),
        ["-", "-", "1..1 ~1", "-", "6..6 ~6", "9..9 ~9", "-", "-", "3..3 ~3", "-"]
    );
    assert_eq!(world.rows(&*history, 1, (2000, 3000), 1000), ["10..10 ~10"]);
    assert_eq!(world.rows(&*history, 2, (2000, 3000), 1000), ["1..1 ~1"]);
}

fn series_over_the_limit_are_dropped_and_counted(factory: Factory<'_>) {
    let (world, history) = (World::new(), factory(2));
    world.append(&*history, 1000, &[(0, 1.0), (2, 2.0), (4, 3.0)]);
    world.append(&*history, 2000, &[(0, 1.0), (4, 3.0), (6, 3.0)]);
    assert_eq!((history.status().series, history.status().refused), (2, 3));
    assert_eq!(world.samples(&*history, (0, 9000)).len(), 3);
}

fn invalid_samples_are_dropped(factory: Factory<'_>) {
    let (world, history) = (World::new(), factory(100));
    world.append(&*history, 1000, &[(0, f64::NAN), (2, f64::INFINITY), (4, -0.5), (99, 1.0)]);
    assert_eq!(world.samples(&*history, (0, 9000)).into_iter().collect::<Vec<_>>(), [((4, 1000), -0.5)]);
    world.append(&*history, i64::MAX, &[(0, 1.0)]);
    assert_eq!(history.status().refused, 1);
    assert_eq!(history.newest(), Some(Timestamp::from_millis(1000)));
}

fn invalid_queries_are_rejected(factory: Factory<'_>) {
    let (_, history) = filled(factory);
    let ask = |range, step_millis, selector| {
        history.query(&Query { selector, range: span(range), step_millis }).unwrap_err()
    };
    assert_eq!(ask((0, 1), 0, Selector::default()), QueryError::Step(0));
    assert_eq!(ask((2, 1), 1, Selector::default()), QueryError::Range(2, 1));
    assert_eq!(ask((0, 1_000_000), 1, Selector::default()), QueryError::TooLong(1_000_000));
    let wrong = Selector::default().with("n", Operator::Regex, "(");
    assert!(matches!(ask((0, 1000), 1000, wrong.clone()), QueryError::Regex { .. }));
    assert!(history.raw(&wrong, span((0, 1)), &mut |_, _| ()).is_err());
    assert!(history.series(&wrong).is_err());
}

/// Marsaglia's xorshift64: the same numbers in every run.
#[derive(Debug)]
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

/// Results equal those of a plain map for any order of times, including duplicates.
fn results_match_a_map(factory: Factory<'_>) {
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    for _ in 0..12 {
        let (world, history, mut map) = (World::new(), factory(100), BTreeMap::new());
        let base = 1_700_000_000_000 + random.below(7_200) as i64 * 1000;
        let mut time = base;
        for _ in 0..200 {
            time = match random.below(20) {
                0 => time - random.below(600) as i64 * 1000,
                1 => time + random.below(3000) as i64 * 1000,
                2 => time,
                _ => time + 1000,
            };
            let mut values: Vec<_> = (0..8).map(|id| (id, random.below(1000) as f64 / 8.0)).collect();
            values.retain(|_| random.below(5) > 0);
            world.append(&*history, time, &values);
            map.extend(values.into_iter().map(|(id, value)| ((id, time), value)));
        }
        let end = map.keys().map(|&(_, time)| time).max().unwrap_or(base) + 1000;
        assert_eq!(world.samples(&*history, (base - 1_000_000, end)), map);
        for step in [1000, 7000, 60_000, 900_000, 3_600_000] {
            world.compare(&*history, &map, (base - 700_000, end), step);
            world.compare(&*history, &map, (base + 100_000, base + 1_200_000), step);
        }
    }
}
