//! What a scrape calls metrics and labels where Prometheus uses the same names for something else, and metrics that it has in
//! another form than the history.

use crate::names;
use watchglass_model::{Labels, Metric};

/// A metric with the values of its series.
pub(crate) type Family<'a> = (&'a Metric, Vec<(&'a Labels, f64)>);

/// Labels that Prometheus adds to every series of a target, and their names in a scrape. With the same name they would
/// become `exported_instance` and `exported_job`.
const RENAMED_LABELS: [(&str, &str); 2] = [("instance", "server"), ("job", "source_job")];

/// Metrics of this process under the names that client libraries of Prometheus use.
const PROCESS: [(&str, &str); 3] = [
    (names::OWN_CPU, "process_cpu_seconds_total"),
    (names::OWN_MEMORY, "process_resident_memory_bytes"),
    (names::OWN_OPEN_FILES, "process_open_fds"),
];

/// Name of a metric in a scrape. Prometheus makes `up` itself, of every target.
pub(crate) fn metric_name(name: &str) -> &str {
    if name == names::UP { "watchglass_source_up" } else { name }
}

/// Labels of a series in a scrape; `None` if they are the same.
pub(crate) fn labels(metric: &str, labels: &Labels) -> Option<Labels> {
    let renamed = |name: &str| match RENAMED_LABELS.iter().find(|(known, _)| *known == name) {
        Some((_, renamed)) => Some(*renamed),
        None => (metric == names::UP && name == "probe").then_some("source"),
    };
    let is_changed = labels.iter().any(|(name, _)| renamed(name).is_some());
    is_changed.then(|| {
        labels.iter().map(|(name, value)| (renamed(name).unwrap_or(name).to_owned(), value)).collect()
    })
}

/// Metrics of this process under the names of client libraries.
pub(crate) fn process_metrics<'a>(families: &[Family<'a>]) -> Vec<(Metric, Vec<(&'a Labels, f64)>)> {
    let alias = |(metric, values): &Family<'a>| {
        let (_, name) = PROCESS.iter().find(|(known, _)| *known == metric.name)?;
        Some((Metric { name: (*name).to_owned(), ..(*metric).clone() }, values.clone()))
    };
    families.iter().filter_map(alias).collect()
}

/// Histogram in the form of Prometheus: cumulative counts by upper bound, the sum and the count.
#[derive(Debug, PartialEq)]
pub(crate) struct Histogram {
    pub(crate) labels: Labels,
    /// Upper bound in seconds and number of values up to it, in ascending order; the last bound is infinite.
    pub(crate) buckets: Vec<(f64, f64)>,
    pub(crate) sum: f64,
}

/// Name and help of the histogram.
pub(crate) const HISTOGRAM: (&str, &str) =
    ("http_request_duration_seconds", "Latency of all routes, until the response headers.");

/// The histogram of the response times, one per application. An application without a sum has none.
pub(crate) fn histograms(families: &[Family<'_>]) -> Vec<Histogram> {
    let values = |name: &str| {
        let family = families.iter().find(|(metric, _)| metric.name == name);
        family.map(|(_, values)| values.as_slice()).unwrap_or_default()
    };
    let counts = values(names::DURATION_COUNTS);
    let of = |&(labels, sum): &(&Labels, f64)| {
        let is_same = |other: &Labels| other.iter().filter(|(name, _)| *name != "bucket").eq(labels.iter());
        let of_labels = counts.iter().filter(|(other, _)| is_same(other));
        let mut buckets: Vec<(f64, f64)> = of_labels
            .filter_map(|(labels, count)| Some((upper_bound(labels.get("bucket")?)?, *count)))
            .collect();
        buckets.sort_by(|(one, _), (two, _)| one.total_cmp(two));
        let mut total = 0.0;
        for (_, count) in &mut buckets {
            total += *count;
            *count = total;
        }
        // Without the last bucket the count would be missing.
        let is_complete = buckets.last().is_some_and(|(bound, _)| bound.is_infinite());
        is_complete.then(|| Histogram { labels: labels.clone(), buckets, sum })
    };
    values(names::DURATION_SUM).iter().filter_map(of).collect()
}

/// Upper bound of a bucket in seconds, from its name.
fn upper_bound(bucket: &str) -> Option<f64> {
    match bucket.split_once(' ') {
        None if bucket == "longer" => Some(f64::INFINITY),
        Some((number, "ms")) => number.parse::<f64>().ok().map(|millis| millis / 1e3),
        Some((number, "s")) => number.parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(pairs: &[(&str, &str)]) -> Labels {
        pairs.iter().copied().collect()
    }

    #[test]
    fn names_that_prometheus_uses_itself_are_replaced() {
        assert_eq!(metric_name("up"), "watchglass_source_up");
        assert_eq!(metric_name("upper"), "upper");
        for (metric, labels_given, expected) in [
            ("up", set(&[("host", "h"), ("probe", "cpu")]), Some(set(&[("host", "h"), ("source", "cpu")]))),
            ("redis_x", set(&[("instance", "r:6379")]), Some(set(&[("server", "r:6379")]))),
            ("other", set(&[("probe", "cpu"), ("host", "h")]), None),
        ] {
            assert_eq!(labels(metric, &labels_given), expected, "{metric}");
        }
    }

    #[test]
    fn bounds_of_buckets_are_seconds() {
        let cases =
            [("1 ms", Some(0.001)), ("10 s", Some(10.0)), ("longer", Some(f64::INFINITY)), ("x", None)];
        for (name, expected) in cases {
            assert_eq!(upper_bound(name), expected, "{name}");
        }
    }
}
