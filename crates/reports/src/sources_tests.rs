use super::*;
use watchglass_model::{Batch, Catalogue, Declaration, Kind, SampleBuffer, SeriesTable, Unit};
use watchglass_tsdb::Latest;

const fn gauge(name: &'static str, labels: &'static [&'static str]) -> Declaration {
    Declaration { name, kind: Kind::Gauge, unit: Unit::Count, help: "", labels, panel: None, legend: "" }
}
static UP: Declaration = gauge(names::UP, &["probe"]);
static DISK: Declaration = gauge("disk", &["device"]);
static REDIS: Declaration = gauge("redis", &["instance"]);
static ROUTES: Declaration = gauge("route_rate", &["app", "route"]);

/// All sources are up and have values in the first tick. In the second, 10 seconds later, `left` has no state, `down`
/// is down, and those two and `silent` have no values.
struct World {
    table: SeriesTable,
    latest: Latest,
}

impl World {
    fn new(left: &str, down: &str, silent: &str) -> Self {
        let mut world = Self { table: SeriesTable::new(&[], 100), latest: Latest::default() };
        world.tick(0, "", "", "");
        world.tick(10, left, down, silent);
        world
    }

    fn tick(&mut self, second: i64, left: &str, down: &str, silent: &str) {
        let (mut readings, mut samples) = (SampleBuffer::new(), Vec::new());
        for (source, metric, labels) in [
            ("disk", &DISK, &["sda"][..]),
            ("redis:a:6379", &REDIS, &["a:6379"]),
            ("redis:b:6379", &REDIS, &["b:6379"]),
            ("app:shop", &ROUTES, &["shop", "/cart"]),
            ("app:blog", &ROUTES, &["blog", "/old"]),
        ] {
            if source != left {
                readings.record(&UP, &[source], if source == down { 0.0 } else { 1.0 });
            }
            if ![left, down, silent].contains(&source) {
                readings.record(metric, labels, 1.0);
            }
        }
        self.table.resolve("test", &readings, &mut samples);
        self.latest.update(&Batch { time: at(second), samples }, |_| Kind::Gauge);
    }

    fn working_source(
        &self,
        incomplete: &IncompleteSources,
        (metric, labels): (&str, &[(&str, &str)]),
        last: Option<Timestamp>,
    ) -> Option<Timestamp> {
        let sources: MetricSources = [
            ("disk", vec!["disk"]),
            ("disk_latency", vec!["disk"]),
            ("swap", vec!["disk"]),
            ("redis", vec!["redis:a:6379", "redis:b:6379"]),
            ("redis_hit_ratio", vec!["redis:a:6379", "redis:b:6379"]),
            ("route_rate", vec!["requests", "applications"]),
            ("route_latency", vec!["requests", "applications"]),
        ]
        .map(|(metric, probes)| (metric.to_owned(), probes.into_iter().map(str::to_owned).collect()))
        .into();
        // Values of applications are overdue later.
        let intervals = BTreeMap::from([("route_rate".to_owned(), 3000)]);
        let current = Current {
            catalogue: &Catalogue::default(),
            series: self.table.series(),
            version: 1,
            latest: &self.latest,
            tick_millis: 1000,
            intervals: &intervals,
        };
        let labels = labels.iter().copied().collect();
        SourceStates::new(current, &sources, incomplete).working_source(&sources, (metric, &labels), last)
    }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_millis(second * 1000)
}

#[test]
fn source_knows_what_is_gone_while_it_is_up_and_leaves_nothing_out() {
    let disk = ("disk", &[("host", "h"), ("device", "sdb")][..]);
    let redis_role = ("redis", &[("instance", "b:6379"), ("role", "replica")][..]);
    let route = ("route_rate", &[("app", "shop"), ("route", "/old")][..]);
    let (shop, other) = (&[("app", "shop")][..], &[("app", "other")][..]);
    let up = |source| ("up", source);
    let now = Some(at(10));
    for (name, left, down, silent, skipped, (metric, labels), expected) in [
        ("up", "", "", "", None, disk, now),
        ("down", "", "disk", "", None, disk, None),
        ("up without values", "", "", "disk", None, disk, Some(at(0))),
        ("another source down", "", "redis:b:6379", "", None, disk, now),
        ("a value left out", "", "", "", Some("disk"), disk, None),
        ("a value of a disk with others", "", "", "", None, ("disk_latency", &[("device", "sda")][..]), None),
        ("a value of the host", "", "", "", None, ("swap", &[("host", "h")][..]), now),
        ("of two servers, up", "", "redis:a:6379", "", None, redis_role, now),
        ("of two servers, down", "", "redis:b:6379", "", None, redis_role, None),
        (
            "a value of a server with others",
            "",
            "",
            "",
            None,
            ("redis_hit_ratio", &[("instance", "b:6379")][..]),
            None,
        ),
        ("unknown metric", "", "", "", None, ("other", &[("device", "sda")][..]), None),
        ("application reports", "", "", "", None, route, now),
        ("application is late", "", "", "app:shop", None, route, Some(at(0))),
        ("application is down", "", "app:shop", "", None, route, None),
        ("another application is down", "", "app:blog", "", None, route, now),
        ("application over the series limit", "", "", "", Some("app:shop"), route, None),
        ("application without requests", "", "", "", None, ("route_latency", shop), None),
        ("application has deregistered", "app:shop", "", "", None, ("route_latency", shop), now),
        ("application has not reported since the start", "", "", "", None, ("route_latency", other), None),
        ("state of a removed probe", "", "", "", None, up(&[("probe", "redis:c:6379")][..]), now),
        (
            "state of a deregistered application",
            "app:shop",
            "",
            "",
            None,
            up(&[("probe", "app:shop")][..]),
            now,
        ),
        (
            "state of an application before the start",
            "",
            "",
            "",
            None,
            up(&[("probe", "app:other")][..]),
            None,
        ),
    ] {
        let incomplete = skipped.map(|source: &str| (source.to_owned(), at(5))).into_iter().collect();
        let found = World::new(left, down, silent).working_source(&incomplete, (metric, labels), Some(at(4)));
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn only_what_is_left_out_since_its_last_value_may_be_a_series() {
    let world = World::new("", "", "");
    let found = |source: &str, series, last: Option<i64>| {
        let incomplete = [(source.to_owned(), at(5))].into();
        world.working_source(&incomplete, series, last.map(at)).is_some()
    };
    let disk = ("disk", &[("device", "sdb")][..]);
    let route = ("route_rate", &[("app", "shop"), ("route", "/old")][..]);
    for (source, series) in [("disk", disk), ("app:shop", route)] {
        assert_eq!([Some(4), Some(5), Some(6)].map(|last| found(source, series, last)), [false, true, true]);
        assert!(!found(source, series, None), "it had no value in this run");
        assert!(found("another", series, None));
    }
}
