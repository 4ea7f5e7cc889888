//! Built-in rules. A rule whose metric does not exist selects no series: it takes effect as soon as its metric exists.
//!
//! Thresholds and durations are those of the requirement documents. Where these name a threshold but no duration,
//! readings are averaged over a minute or must exceed the threshold for 10 s, so that a peak of one second does not
//! alert. Where they name a warning of the host only, the critical threshold is 95 %. The documents name memory above
//! 85 % twice, immediate and after five minutes: one rule, the earlier, covers both. Recovery thresholds are slightly
//! better than the thresholds, so that a value around its threshold is one alert.

mod replication;
mod rule_override;
mod self_monitoring;
mod texts;

pub use rule_override::{RuleOverride, RuleOverrideError, merge_fields};

use crate::{Aggregation, Comparison, Matcher, Operator, Rule};
use replication::replicas;
use self_monitoring::self_monitoring;
use std::sync::LazyLock;
use texts::{RuleText, TEXTS};

/// Application metrics used by built-in rules; no probe of this program measures them. Names and units:
///
/// - `cache_hit_rate`: share of cache reads that found their entry, 0 to 1.
/// - `cache_penetration_rate`: share of cache reads for keys that do not exist, 0 to 1.
/// - `cache_warming_duration_seconds`: duration of the last cache warm-up.
/// - `chat_messages_created_total`, `chat_users_registered_total`: counters.
pub const USER_METRICS: [&str; 5] = [
    "cache_hit_rate",
    "cache_penetration_rate",
    "cache_warming_duration_seconds",
    "chat_messages_created_total",
    "chat_users_registered_total",
];

/// Label of rules whose alerts inhibit those of dependent targets.
pub const DOWN: (&str, &str) = ("down", "true");

static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    let rules =
        [host(), requests(), services(), caches(), probes(), replicas(), self_monitoring(), business()];
    rules.into_iter().flatten().map(with_text).collect()
});

/// All built-in rules.
pub fn all() -> &'static [Rule] {
    &RULES
}

/// A copy of all built-in rules.
pub fn rules() -> Vec<Rule> {
    all().to_vec()
}

/// A copy of the built-in rule with this id.
pub fn find(id: &str) -> Option<Rule> {
    all().iter().find(|rule| rule.id == id).cloned()
}

/// The rule with its summary and next steps.
fn with_text(rule: Rule) -> Rule {
    match TEXTS.iter().find(|text| text.rule == rule.id) {
        Some(RuleText { summary, next_steps, .. }) => {
            Rule { summary: (*summary).to_owned(), next_steps: (*next_steps).to_owned(), ..rule }
        }
        None => rule,
    }
}

/// A rule with a warning and a recovery threshold.
fn above(id: &str, name: &str, metric: &str, component: &str, warning: f64, recovery: f64) -> Rule {
    Rule { warning: Some(warning), recovery: Some(recovery), ..Rule::new(id, name, metric, component) }
}

fn by(label: &str, rule: Rule) -> Rule {
    Rule { subject_label: Some(label.to_owned()), ..rule }
}

fn pending_for(seconds: u32, rule: Rule) -> Rule {
    Rule { for_seconds: seconds, ..rule }
}

fn mean(seconds: u32, rule: Rule) -> Rule {
    Rule { aggregation: Aggregation::Mean, window_seconds: seconds, ..rule }
}

fn host() -> Vec<Rule> {
    let critical = |rule: Rule| Rule { critical: Some(0.95), ..rule };
    let cpu = above("cpu", "High CPU usage", "host_cpu_usage_ratio", "cpu", 0.80, 0.75);
    let memory = above("memory", "High memory usage", "host_memory_used_ratio", "memory", 0.85, 0.83);
    let disk = above("disk", "Disk almost full", "host_filesystem_used_ratio", "disk", 0.90, 0.89);
    let rules = [mean(60, cpu), pending_for(10, memory), by("mountpoint", pending_for(10, disk))];
    rules.map(critical).into()
}

fn requests() -> Vec<Rule> {
    const P95: &str = "http_request_duration_p95_seconds";
    let errors = above("errors", "High HTTP error rate", "http_requests_error_ratio", "errors", 0.10, 0.08);
    vec![
        by(
            "app",
            pending_for(10, above("response-time-high", "High p95 response time", P95, "requests", 2.0, 1.8)),
        ),
        by(
            "app",
            pending_for(300, above("response-time", "Elevated p95 response time", P95, "requests", 1.0, 0.9)),
        ),
        by("app", pending_for(120, errors)),
    ]
}

fn services() -> Vec<Rule> {
    let name = "High PostgreSQL response time";
    let slow = above("database-latency", name, "postgresql_response_seconds", "database", 1.0, 0.8);
    vec![by("instance", pending_for(15, slow))]
}

fn caches() -> Vec<Rule> {
    let hits = |id, name, metric| {
        let rule = Rule {
            comparison: Comparison::Below,
            warning: Some(0.80),
            critical: Some(0.60),
            recovery: Some(0.82),
            ..Rule::new(id, name, metric, "cache")
        };
        pending_for(600, mean(60, rule))
    };
    let penetration = Rule {
        critical: Some(0.20),
        ..above(
            "cache-penetration",
            "High cache penetration rate",
            "cache_penetration_rate",
            "cache",
            0.10,
            0.09,
        )
    };
    let warming = Rule {
        critical: Some(120.0),
        ..above("cache-warming", "Slow cache warm-up", "cache_warming_duration_seconds", "cache", 60.0, 60.0)
    };
    vec![
        by("instance", hits("redis-hit-ratio", "Low Redis hit ratio", "redis_hit_ratio")),
        by("app", hits("cache-hit-rate", "Low cache hit rate", "cache_hit_rate")),
        by("app", pending_for(60, penetration)),
        by("app", warming),
    ]
}

/// Rules on `up`, which is 1 while a probe works. The name of a probe of one of several targets is prefixed by its
/// kind and a colon.
fn probes() -> Vec<Rule> {
    let up = |id, name, component, operator, pattern: &str, message: &str| {
        let probe = Matcher { label: "probe".to_owned(), operator, value: pattern.to_owned() };
        let rule = Rule {
            matchers: vec![probe],
            comparison: Comparison::Below,
            message: Some(message.to_owned()),
            resolve_when_gone: true,
            ..Rule::new(id, name, "up", component)
        };
        by("probe", pending_for(60, rule))
    };
    let down = |rule| Rule { critical: Some(1.0), labels: [DOWN].into_iter().collect(), ..rule };
    let (is, is_not) = (Operator::Regex, Operator::NotRegex);
    let others = up(
        "probe",
        "Collector failing",
        "probes",
        is_not,
        "app:.*|postgres:.*|redis:.*",
        "collector is failing",
    );
    vec![
        down(up("application-down", "Application down", "requests", is, "app:.*", "is down")),
        down(up("postgresql-down", "PostgreSQL down", "database", is, "postgres:.*", "is down")),
        down(up("redis-down", "Redis down", "redis", is, "redis:.*", "is down")),
        Rule { warning: Some(1.0), ..others },
    ]
}

fn business() -> Vec<Rule> {
    let volume = |id, name, metric, level: f64| {
        let rule =
            Rule { info: Some(level), recovery: Some(level * 0.9), ..Rule::new(id, name, metric, "users") };
        by("app", pending_for(300, mean(60, rule)))
    };
    vec![
        volume("message-volume", "High message rate", "chat_messages_created_total", 100.0),
        volume("registration-rate", "High sign-up rate", "chat_users_registered_total", 10.0),
    ]
}

/// Metrics of built-in rules that probes of this program measure.
pub fn metrics() -> impl Iterator<Item = String> {
    let metrics = rules().into_iter().map(|rule| rule.metric);
    metrics.filter(|metric| !USER_METRICS.contains(&metric.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_rule_is_valid_and_documented() {
        let rules = rules();
        let ids: BTreeSet<&str> = rules.iter().map(|rule| rule.id.as_str()).collect();
        assert_eq!((ids.len(), TEXTS.len()), (rules.len(), rules.len()));
        for rule in &rules {
            assert_eq!(rule.check(), Ok(()));
            for text in [&rule.summary, &rule.next_steps] {
                assert!(text.len() > 40 && text.ends_with('.'), "{}: {text:?}", rule.id);
            }
            let text = serde_json::to_string(rule).unwrap();
            assert_eq!(serde_json::from_str::<Rule>(&text).unwrap(), *rule);
        }
    }

    #[test]
    fn thresholds_and_durations_match_requirements() {
        let expected = [
            ("cpu", Some(0.80), Some(0.95), 0),
            ("memory", Some(0.85), Some(0.95), 10),
            ("disk", Some(0.90), Some(0.95), 10),
            ("response-time-high", Some(2.0), None, 10),
            ("response-time", Some(1.0), None, 300),
            ("errors", Some(0.10), None, 120),
            ("database-latency", Some(1.0), None, 15),
            ("redis-hit-ratio", Some(0.80), Some(0.60), 600),
            ("cache-hit-rate", Some(0.80), Some(0.60), 600),
            ("cache-penetration", Some(0.10), Some(0.20), 60),
            ("cache-warming", Some(60.0), Some(120.0), 0),
            ("application-down", None, Some(1.0), 60),
            ("postgresql-down", None, Some(1.0), 60),
            ("redis-down", None, Some(1.0), 60),
            ("probe", Some(1.0), None, 60),
            ("postgresql-standby", Some(1.0), None, 60),
            ("redis-replica", Some(1.0), None, 60),
            ("redis-save", Some(1.0), None, 60),
            ("history-refused", Some(0.0), None, 0),
            ("data-directory", None, Some(1.0), 0),
            ("series-refused", Some(0.0), None, 0),
            ("certificate", Some(14.0 * 86_400.0), Some(3.0 * 86_400.0), 0),
            ("heartbeat-late", Some(1.0), None, 0),
            ("message-volume", None, None, 300),
            ("registration-rate", None, None, 300),
        ];
        let found: Vec<_> = rules()
            .into_iter()
            .map(|rule| (rule.id.clone(), rule.warning, rule.critical, rule.for_seconds))
            .collect();
        assert_eq!(
            found,
            expected.map(|(id, warning, critical, hold)| (id.to_owned(), warning, critical, hold))
        );
        let info: Vec<_> = rules().into_iter().filter_map(|rule| rule.info).collect();
        assert_eq!(info, [100.0, 10.0]);
    }

    #[test]
    fn every_probe_is_covered_by_one_rule() {
        use crate::selector::SeriesSelector;
        for (probe, expected) in [
            ("cpu", "probe"),
            ("redis:a:6379", "redis-down"),
            ("postgres:a:5432/app", "postgresql-down"),
            ("app:shop", "application-down"),
            ("redis_like", "probe"),
        ] {
            let labels = [("probe", probe), ("host", "h")].into_iter().collect();
            let is_about = |rule: &Rule| {
                rule.metric == "up" && SeriesSelector::new(&rule.matchers).unwrap().matches(&labels)
            };
            let about: Vec<_> = rules().into_iter().filter(is_about).map(|rule| rule.id).collect();
            assert_eq!(about, [expected], "{probe}");
        }
    }
}
