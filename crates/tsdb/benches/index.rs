//! Benchmarks of the label index with 200,000 series, each with a value of its own of the label `pod`.
#![allow(clippy::unwrap_used, missing_docs, reason = "a benchmark stops at the first surprise")]

use divan::counter::BytesCount;
use divan::{AllocProfiler, Bencher, black_box};
use std::sync::LazyLock;
use watchglass_tsdb::Operator::{Equal, NotEqual, NotRegex, Regex};
use watchglass_tsdb::{Index, Operator, Selector};

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

const SERIES: u32 = 200_000;
static INDEX: LazyLock<Index> = LazyLock::new(full);

fn main() {
    divan::main();
}

/// A name like that of a pod: names are not in the order of their numbers.
fn pod(number: u32) -> String {
    let hash = u64::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    format!("service-{:02}-{:08x}-{number:06}", number % 40, hash >> 32)
}

fn insert(index: &mut Index, number: u32, pod: &str) -> u32 {
    let target = number / 2_000;
    let metric = format!("node_metric_{}_total", number % 500);
    let instance = format!("10.0.{}.{}:9100", target / 10, target % 10);
    let code = ["200", "201", "404", "500", "503"][(number % 5) as usize];
    let job = format!("job-{}", target % 10);
    let labels = [("code", code), ("host", &instance), ("instance", &instance), ("job", &job), ("pod", pod)];
    index.insert(&metric, labels).unwrap()
}

fn full() -> Index {
    let mut index = Index::default();
    (0..SERIES).for_each(|number| drop(black_box(insert(&mut index, number, &pod(number)))));
    index
}

/// Matchers on one label.
const MATCHERS: [(&str, Operator, &str); 24] = [
    ("__name__", Equal, "node_metric_7_total"),
    ("instance", NotEqual, "10.0.3.4:9100"),
    ("missing", Equal, ""),
    ("code", Regex, "5.."),
    ("code", NotRegex, "2..|404"),
    ("__name__", Regex, ".*_1.*_total"),
    ("instance", Regex, ".*:9100"),
    ("pod", Equal, "service-07-ffffffff-000000"),
    ("pod", NotEqual, ""),
    ("pod", Regex, ".+"),
    ("pod", Regex, "service-07-.*"),
    ("pod", Regex, "service-(07|11)-.*9"),
    ("pod", Regex, ".*-07-.*"),
    ("pod", Regex, ".*-000(123|456)"),
    ("pod", Regex, ".*99"),
    ("pod", Regex, ".*[02468]"),
    ("pod", NotRegex, ".*[02468]"),
    ("pod", Regex, ".*a.*b.*c.*"),
    ("pod", Regex, "[a-z]+-[0-9]+-[0-9a-f]+-[0-9]+"),
    ("pod", NotRegex, "[a-z]+-[0-9]+-[0-9a-f]+-[0-9]+"),
    ("pod", Regex, r"\w+-\d+-\w+-\d+"),
    ("pod", Regex, "(?i).*SERVICE-1.*"),
    ("pod", Regex, r".*\b00.*"),
    ("pod", NotRegex, ".*(e|f)0.*"),
];

#[divan::bench(args = 0..MATCHERS.len(), sample_count = 30)]
fn select(bencher: Bencher<'_, '_>, matcher: usize) {
    let (label, operator, value) = MATCHERS[matcher];
    let selector = Selector::default().with(label, operator, value);
    let found = INDEX.select(&selector).unwrap().len();
    eprintln!("{matcher}: {label} {operator:?} {value:?}: {found} series");
    bencher.bench(|| INDEX.select(black_box(&selector)).unwrap());
}

#[divan::bench]
fn select_with_three_matchers(bencher: Bencher<'_, '_>) {
    let selector =
        Selector::metric("node_metric_7_total").with("code", NotRegex, "5..").with("pod", Regex, ".*[0-4]");
    bencher.bench(|| INDEX.select(black_box(&selector)).unwrap());
}

/// The allocations of the first iteration are the memory of the index.
#[divan::bench(sample_count = 3, sample_size = 1)]
fn insert_all(bencher: Bencher<'_, '_>) {
    bencher.counter(BytesCount::new(0_usize)).bench(full);
}

#[divan::bench]
fn remove_and_insert_a_series(bencher: Bencher<'_, '_>) {
    let (mut index, mut number) = (full(), 0);
    bencher.bench_local(|| {
        index.remove(number % SERIES);
        insert(&mut index, number, &pod(number + SERIES));
        number += 1;
    });
}
