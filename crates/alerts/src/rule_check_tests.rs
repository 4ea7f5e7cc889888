use crate::{Aggregation, Comparison, Matcher, Operator, Rule, Severity};
use watchglass_model::{Kind, Metric, Unit};

fn right() -> Rule {
    Rule {
        warning: Some(0.8),
        critical: Some(0.9),
        ..Rule::new("cpu", "Use of the processors", "cpu", "cpu")
    }
}

fn matcher(label: &str, value: &str) -> Matcher {
    Matcher { label: label.to_owned(), operator: Operator::Regex, value: value.to_owned() }
}

#[test]
fn what_is_right_is_taken() {
    let absence = Rule { warning: None, critical: None, absent_seconds: Some(60), ..right() };
    let below = Rule {
        comparison: Comparison::Below,
        warning: Some(0.8),
        critical: Some(0.6),
        recovery: Some(0.85),
        ..right()
    };
    let mean = Rule { aggregation: Aggregation::Mean, window_seconds: 86_400, ..right() };
    for rule in [right(), absence, below, mean, Rule { recovery: Some(0.8), ..right() }] {
        assert_eq!(rule.check(), Ok(()), "{rule:?}");
    }
}

#[test]
fn what_is_wrong_is_named_with_what_would_be_right() {
    let none = Rule { warning: None, critical: None, ..right() };
    for (rule, field, reason) in [
        (Rule { id: "CPU".to_owned(), ..right() }, "id", "1 to 64 of a-z"),
        (Rule { id: String::new(), ..right() }, "id", "1 to 64"),
        (Rule { name: " ".to_owned(), ..right() }, "name", "empty"),
        (Rule { name: "x".repeat(201), ..right() }, "name", "at most 200"),
        (Rule { component: String::new(), ..right() }, "component", "empty"),
        (Rule { phrase: Some(String::new()), ..right() }, "phrase", "empty"),
        (Rule { summary: "a\nb".to_owned(), ..right() }, "summary", "control character"),
        (Rule { action: "x".repeat(2001), ..right() }, "action", "at most 2000"),
        (Rule { runbook: Some("javascript:x".to_owned()), ..right() }, "runbook", "https://"),
        (Rule { labels: [("a-b", "x")].into_iter().collect(), ..right() }, "labels", "must match"),
        (
            Rule { labels: (0..21).map(|n| (format!("l{n}"), "x")).collect(), ..right() },
            "labels",
            "at most 20",
        ),
        (Rule { metric: "a-b".to_owned(), ..right() }, "metric", "must match"),
        (Rule { matchers: vec![matcher("a", "(")], ..right() }, "matchers", "expression for a"),
        (Rule { matchers: vec![matcher("9", "")], ..right() }, "matchers", "must match"),
        (Rule { matchers: vec![matcher("a", ""); 21], ..right() }, "matchers", "at most 20"),
        (Rule { subject_label: Some("-".to_owned()), ..right() }, "subject_label", "must match"),
        (Rule { window_seconds: 60, ..right() }, "window_seconds", "must be 0"),
        (Rule { aggregation: Aggregation::Mean, ..right() }, "window_seconds", "at least 1"),
        (Rule { for_seconds: 86_401, ..right() }, "for_seconds", "a day"),
        (Rule { absent_seconds: Some(4), ..right() }, "absent_seconds", "at least 5"),
        (
            Rule { absent_seconds: Some(5), ends_when_gone: true, ..right() },
            "ends_when_gone",
            "cannot end by it",
        ),
        (Rule { warning: Some(f64::NAN), ..right() }, "warning", "finite"),
        (Rule { critical: Some(0.7), ..right() }, "critical", "0.8, is above it"),
        (Rule { comparison: Comparison::Below, ..right() }, "critical", "is below it"),
        (Rule { recovery: Some(0.81), ..right() }, "recovery", "must not be above the level 0.8"),
        (Rule { recovery: Some(f64::INFINITY), ..right() }, "recovery", "finite"),
        (none.clone(), "warning", "would never fire"),
        (Rule { absent_seconds: Some(60), recovery: Some(1.0), ..none }, "recovery", "no level"),
    ] {
        let error = rule.check().unwrap_err();
        assert!(error.field == field && error.reason.contains(reason), "{field} {reason}: {error}");
    }
}

#[test]
fn an_increase_is_of_a_counter() {
    let metric = |kind| Metric {
        name: "cpu".to_owned(),
        kind,
        unit: Unit::Count,
        help: String::new(),
        labels: Vec::new(),
        panel: None,
        legend: String::new(),
    };
    let rule = Rule { aggregation: Aggregation::Increase, window_seconds: 60, ..right() };
    assert_eq!(rule.check_metric(&metric(Kind::Counter)), Ok(()));
    let error = rule.check_metric(&metric(Kind::Gauge)).unwrap_err();
    assert_eq!(
        error.to_string(),
        r#"rule "cpu": aggregation: increase is of counters, and cpu is none: take max or mean"#
    );
    assert_eq!(rule.absent_severity, Severity::Warning);
}
