//! The rules that this program comes with. A rule whose metric nobody measures has no series, and so judges nothing: it is
//! switched on where its metric exists.
//!
//! Thresholds and durations are those of the source documents. Where these name a threshold and no duration, readings of a
//! minute are averaged, or must agree for 10 s: a peak of one second wakes nobody. Memory over 85 % is named twice, at
//! once and after five minutes: one rule, the earlier, is both. Recovery levels lie a little on the good side, so that
//! what sways about its level is one alert.

mod changed;
mod texts;

pub use changed::{Differences, DifferencesError, with_fields};

use crate::{Aggregation, Comparison, Matcher, Operator, Rule};
use texts::{TEXTS, Text};

/// Metrics of users that stock rules are about; no probe of this program measures them. Names and units are these:
///
/// - `cache_hit_rate`: part of the reads of a cache that found their entry, 0 to 1.
/// - `cache_penetration_rate`: part of the reads of a cache that asked for what does not exist, 0 to 1.
/// - `cache_warming_duration_seconds`: how long the last warming of a cache took.
/// - `chat_messages_created_total`, `chat_users_registered_total`: counters.
pub const USER_METRICS: [&str; 5] = [
    "cache_hit_rate",
    "cache_penetration_rate",
    "cache_warming_duration_seconds",
    "chat_messages_created_total",
    "chat_users_registered_total",
];

/// The label of rules that fire when what others depend on is down.
pub const DOWN: (&str, &str) = ("down", "true");

/// All stock rules.
pub fn rules() -> Vec<Rule> {
    let rules = [host(), requests(), services(), caches(), probes(), own(), business()];
    rules.into_iter().flatten().map(with_text).collect()
}

/// The stock rule with this id.
pub fn find(id: &str) -> Option<Rule> {
    rules().into_iter().find(|rule| rule.id == id)
}

/// The rule with its sentences.
fn with_text(rule: Rule) -> Rule {
    match TEXTS.iter().find(|text| text.rule == rule.id) {
        Some(Text { summary, action, .. }) => {
            Rule { summary: (*summary).to_owned(), action: (*action).to_owned(), ..rule }
        }
        None => rule,
    }
}

/// A rule that warns above a level, and is over at another.
fn above(id: &str, name: &str, metric: &str, component: &str, warning: f64, recovery: f64) -> Rule {
    Rule { warning: Some(warning), recovery: Some(recovery), ..Rule::new(id, name, metric, component) }
}

fn by(label: &str, rule: Rule) -> Rule {
    Rule { subject_label: Some(label.to_owned()), ..rule }
}

fn held(seconds: u32, rule: Rule) -> Rule {
    Rule { for_seconds: seconds, ..rule }
}

fn mean(seconds: u32, rule: Rule) -> Rule {
    Rule { aggregation: Aggregation::Mean, window_seconds: seconds, ..rule }
}

fn host() -> Vec<Rule> {
    let cpu = above("cpu", "Use of the processors", "host_cpu_usage_ratio", "cpu", 0.80, 0.75);
    let memory = above("memory", "Use of the memory", "host_memory_used_ratio", "memory", 0.85, 0.83);
    let disk = above("disk", "Use of the file system", "host_filesystem_used_ratio", "disk", 0.90, 0.89);
    vec![mean(60, cpu), held(10, memory), by("mountpoint", held(10, disk))]
}

fn requests() -> Vec<Rule> {
    const P95: &str = "http_request_duration_p95_seconds";
    let name = "The response time of 95 % of the requests";
    let errors =
        above("errors", "The part of failed requests", "http_requests_error_ratio", "errors", 0.10, 0.08);
    vec![
        by("app", held(10, above("response-time-high", name, P95, "requests", 2.0, 1.8))),
        by("app", held(300, above("response-time", name, P95, "requests", 1.0, 0.9))),
        by("app", held(120, errors)),
    ]
}

fn services() -> Vec<Rule> {
    let name = "The response time of PostgreSQL";
    let slow = above("database-latency", name, "postgresql_response_seconds", "database", 1.0, 0.8);
    vec![by("instance", held(15, slow))]
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
        held(600, mean(60, rule))
    };
    let penetration = Rule {
        critical: Some(0.20),
        ..above(
            "cache-penetration",
            "The part of cache reads that ask for what does not exist",
            "cache_penetration_rate",
            "cache",
            0.10,
            0.09,
        )
    };
    let warming = Rule {
        critical: Some(120.0),
        ..above(
            "cache-warming",
            "The duration of cache warming",
            "cache_warming_duration_seconds",
            "cache",
            60.0,
            60.0,
        )
    };
    vec![
        by("instance", hits("redis-hit-ratio", "The hit ratio of Redis", "redis_hit_ratio")),
        by("app", hits("cache-hit-rate", "The hit rate of the cache", "cache_hit_rate")),
        by("app", held(60, penetration)),
        by("app", warming),
    ]
}

/// What the probes themselves tell: `up` is 1 while one works. The name of a probe of one of several begins with what it is,
/// with a colon behind.
fn probes() -> Vec<Rule> {
    let up = |id, name, component, operator, pattern: &str, phrase: &str| {
        let probe = Matcher { label: "probe".to_owned(), operator, value: pattern.to_owned() };
        let rule = Rule {
            matchers: vec![probe],
            comparison: Comparison::Below,
            phrase: Some(phrase.to_owned()),
            ends_when_gone: true,
            ..Rule::new(id, name, "up", component)
        };
        by("probe", held(60, rule))
    };
    let down = |rule| Rule { critical: Some(1.0), labels: [DOWN].into_iter().collect(), ..rule };
    let (is, is_not) = (Operator::Regex, Operator::NotRegex);
    let others = up("probe", "Probe", "probes", is_not, "app:.*|postgres:.*|redis:.*", "gives no data");
    vec![
        down(up("application-down", "Application", "requests", is, "app:.*", "is down")),
        down(up("postgresql-down", "PostgreSQL", "database", is, "postgres:.*", "is down")),
        down(up("redis-down", "Redis", "redis", is, "redis:.*", "is down")),
        Rule { warning: Some(1.0), ..others },
    ]
}

/// This program itself.
fn own() -> Vec<Rule> {
    let refused = Rule {
        aggregation: Aggregation::Increase,
        window_seconds: 300,
        warning: Some(0.0),
        ..Rule::new(
            "history-refused",
            "The number of samples that were not stored",
            "watchglass_history_refused_total",
            "history",
        )
    };
    const DAY: f64 = 86_400.0;
    let certificate = Rule {
        comparison: Comparison::Below,
        warning: Some(14.0 * DAY),
        critical: Some(3.0 * DAY),
        ..Rule::new(
            "certificate",
            "The time until the certificate of this server ends",
            "tls_certificate_remaining_seconds",
            "certificate",
        )
    };
    vec![refused, certificate]
}

fn business() -> Vec<Rule> {
    let volume = |id, name, metric, level: f64| {
        let rule =
            Rule { info: Some(level), recovery: Some(level * 0.9), ..Rule::new(id, name, metric, "users") };
        by("app", held(300, mean(60, rule)))
    };
    vec![
        volume("message-volume", "The number of new messages", "chat_messages_created_total", 100.0),
        volume("registration-rate", "The number of new users", "chat_users_registered_total", 10.0),
    ]
}

/// The metrics that stock rules are about and that probes of this program measure.
pub fn metrics() -> impl Iterator<Item = String> {
    let metrics = rules().into_iter().map(|rule| rule.metric);
    metrics.filter(|metric| !USER_METRICS.contains(&metric.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_rule_can_be_judged_and_helps() {
        let rules = rules();
        let ids: BTreeSet<&str> = rules.iter().map(|rule| rule.id.as_str()).collect();
        assert_eq!((ids.len(), TEXTS.len()), (rules.len(), rules.len()));
        for rule in &rules {
            assert_eq!(rule.check(), Ok(()));
            for text in [&rule.summary, &rule.action] {
                assert!(text.len() > 40 && text.ends_with('.'), "{}: {text:?}", rule.id);
            }
            let text = serde_json::to_string(rule).unwrap();
            assert_eq!(serde_json::from_str::<Rule>(&text).unwrap(), *rule);
        }
    }

    #[test]
    fn levels_and_durations_are_those_of_the_documents() {
        let expected = [
            ("cpu", Some(0.80), None, 0),
            ("memory", Some(0.85), None, 10),
            ("disk", Some(0.90), None, 10),
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
            ("history-refused", Some(0.0), None, 0),
            ("certificate", Some(14.0 * 86_400.0), Some(3.0 * 86_400.0), 0),
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
    fn every_probe_is_the_subject_of_one_rule() {
        use crate::selection::Selection;
        for (probe, expected) in [
            ("cpu", "probe"),
            ("redis:a:6379", "redis-down"),
            ("postgres:a:5432/app", "postgresql-down"),
            ("app:shop", "application-down"),
            ("redis_like", "probe"),
        ] {
            let labels = [("probe", probe), ("host", "h")].into_iter().collect();
            let is_about =
                |rule: &Rule| rule.metric == "up" && Selection::new(&rule.matchers).unwrap().matches(&labels);
            let about: Vec<_> = rules().into_iter().filter(is_about).map(|rule| rule.id).collect();
            assert_eq!(about, [expected], "{probe}");
        }
    }
}
