//! The list of rules, and one of them as a form.

use super::{duration, lines, rule_acts, rule_form};
use crate::core::Core;
use crate::judging::Origin;
use app::fragments::{MetricChoice, Past, RuleRow, RuleView, Rules, Typed};
use watchglass_alerts::{Aggregation, Alert, Rule};
use watchglass_model::{Metric, Unit};

/// All rules.
pub(super) fn rules(core: &Core, active: &[Alert]) -> Rules {
    let row = |(rule, origin): (Rule, Origin)| RuleRow {
        condition: condition(&rule, core.metric(&rule.metric)),
        origin: from(origin),
        is_locked: origin.is_locked(),
        is_enabled: rule.enabled,
        firing: firing(active, &rule.id),
        id: rule.id,
        name: rule.name,
        metric: rule.metric,
    };
    Rules { rows: core.rules().into_iter().map(row).collect() }
}

/// One rule, or a new one without an `id`; with what was `typed` in place of what it is. `None` when there is no such rule.
pub(super) fn rule(
    core: &Core,
    active: &[Alert],
    id: Option<&str>,
    typed: Option<Typed>,
    past: Option<Past>,
) -> Option<RuleView> {
    let found = match id {
        Some(id) => Some(rule_acts::find(core, id)?),
        None => None,
    };
    let origin = found.as_ref().map(|(_, origin)| *origin);
    let is_locked = origin.is_some_and(Origin::is_locked);
    // What is typed into a locked rule is none of it: its fields cannot be.
    let typed = typed.filter(|_| !is_locked);
    let fields = typed.unwrap_or_else(|| {
        let new = Rule { for_seconds: 60, ..Rule::new("", "", "", "") };
        let rule = found.as_ref().map_or(&new, |(rule, _)| rule);
        Typed::new(rule_form::write(rule, core.metric(&rule.metric)), None)
    });
    let metric = fields.get("metric").and_then(|name| core.metric(name));
    let aggregation =
        if fields.get("aggregation") == Some("count") { Aggregation::Count } else { Aggregation::Last };
    Some(RuleView {
        is_new: id.is_none(),
        locked: is_locked.then(|| {
            let id = id.unwrap_or_default();
            format!(
                "This rule is in the configuration file: change it there, below [[rules]] with id = \"{id}\"."
            )
        }),
        origin: origin.map_or("It is not judged until it is saved.", from).to_owned(),
        removal: match origin {
            Some(Origin::Own) => Some("Delete"),
            Some(Origin::Changed) => Some("Back to how it comes with the program"),
            _ => None,
        },
        firing: id.map_or(0, |id| firing(active, id)),
        metrics: core.metrics().iter().map(choice).collect(),
        unit: hint(metric.map(|metric| rule_form::unit(aggregation, Some(metric)))).to_owned(),
        past,
        fields,
    })
}

const fn from(origin: Origin) -> &'static str {
    match origin {
        Origin::Stock => "comes with the program",
        Origin::Changed => "comes with the program, and was changed here",
        Origin::Own => "was made here",
        Origin::File => "is in the configuration file",
    }
}

fn firing(active: &[Alert], id: &str) -> usize {
    active.iter().filter(|alert| alert.key.rule == id).count()
}

fn choice(metric: &Metric) -> MetricChoice {
    let unit = watchglass_export::unit_word(metric.reading_unit());
    MetricChoice { name: metric.name.clone(), what: format!("{unit}: {}", metric.help) }
}

/// How levels in a unit are typed.
const fn hint(unit: Option<Unit>) -> &'static str {
    match unit {
        None => "In the unit of the metric: 80 %, 500 MiB, 250 ms.",
        Some(Unit::Ratio) => "A percentage: 80 %.",
        Some(Unit::Bytes) => "In B, KiB, MiB, GiB: 500 MiB.",
        Some(Unit::BytesPerSecond) => "In B/s, KiB/s, MiB/s: 20 MiB/s.",
        Some(Unit::Seconds) => "In s, or with ms, min, h: 250 ms.",
        Some(Unit::Count) => "A number: 100.",
        Some(Unit::PerSecond) => "How many a second: 100 /s.",
        Some(Unit::Celsius) => "In degrees Celsius: 70 °C.",
        Some(Unit::Hertz) => "In Hz, kHz, MHz, GHz: 2.4 GHz.",
    }
}

/// When a rule fires, in words: `where device =~ sd.*: mean of 1m above 95 % (critical) or 90 % (warning), for 5m`.
fn condition(rule: &Rule, metric: Option<&Metric>) -> String {
    let unit = rule_form::unit(rule.aggregation, metric);
    let mut levels: Vec<String> = rule
        .levels()
        .map(|(severity, level)| format!("{} ({})", unit.text(level), rule_form::word(&severity)))
        .collect();
    levels.reverse();
    let matchers: Vec<String> = rule.matchers.iter().map(lines::write_matcher).collect();
    let mut text =
        if matchers.is_empty() { String::new() } else { format!("where {}: ", matchers.join(", ")) };
    if rule.aggregation != Aggregation::Last {
        let word = rule_form::word(&rule.aggregation);
        text.push_str(&format!("{word} of {} ", duration::write(rule.window_seconds)));
    }
    if !levels.is_empty() {
        text.push_str(&format!("{} {}", rule.comparison.word(), levels.join(" or ")));
    }
    if let Some(absent) = rule.absent_seconds {
        let or = if levels.is_empty() { "" } else { ", or " };
        text.push_str(&format!("{or}without data for {}", duration::write(absent)));
    }
    if rule.for_seconds > 0 {
        text.push_str(&format!(", for {}", duration::write(rule.for_seconds)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchglass_alerts::Comparison;

    #[test]
    fn conditions_are_said_in_words() {
        let rule = Rule::new("a", "A", "m", "c");
        let levels = Rule { warning: Some(90.0), critical: Some(95.0), ..rule.clone() };
        for (rule, expected) in [
            (Rule { for_seconds: 300, ..levels.clone() }, "above 95 (critical) or 90 (warning), for 5m"),
            (
                Rule {
                    aggregation: Aggregation::Mean,
                    window_seconds: 60,
                    comparison: Comparison::Below,
                    critical: None,
                    ..levels.clone()
                },
                "mean of 1m below 90 (warning)",
            ),
            (
                Rule {
                    matchers: lines::read_matchers("device =~ sd.*\nhost = a").unwrap(),
                    critical: None,
                    ..levels.clone()
                },
                "where device =~ sd.*, host = a: above 90 (warning)",
            ),
            (Rule { absent_seconds: Some(60), ..rule }, "without data for 1m"),
            (
                Rule { absent_seconds: Some(60), critical: None, ..levels },
                "above 90 (warning), or without data for 1m",
            ),
        ] {
            assert_eq!(condition(&rule, None), expected);
        }
    }
}
