use crate::{Aggregation, Comparison, Matcher, Operator, Rule, Severity};
use watchglass_model::{Kind, Metric, Unit};

fn valid() -> Rule {
    Rule { warning: Some(0.8), critical: Some(0.9), ..Rule::new("cpu", "High CPU usage", "cpu", "cpu") }
}

fn matcher(label: &str, value: &str) -> Matcher {
    Matcher { label: label.to_owned(), operator: Operator::Regex, value: value.to_owned() }
}

#[test]
fn valid_rules_are_accepted() {
    let absence = Rule { warning: None, critical: None, no_data_seconds: Some(60), ..valid() };
    let below = Rule {
        comparison: Comparison::Below,
        warning: Some(0.8),
        critical: Some(0.6),
        recovery: Some(0.85),
        ..valid()
    };
    let mean = Rule { aggregation: Aggregation::Mean, window_seconds: 86_400, ..valid() };
    for rule in [valid(), absence, below, mean, Rule { recovery: Some(0.8), ..valid() }] {
        assert_eq!(rule.check(), Ok(()), "{rule:?}");
    }
}

#[test]
fn invalid_rules_are_reported_with_field_and_reason() {
    let none = Rule { warning: None, critical: None, ..valid() };
    for (rule, field, reason) in [
        (Rule { id: "CPU".to_owned(), ..valid() }, "id", "1 to 64 of a-z"),
        (Rule { id: String::new(), ..valid() }, "id", "1 to 64"),
        (Rule { name: " ".to_owned(), ..valid() }, "name", "empty"),
        (Rule { name: "x".repeat(201), ..valid() }, "name", "maximum 200"),
        (Rule { component: String::new(), ..valid() }, "component", "empty"),
        (Rule { message: Some(String::new()), ..valid() }, "message", "empty"),
        (Rule { summary: "a\nb".to_owned(), ..valid() }, "summary", "control character"),
        (Rule { next_steps: "x".repeat(2001), ..valid() }, "next_steps", "maximum 2000"),
        (Rule { runbook: Some("javascript:x".to_owned()), ..valid() }, "runbook", "https://"),
        (Rule { labels: [("a-b", "x")].into_iter().collect(), ..valid() }, "labels", "must match"),
        (
            Rule { labels: (0..21).map(|n| (format!("l{n}"), "x")).collect(), ..valid() },
            "labels",
            "maximum 20",
        ),
        (Rule { metric: "a-b".to_owned(), ..valid() }, "metric", "must match"),
        (Rule { matchers: vec![matcher("a", "(")], ..valid() }, "matchers", "expression for label a"),
        (Rule { matchers: vec![matcher("9", "")], ..valid() }, "matchers", "must match"),
        (Rule { matchers: vec![matcher("a", ""); 21], ..valid() }, "matchers", "maximum 20"),
        (Rule { subject_label: Some("-".to_owned()), ..valid() }, "subject_label", "must match"),
        (Rule { window_seconds: 60, ..valid() }, "window_seconds", "must be 0"),
        (Rule { aggregation: Aggregation::Mean, ..valid() }, "window_seconds", "at least 1"),
        (Rule { for_seconds: 86_401, ..valid() }, "for_seconds", "one day"),
        (Rule { no_data_seconds: Some(4), ..valid() }, "no_data_seconds", "at least 5"),
        (
            Rule { no_data_seconds: Some(5), resolve_when_gone: true, ..valid() },
            "resolve_when_gone",
            "cannot be combined",
        ),
        (Rule { warning: Some(f64::NAN), ..valid() }, "warning", "finite"),
        (Rule { critical: Some(0.7), ..valid() }, "critical", "0.8 is above it"),
        (Rule { comparison: Comparison::Below, ..valid() }, "critical", "is below it"),
        (Rule { recovery: Some(0.81), ..valid() }, "recovery", "must not be above the threshold 0.8"),
        (Rule { recovery: Some(f64::INFINITY), ..valid() }, "recovery", "finite"),
        (none.clone(), "warning", "would never fire"),
        (Rule { no_data_seconds: Some(60), recovery: Some(1.0), ..none }, "recovery", "no threshold"),
    ] {
        let error = rule.check().unwrap_err();
        assert!(error.field == field && error.reason.contains(reason), "{field} {reason}: {error}");
    }
}

#[test]
fn increase_requires_a_counter() {
    let metric = |kind| Metric {
        name: "cpu".to_owned(),
        kind,
        unit: Unit::Count,
        help: String::new(),
        labels: Vec::new(),
        panel: None,
        legend: String::new(),
    };
    let rule = Rule { aggregation: Aggregation::Increase, window_seconds: 60, ..valid() };
    assert_eq!(rule.check_metric(&metric(Kind::Counter)), Ok(()));
    let error = rule.check_metric(&metric(Kind::Gauge)).unwrap_err();
    assert_eq!(
        error.to_string(),
        r#"rule "cpu": aggregation: increase needs a counter, and cpu is not one; use max or mean"#
    );
    assert_eq!(rule.no_data_severity, Severity::Warning);
}
