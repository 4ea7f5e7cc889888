//! Benchmarks of the label index with 200,000 series, each with a value of its own of the label `pod`.
#![allow(clippy::unwrap_used, missing_docs, reason = "a benchmark stops at the first surprise")]

use divan::{AllocProfiler, Bencher, black_box};
use std::fmt;
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
    let code = (200 + number % 5 * 75).to_string();
    let job = format!("job-{}", target % 10);
    let labels =
        [("code", code.as_str()), ("host", &instance), ("instance", &instance), ("job", &job), ("pod", pod)];
    index.insert(&metric, labels).unwrap()
}

fn full() -> Index {
    let mut index = Index::default();
    for number in 0..SERIES {
        insert(&mut index, number, &pod(number));
    }
    index
}

/// Matcher of one label.
#[derive(Clone, Copy, Debug)]
struct Case(&'static str, Operator, &'static str);

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let operator = match self.1 {
            Equal => "=",
            NotEqual => "!=",
            Regex => "=~",
            NotRegex => "!~",
        };
        write!(f, "{}{operator}{:?}", self.0, self.2)
    }
}

const CASES: [Case; 24] = [
    Case("__name__", Equal, "node_metric_7_total"),
    Case("instance", NotEqual, "10.0.3.4:9100"),
    Case("missing", Equal, ""),
    Case("code", Regex, "5.."),
    Case("code", NotRegex, "2..|404"),
    Case("__name__", Regex, ".*_1.*_total"),
    Case("instance", Regex, ".*:9100"),
    Case("pod", Equal, "service-07-ffffffff-000000"),
    Case("pod", NotEqual, ""),
    Case("pod", Regex, ".+"),
    Case("pod", Regex, "service-07-.*"),
    Case("pod", Regex, "service-(07|11)-.*9"),
    Case("pod", Regex, ".*-07-.*"),
    Case("pod", Regex, ".*-000(123|456)"),
    Case("pod", Regex, ".*99"),
    Case("pod", Regex, ".*[02468]"),
    Case("pod", NotRegex, ".*[02468]"),
    Case("pod", Regex, ".*a.*b.*c.*"),
    Case("pod", Regex, "[a-z]+-[0-9]+-[0-9a-f]+-[0-9]+"),
    Case("pod", NotRegex, "[a-z]+-[0-9]+-[0-9a-f]+-[0-9]+"),
    Case("pod", Regex, r"\w+-\d+-\w+-\d+"),
    Case("pod", Regex, "(?i).*SERVICE-1.*"),
    Case("pod", Regex, r".*\b00.*"),
    Case("pod", NotRegex, ".*(e|f)0.*"),
];

#[divan::bench(args = CASES, sample_count = 30)]
fn select(bencher: Bencher<'_, '_>, case: Case) {
    let Case(label, operator, value) = case;
    let selector = Selector::default().with(label, operator, value);
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
    bencher.bench(full);
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
