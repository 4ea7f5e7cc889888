//! Tests of series that end, and of the shares of the budget: random ticks against a model.

use super::*;
use crate::{Declaration, Kind, Unit};
use proptest::collection::{btree_set, vec};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const fn gauge(name: &'static str, labels: &'static [&'static str]) -> Declaration {
    Declaration {
        name,
        kind: Kind::Gauge,
        unit: Unit::Count,
        help: "A test.",
        labels,
        panel: None,
        legend: "",
    }
}

static UP: Declaration = gauge("up", &["probe"]);
static HOST: Declaration = gauge("host_a", &["name"]);
static OWN: Declaration = gauge("watchglass_a", &["name"]);
static REQUESTS: Declaration = gauge("requests", &["app", "name"]);
static SLOW: Declaration = gauge("slow", &["app", "name"]);

/// What a recorded series belongs to, and its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Row {
    Up(u32),
    Host(u32),
    Own(u32),
    App(&'static str, u32),
    Slow(u32),
}

impl Row {
    fn record(self, buffer: &mut SampleBuffer) {
        match self {
            Self::Up(number) => buffer.record(&UP, &[&number.to_string()], 1.0),
            Self::Host(number) => buffer.record(&HOST, &[&number.to_string()], 1.0),
            Self::Own(number) => buffer.record(&OWN, &[&number.to_string()], 1.0),
            Self::App(app, number) => buffer.record(&REQUESTS, &[app, &number.to_string()], 1.0),
            Self::Slow(number) => buffer.record(&SLOW, &["", &number.to_string()], 1.0),
        }
    }

    fn key(self) -> String {
        match self {
            Self::Up(number) => format!("up{{probe=\"{number}\"}}"),
            Self::Host(number) => format!("host_a{{name=\"{number}\"}}"),
            Self::Own(number) => format!("watchglass_a{{name=\"{number}\"}}"),
            Self::App(app, number) => format!("requests{{app=\"{app}\",name=\"{number}\"}}"),
            Self::Slow(number) => format!("slow{{name=\"{number}\"}}"),
        }
    }

    /// Name of its source, for those that are counted.
    fn source(self) -> &'static str {
        match self {
            Self::Up(_) => "up",
            Self::Host(_) => "host",
            Self::Own(_) => "own",
            Self::App(app, _) => app,
            Self::Slow(_) => "slow",
        }
    }
}

/// Slow series have a sample every 300 ticks.
fn table(limit: usize) -> SeriesTable {
    let mut table = SeriesTable::new(&[], limit);
    table.set_interval("slow", 300);
    table
}

/// One tick with these series; returns the keys of those with a sample, by id.
fn tick(table: &mut SeriesTable, rows: &BTreeSet<Row>) -> BTreeMap<u32, String> {
    table.begin_tick();
    let (mut buffer, mut samples) = (SampleBuffer::new(), Vec::new());
    rows.iter().for_each(|row| row.record(&mut buffer));
    table.resolve("test", &buffer, &mut samples);
    assert!(samples.is_sorted_by(|left, right| left.series < right.series));
    let series = |sample: &Sample| &table.series()[sample.series.0 as usize];
    samples.iter().map(|sample| (sample.series.0, series(sample).key())).collect()
}

/// Keys of all series, by id.
fn known(table: &SeriesTable) -> BTreeMap<u32, String> {
    let used = table.series().iter().filter(|series| !series.is_vacant());
    used.map(|series| (series.id.0, series.key())).collect()
}

/// Number of series of each source.
fn used(table: &SeriesTable, all: &BTreeMap<String, &'static str>) -> BTreeMap<&'static str, usize> {
    let mut used = BTreeMap::new();
    known(table).values().for_each(|key| *used.entry(all[key]).or_default() += 1);
    used
}

fn any_row() -> impl Strategy<Value = Row> {
    prop_oneof![
        (0_u32..4).prop_map(Row::Up),
        (0_u32..60).prop_map(Row::Host),
        (0_u32..20).prop_map(Row::Own),
        (prop_oneof![Just("a"), Just("b"), Just("c")], 0_u32..60)
            .prop_map(|(app, number)| Row::App(app, number)),
        (0_u32..10).prop_map(Row::Slow),
    ]
}

proptest! {
    #[test]
    fn series_end_after_their_pause_and_keep_their_id_until_then(
        steps in vec((btree_set(any_row(), 0..20), prop_oneof![Just(1_u64), 1_u64..100, 590_u64..1000]), 1..25)
    ) {
        let mut table = table(10_000);
        // Id and tick of the last sample.
        let mut model: BTreeMap<Row, (u32, u64)> = BTreeMap::new();
        let (mut now, none) = (0, BTreeSet::new());
        for (rows, pause) in steps {
            for step in 0..pause {
                now += 1;
                let is_last = step + 1 == pause;
                let found = tick(&mut table, if is_last { &rows } else { &none });
                let ends = |row: &Row, last: u64| now - last > if matches!(row, Row::Slow(_)) { 900 } else { 600 };
                let over: BTreeSet<u32> =
                    model.iter().filter(|(row, (_, last))| ends(row, *last)).map(|(_, (id, _))| *id).collect();
                model.retain(|row, (_, last)| !ends(row, *last));
                prop_assert_eq!(&table.ended().iter().map(|id| id.0).collect::<BTreeSet<_>>(), &over);
                if is_last {
                    for row in &rows {
                        let (id, _) = found.iter().find(|(_, key)| **key == row.key()).unwrap();
                        let known = model.entry(*row).or_insert((*id, now));
                        prop_assert_eq!(known.0, *id, "the id of {:?} has changed", row);
                        known.1 = now;
                    }
                }
            }
            let expected: BTreeMap<u32, String> = model.iter().map(|(row, (id, _))| (*id, row.key())).collect();
            prop_assert_eq!(known(&table), expected);
            prop_assert_eq!(table.refused().sources(), &[][..]);
        }
    }

    #[test]
    fn budget_and_shares_are_kept_whatever_comes(steps in vec((btree_set(any_row(), 0..90), 1_usize..30), 1..20)) {
        const LIMIT: usize = 40;
        let mut table = table(LIMIT);
        let mut all: BTreeMap<String, &'static str> = BTreeMap::new();
        let mut total = 0;
        for (rows, times) in steps {
            all.extend(rows.iter().map(|row| (row.key(), row.source())));
            let mut waiting: BTreeMap<Row, u32> = BTreeMap::new();
            for _ in 0..times {
                let found = tick(&mut table, &rows);
                let refused: Vec<Row> =
                    rows.iter().filter(|row| !found.values().any(|key| *key == row.key())).copied().collect();
                let used = used(&table, &all);
                let of = |source: &str| used.get(source).copied().unwrap_or(0);
                prop_assert!(used.iter().filter(|(source, _)| **source != "up").map(|(_, used)| used).sum::<usize>() <= LIMIT);
                prop_assert!(refused.iter().all(|row| !matches!(row, Row::Up(_))), "the status is always there");
                prop_assert!(of("host") >= 8 || !refused.iter().any(|row| matches!(row, Row::Host(_))));
                prop_assert!(of("own") >= 4 || !refused.iter().any(|row| matches!(row, Row::Own(_))));
                total += refused.len() as u64;
                prop_assert_eq!(table.refused().sources().iter().map(|source| source.total).sum::<u64>(), total);
                // Soon after it was refused, a source with less than its share has got what others had too much. Series
                // of its own that end early may let it fall below its share meanwhile.
                let in_share = |row: &Row| of(row.source()) < LIMIT / 4;
                waiting = refused
                    .into_iter()
                    .filter(in_share)
                    .map(|row| (row, waiting.get(&row).map_or(1, |ticks| ticks + 1)))
                    .collect();
                if waiting.values().any(|ticks| *ticks > 4) {
                    prop_assert!(used.values().all(|used| *used <= LIMIT / 4), "{used:?} while {waiting:?}");
                }
            }
        }
    }
}

#[test]
fn new_applications_have_room_at_once_while_names_pass() {
    let mut table = table(10_000);
    for second in 0..1_000_u32 {
        let mut rows: BTreeSet<Row> = (0..100).map(|number| Row::Host(second * 100 + number)).collect();
        // Each minute another one, which is there for two minutes.
        let apps = (second / 60).saturating_sub(1)..=second / 60;
        let apps: BTreeSet<Row> =
            apps.flat_map(|app| (0..200).map(move |number| Row::App("shop", app * 1000 + number))).collect();
        rows.extend(&apps);
        let found: BTreeSet<String> = tick(&mut table, &rows).into_values().collect();
        assert!(apps.iter().all(|row| found.contains(&row.key())), "second {second}");
    }
    assert!(table.refused().sources().iter().all(|source| source.name == "test"));
}

#[test]
fn passing_names_never_stop_new_measuring() {
    let mut table = table(10_000);
    for second in 0..2_000_u32 {
        let mut rows: BTreeSet<Row> = (0..100).map(|number| Row::Host(second * 100 + number)).collect();
        rows.insert(Row::Up(0));
        tick(&mut table, &rows);
        if second % 100 < 99 {
            continue;
        }
        // A new application has all of its series after two ticks, and an interface that stays has them as well.
        let app: BTreeSet<Row> = (0..1000).map(|number| Row::App("shop", second * 1000 + number)).collect();
        let stays: BTreeSet<Row> =
            (0..20).map(|number| Row::Host(u32::MAX - second * 100 - number)).collect();
        let rows: BTreeSet<Row> = app.union(&stays).copied().collect();
        tick(&mut table, &rows);
        tick(&mut table, &rows);
        let found: BTreeSet<String> = tick(&mut table, &rows).into_values().collect();
        assert_eq!(rows.iter().filter(|row| !found.contains(&row.key())).count(), 0, "at {second}");
    }
    assert!(table.series().len() <= 20_000, "slots are reused: {}", table.series().len());
}

#[test]
fn ids_of_ended_series_are_reused_after_some_time() {
    let mut table = table(10);
    let row = |number| BTreeSet::from([Row::Host(number)]);
    assert_eq!(tick(&mut table, &row(0)).into_keys().collect::<Vec<_>>(), [0]);
    (0..601).for_each(|_| drop(tick(&mut table, &BTreeSet::new())));
    assert_eq!((table.ended(), known(&table).len()), (&[SeriesId(0)][..], 0));
    assert_eq!(tick(&mut table, &row(1)).into_keys().collect::<Vec<_>>(), [1], "not at once");
    (0..60).for_each(|_| drop(tick(&mut table, &row(1))));
    assert_eq!(tick(&mut table, &row(2)), BTreeMap::from([(0, Row::Host(2).key())]));
}
