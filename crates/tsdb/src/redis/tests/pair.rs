//! Tests with two servers: one writes, the other reads.

use super::*;
use std::collections::BTreeMap;

/// Appends to one server and queries another one without local data.
#[derive(Debug)]
struct Pair {
    writer: Temporary,
    reader: Temporary,
}

impl Pair {
    fn new(url: &str, prefix: &str, limit: usize) -> Self {
        Self {
            writer: Temporary::new(url, &options(prefix, "one"), limit),
            reader: Temporary::new(url, &options(prefix, "two"), limit),
        }
    }

    fn settle(&self) {
        assert!(self.writer.history.flush(), "{:?}", self.writer.status());
    }
}

impl History for Pair {
    fn append(&self, batch: &Batch, series: &[Series], catalogue: &Catalogue) {
        self.writer.append(batch, series, catalogue);
    }

    fn end_series(&self, ended: &[SeriesId]) {
        self.writer.end_series(ended);
    }

    /// The reader's result with the writer's series ids.
    fn query(&self, query: &Query) -> Result<Columns, QueryError> {
        self.settle();
        let mut columns = self.reader.query(query)?;
        let ids: BTreeMap<_, _> = self
            .writer
            .query(query)?
            .columns
            .into_iter()
            .map(|column| (column.series.key(), column.id))
            .collect();
        for column in &mut columns.columns {
            assert_eq!(column.id, None);
            column.id = ids.get(&column.series.key()).copied().flatten();
        }
        crate::query::sort(&mut columns.columns);
        Ok(columns)
    }

    fn raw(&self, selector: &Selector, range: TimeRange, visit: &mut Visit<'_>) -> Result<(), QueryError> {
        self.settle();
        self.reader.raw(selector, range, visit)
    }

    fn newest(&self) -> Option<Timestamp> {
        self.writer.newest()
    }

    fn series(&self, selector: &Selector) -> Result<Vec<Arc<StoredSeries>>, QueryError> {
        self.settle();
        self.reader.series(selector)
    }

    fn status(&self) -> Status {
        self.writer.status()
    }

    fn close(&self) {
        self.writer.close();
    }
}

#[test]
fn other_servers_read_the_same_samples() {
    let redis = redis();
    conformance::check(&|limit| Box::new(Pair::new(&redis.url(), &prefix(), limit)));
}

#[test]
fn servers_see_their_own_and_other_samples() {
    let (redis, world, prefix) = (redis(), World::new(), prefix());
    let one = Temporary::new(&redis.url(), &options(&prefix, "one"), 100);
    let two = Temporary::new(&redis.url(), &options(&prefix, "two"), 100);
    for second in 0..130 {
        world.append(&one, second * 1000, &[(0, second as f64)]);
        world.append(&two, second * 1000, &[(2, second as f64 + 0.5)]);
    }
    assert!(one.history.flush() && two.history.flush());
    for history in [&one, &two] {
        assert_eq!(
            world.rows(history, 0, (0, 130_000), 60_000),
            ["0..59 ~29.5", "60..119 ~89.5", "120..129 ~124.5"]
        );
        assert_eq!(world.rows(history, 2, (120_000, 180_000), 60_000), ["120.5..129.5 ~125"]);
        assert_eq!(everything(history).len(), 260);
    }
}

#[test]
fn sources_beyond_one_request_are_read() {
    let (redis, world, prefix) = (redis(), World::new(), prefix());
    let mut map = BTreeMap::new();
    for n in 0..=fetch::TOGETHER as i64 {
        let server = Temporary::new(&redis.url(), &options(&prefix, &format!("s{n}")), 100);
        world.append(&server, n * 1000, &[(n as u32 % 2 * 2, n as f64)]);
        assert!(server.history.flush());
        map.insert((n as u32 % 2 * 2, n * 1000), n as f64);
    }
    let reader = Temporary::new(&redis.url(), &options(&prefix, "reader"), 100);
    assert_eq!(everything(&reader), map);
    assert_eq!(reader.series(&Selector::default()).unwrap().len(), 2);
    world.compare(&reader, &map, (0, 60_000), 60_000);
}

#[test]
fn a_week_survives_lost_disks_and_is_downsampled() {
    const HOUR: i64 = 3_600_000;
    let (redis, world, prefix) = (redis(), World::new(), prefix());
    let base = 480_000 * HOUR;
    let mut map = BTreeMap::new();
    // A new folder every few hours: older samples are only in Redis.
    for life in 0..3 {
        let history = Temporary::new(&redis.url(), &options(&prefix, "one"), 100);
        for step in 0..900 {
            let time = base + (life * 900 + step) * 20_000;
            let values = [(0, (step % 50) as f64), (1, step as f64 * 3.0)];
            world.append(&history, time, &values);
            map.extend(values.into_iter().map(|(id, value)| ((id, time), value)));
        }
        assert!(history.history.flush());
        let range = (base - HOUR, base + 16 * HOUR);
        let reader = Temporary::new(&redis.url(), &options(&prefix, "two"), 100);
        for history in [&history, &reader] {
            assert_eq!(everything(history), map);
            for step in [20_000, 60_000, 300_000, 900_000, HOUR, 6 * HOUR, 24 * HOUR] {
                world.compare(history, &map, range, step);
                world.compare(history, &map, (base + 7 * HOUR / 2, base + 11 * HOUR / 2), step);
            }
        }
    }
    // Completed hours are downsampled.
    let keys = redis.run(&["--raw", "KEYS", "*:h:*"]);
    assert_eq!(keys.lines().count(), 14, "{keys}");
    let open = redis.run(&["ZCARD", &format!("{{{prefix}}}:one:open")]);
    assert!(open.trim().ends_with('1'), "{open}");
}
