//! `docs/alerts.md` is made from the rules that there are.

use std::fmt::Write as _;
use std::path::Path;
use watchglass_alerts::{Comparison, Rule, stock};
use watchglass_model::Unit;

const BEGINNING: &str = include_str!("documentation.md");

#[test]
fn the_documentation_lists_the_rules_that_there_are() {
    let mut page = BEGINNING.to_owned();
    for rule in stock::rules() {
        writeln!(
            page,
            "| `{}` | `{}` | {} | {} | {} {} |",
            rule.id,
            rule.metric,
            levels(&rule),
            held(&rule),
            rule.summary,
            rule.action
        )
        .unwrap();
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/alerts.md");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap(), page);
}

#[test]
fn the_examples_in_the_documentation_can_be_used() {
    let blocks: Vec<&str> =
        BEGINNING.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert_eq!(blocks.len(), 2);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("watchglass.toml");
    for block in blocks {
        std::fs::write(&path, block).unwrap();
        crate::settings::read_file(&path, &mut crate::settings::Settings::default()).unwrap();
    }
}

fn levels(rule: &Rule) -> String {
    let unit = |value: f64| match () {
        () if rule.metric.ends_with("_ratio") || rule.metric.ends_with("_rate") => Unit::Ratio.text(value),
        () if rule.metric.ends_with("_seconds") => Unit::Seconds.text(value),
        () => value.to_string(),
    };
    if let Some(phrase) = &rule.phrase {
        return phrase.clone();
    }
    let word = if rule.comparison == Comparison::Above { "above" } else { "below" };
    let levels = rule.levels().map(|(severity, level)| format!("{severity} {word} {}", unit(level)));
    levels.collect::<Vec<_>>().join(", ")
}

fn held(rule: &Rule) -> String {
    let window = match rule.window_seconds {
        0 => String::new(),
        seconds => format!("{} of {seconds} s, ", format!("{:?}", rule.aggregation).to_lowercase()),
    };
    match rule.for_seconds {
        0 => format!("{window}at once"),
        seconds => format!("{window}for {seconds} s"),
    }
}
