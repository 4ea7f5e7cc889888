//! Exposition formats: Prometheus text and OpenMetrics.
//!
//! Sources: the [text format] of Prometheus, version 0.0.4, and [OpenMetrics] 1.0.
//!
//! [text format]: https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
//! [OpenMetrics]: https://prometheus.io/docs/specs/om/open_metrics_spec/

use crate::exposed::{self, Family, Histogram, histograms, process_metrics};
use std::fmt::Write as _;
use watchglass_model::{Kind, Labels, Metric, Unit};

/// Exposition format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextFormat {
    /// Prometheus text, version 0.0.4: the default.
    Prometheus,
    /// OpenMetrics 1.0.
    OpenMetrics,
}

impl TextFormat {
    /// Negotiates the format from an `Accept` header: OpenMetrics if its weight is above zero and at least that of plain
    /// text.
    pub fn accepted(accept: &str) -> Self {
        let best = |wanted: &str| {
            accept.split(',').filter_map(|range| weight_of(range, wanted)).fold(0.0_f64, f64::max)
        };
        let open = best("application/openmetrics-text");
        if open > 0.0 && open >= best("text/plain") { Self::OpenMetrics } else { Self::Prometheus }
    }

    /// The value of `Content-Type`.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Prometheus => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

/// Weight of one range of an `Accept` header if it is the type `wanted`; 1 by default.
fn weight_of(range: &str, wanted: &str) -> Option<f64> {
    let mut parts = range.split(';').map(str::trim);
    let name = parts.next()?;
    // RFC 9110, section 12.4.2: the name of the weight is case-insensitive.
    let mut parameters = parts.filter_map(|part| part.split_once('='));
    let weight =
        parameters.find(|(name, _)| name.eq_ignore_ascii_case("q")).map_or(Ok(1.0), |(_, q)| q.parse());
    weight.ok().filter(|_| name.eq_ignore_ascii_case(wanted))
}

/// Encodes metrics with the values of their series, under the names that `exposed.rs` gives them.
pub fn write_metrics<'a>(
    format: TextFormat,
    families: impl IntoIterator<Item = (&'a Metric, Vec<(&'a Labels, f64)>)>,
) -> String {
    let families: Vec<Family<'a>> = families.into_iter().collect();
    let mut text = String::new();
    for (metric, values) in &families {
        write_family(&mut text, format, metric, values);
    }
    for (metric, values) in process_metrics(&families) {
        write_family(&mut text, format, &metric, &values);
    }
    write_histograms(&mut text, format, &histograms(&families));
    if format == TextFormat::OpenMetrics {
        text.push_str("# EOF\n");
    }
    text
}

fn write_family(text: &mut String, format: TextFormat, metric: &Metric, values: &[(&Labels, f64)]) {
    let name = exposed::metric_name(&metric.name);
    // In OpenMetrics, a counter's family name lacks the `_total` suffix of its samples. A counter without the suffix can
    // only be exposed as type unknown.
    let (family, kind) = match (format, metric.kind) {
        (TextFormat::Prometheus, Kind::Counter) => (name, "counter"),
        (TextFormat::OpenMetrics, Kind::Counter) => {
            name.strip_suffix("_total").map_or((name, "unknown"), |family| (family, "counter"))
        }
        (_, Kind::Gauge) => (name, "gauge"),
    };
    write_header(text, format, family, kind, (metric.unit, &metric.help));
    // Writing to a string cannot fail.
    for (labels, value) in values {
        let _ = match exposed::labels(&metric.name, labels) {
            Some(labels) => writeln!(text, "{name}{labels} {value}"),
            None => writeln!(text, "{name}{labels} {value}"),
        };
    }
}

fn write_header(text: &mut String, format: TextFormat, family: &str, kind: &str, (unit, help): (Unit, &str)) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "# TYPE {family} {kind}");
    if let Some(unit) = unit_of(format, unit).filter(|unit| has_suffix(family, unit)) {
        let _ = writeln!(text, "# UNIT {family} {unit}");
    }
    let _ = write!(text, "# HELP {family} ");
    escape(text, help, format == TextFormat::OpenMetrics);
    text.push('\n');
}

fn write_histograms(text: &mut String, format: TextFormat, histograms: &[Histogram]) {
    if histograms.is_empty() {
        return;
    }
    let (name, help) = exposed::HISTOGRAM;
    write_header(text, format, name, "histogram", (Unit::Seconds, help));
    for Histogram { labels, buckets, sum } in histograms {
        let mut count = 0.0;
        for (bound, up_to) in buckets {
            // `{:?}` writes whole numbers as 1.0, which both formats accept.
            let bound = if bound.is_infinite() { "+Inf".to_owned() } else { format!("{bound:?}") };
            let with_bound: Labels = labels.iter().chain([("le", bound.as_str())]).collect();
            let _ = writeln!(text, "{name}_bucket{with_bound} {up_to}");
            count = *up_to;
        }
        let _ = writeln!(text, "{name}_sum{labels} {sum}\n{name}_count{labels} {count}");
    }
}

fn unit_of(format: TextFormat, unit: Unit) -> Option<&'static str> {
    match (format, unit) {
        (TextFormat::Prometheus, _) => None,
        (_, Unit::Ratio) => Some("ratio"),
        (_, Unit::Bytes) => Some("bytes"),
        (_, Unit::Seconds) => Some("seconds"),
        (_, Unit::Celsius) => Some("celsius"),
        (_, Unit::Hertz) => Some("hertz"),
        (_, _) => None,
    }
}

fn has_suffix(family: &str, unit: &str) -> bool {
    family.strip_suffix(unit).is_some_and(|rest| rest.ends_with('_'))
}

fn escape(text: &mut String, help: &str, quotes: bool) {
    for character in help.chars() {
        match character {
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '"' if quotes => text.push_str("\\\""),
            other => text.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metric(name: &str, kind: Kind, unit: Unit, help: &str) -> Metric {
        Metric {
            name: name.to_owned(),
            kind,
            unit,
            help: help.to_owned(),
            labels: Vec::new(),
            panel: None,
            legend: String::new(),
        }
    }

    fn encode(format: TextFormat) -> String {
        let sent = metric("sent_bytes_total", Kind::Counter, Unit::Bytes, "Bytes\nsent, \\ \"all\".");
        let used = metric("used_ratio", Kind::Gauge, Unit::Ratio, "Part in use.");
        let odd = metric("odd", Kind::Counter, Unit::Count, "A counter without its suffix.");
        let [a, b]: [Labels; 2] = ["a", "b\"\\"].map(|name| [("host", name)].into_iter().collect());
        let families =
            [(&sent, vec![(&a, 1e15), (&b, 0.0)]), (&used, vec![(&a, 0.125)]), (&odd, vec![(&a, 1e-9)])];
        write_metrics(format, families)
    }

    #[test]
    fn prometheus_text_is_encoded() {
        assert_eq!(
            encode(TextFormat::Prometheus),
            r#"# TYPE sent_bytes_total counter
# HELP sent_bytes_total Bytes\nsent, \\ "all".
sent_bytes_total{host="a"} 1000000000000000
sent_bytes_total{host="b\"\\"} 0
# TYPE used_ratio gauge
# HELP used_ratio Part in use.
used_ratio{host="a"} 0.125
# TYPE odd counter
# HELP odd A counter without its suffix.
odd{host="a"} 0.000000001
"#
        );
    }

    #[test]
    fn openmetrics() {
        assert_eq!(
            encode(TextFormat::OpenMetrics),
            r#"# TYPE sent_bytes counter
# UNIT sent_bytes bytes
# HELP sent_bytes Bytes\nsent, \\ \"all\".
sent_bytes_total{host="a"} 1000000000000000
sent_bytes_total{host="b\"\\"} 0
# TYPE used_ratio gauge
# UNIT used_ratio ratio
# HELP used_ratio Part in use.
used_ratio{host="a"} 0.125
# TYPE odd unknown
# HELP odd A counter without its suffix.
odd{host="a"} 0.000000001
# EOF
"#
        );
    }

    #[test]
    fn latencies_are_a_histogram() {
        let counts = metric("http_requests_by_duration_total", Kind::Counter, Unit::Count, "Not cumulative.");
        let sum = metric("http_responses_seconds_total", Kind::Counter, Unit::Seconds, "Sum.");
        let labels = |app: &str, bucket: Option<&str>| -> Labels {
            [("app", app), ("host", "h")].into_iter().chain(bucket.map(|bucket| ("bucket", bucket))).collect()
        };
        let of_buckets = [("1 s", 3.0), ("1 ms", 4.0), ("longer", 1.0), ("200 ms", 0.0)]
            .map(|(bucket, count)| (labels("shop", Some(bucket)), count));
        let incomplete = labels("other", Some("1 s"));
        let values: Vec<(&Labels, f64)> =
            of_buckets.iter().map(|(labels, count)| (labels, *count)).chain([(&incomplete, 9.0)]).collect();
        let (shop, other) = (labels("shop", None), labels("other", None));
        let text = |format| {
            let families = [(&counts, values.clone()), (&sum, vec![(&shop, 12.5), (&other, 1.0)])];
            write_metrics(format, families)
        };
        let expected = r#"# HELP http_request_duration_seconds Latency of all routes, until the response headers.
http_request_duration_seconds_bucket{app="shop",host="h",le="0.001"} 4
http_request_duration_seconds_bucket{app="shop",host="h",le="0.2"} 4
http_request_duration_seconds_bucket{app="shop",host="h",le="1.0"} 7
http_request_duration_seconds_bucket{app="shop",host="h",le="+Inf"} 8
http_request_duration_seconds_sum{app="shop",host="h"} 12.5
http_request_duration_seconds_count{app="shop",host="h"} 8
"#;
        let head = "# TYPE http_request_duration_seconds histogram\n";
        let found = text(TextFormat::Prometheus);
        assert!(found.ends_with(&format!("{head}{expected}")), "{found}");
        let unit = "# UNIT http_request_duration_seconds seconds\n";
        let found = text(TextFormat::OpenMetrics);
        assert!(found.ends_with(&format!("{head}{unit}{expected}# EOF\n")), "{found}");
    }

    #[test]
    fn this_process_has_the_names_of_client_libraries() {
        let cpu = metric("watchglass_cpu_seconds_total", Kind::Counter, Unit::Seconds, "CPU time.");
        let none = Labels::default();
        let found = write_metrics(TextFormat::Prometheus, [(&cpu, vec![(&none, 1.5)])]);
        assert!(found.contains("\nwatchglass_cpu_seconds_total 1.5\n"), "{found}");
        assert!(found.contains("# TYPE process_cpu_seconds_total counter\n"), "{found}");
        assert!(found.ends_with("\nprocess_cpu_seconds_total 1.5\n"), "{found}");
    }

    #[test]
    fn format_follows_the_accept_header() {
        let prometheus =
            "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.2,*/*;q=0.1";
        for (accept, expected) in [
            ("", TextFormat::Prometheus),
            ("*/*", TextFormat::Prometheus),
            ("text/plain", TextFormat::Prometheus),
            ("application/openmetrics-text", TextFormat::OpenMetrics),
            (prometheus, TextFormat::OpenMetrics),
            ("text/plain;q=0.9,application/openmetrics-text;q=0.1", TextFormat::Prometheus),
            ("application/openmetrics-text;q=0", TextFormat::Prometheus),
            ("text/plain;Q=0.9,application/openmetrics-text;Q=0.1", TextFormat::Prometheus),
            ("Application/OpenMetrics-Text; Q=0.5, text/plain; Q=0.4", TextFormat::OpenMetrics),
            ("application/openmetrics-text;q=much", TextFormat::Prometheus),
        ] {
            assert_eq!(TextFormat::accepted(accept), expected, "{accept}");
        }
    }
}
