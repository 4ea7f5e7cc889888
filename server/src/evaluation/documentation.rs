//! Generator of `docs/alerts.md` from its template and the built-in rules.

use std::fmt::Write as _;
use std::path::Path;
use watchglass_rules::{Comparison, Rule, builtin};

const BEGINNING: &str = include_str!("documentation.md");

#[test]
fn documentation_lists_all_builtin_rules() {
    let mut page = BEGINNING.to_owned();
    for rule in builtin::rules() {
        let (id, name, metric) = (&rule.id, &rule.name, &rule.metric);
        writeln!(page, "| `{id}` | {name} | `{metric}` | {} | {} |", levels(&rule), duration(&rule)).unwrap();
    }
    page.push_str("\nSummaries and next steps:\n\n");
    for rule in builtin::rules() {
        writeln!(page, "- `{}`: {}\n  {}", rule.id, rule.summary, rule.next_steps).unwrap();
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/alerts.md");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap(), page);
}

#[test]
fn documentation_examples_are_valid() {
    let blocks: Vec<&str> =
        BEGINNING.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert_eq!(blocks.len(), 2);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("watchglass.toml");
    for block in blocks {
        std::fs::write(&path, block).unwrap();
        crate::config::read_file(&path, &mut crate::config::Settings::default()).unwrap();
    }
}

fn levels(rule: &Rule) -> String {
    let unit = |value: f64| rule.aggregation.unit_by_name(&rule.metric).format(value);
    if let Some(message) = &rule.message {
        return message.clone();
    }
    let word = if rule.comparison == Comparison::Above { "above" } else { "below" };
    let levels = rule.thresholds().map(|(severity, level)| format!("{severity} {word} {}", unit(level)));
    levels.collect::<Vec<_>>().join(", ")
}

fn duration(rule: &Rule) -> String {
    let window = match rule.window_seconds {
        0 => String::new(),
        seconds => format!("{} of {seconds} s, ", format!("{:?}", rule.aggregation).to_lowercase()),
    };
    let keeps_firing = match rule.keep_firing_seconds {
        0 => String::new(),
        seconds => format!(", keeps firing for {seconds} s"),
    };
    match rule.for_seconds {
        0 => format!("{window}immediately{keeps_firing}"),
        seconds => format!("{window}for {seconds} s{keeps_firing}"),
    }
}
