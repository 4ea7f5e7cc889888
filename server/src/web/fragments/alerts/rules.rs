//! View models of the rule list and the rule editor.

use super::rule_actions;
use crate::app_state::AppState;
use crate::evaluation::Origin;
use crate::services::warning_texts;
use watchglass_model::{Metric, Unit};
use watchglass_pages::alerts::{
    MetricChoice, RuleEditor, RulePreview, RuleRow, Rules, label_lines, rule_form,
};
use watchglass_pages::ui::{FormValues, duration};
use watchglass_rules::{Aggregation, Alert, Comparison, Rule};

/// All rules.
pub(crate) fn rules(state: &AppState, active: &[Alert]) -> Rules {
    let row = |(rule, origin): (Rule, Origin)| RuleRow {
        condition: condition(&rule, state.metrics.metric(&rule.metric)),
        origin: origin_label(origin),
        is_locked: origin.is_locked(),
        is_enabled: rule.enabled,
        firing: firing(active, &rule.id),
        id: rule.id,
        name: rule.name,
        metric: rule.metric,
    };
    Rules { rows: state.rules.rules().into_iter().map(row).collect() }
}

/// Editor of one rule; without an `id`, of a new one. `typed` values replace those of the rule. `None` if the rule is unknown.
pub(super) fn rule(
    state: &AppState,
    active: &[Alert],
    id: Option<&str>,
    typed: Option<FormValues>,
    past: Option<RulePreview>,
) -> Option<RuleEditor> {
    let found = match id {
        Some(id) => Some(rule_actions::find(state, id)?),
        None => None,
    };
    let origin = found.as_ref().map(|(_, origin)| *origin);
    let is_locked = origin.is_some_and(Origin::is_locked);
    // The fields of a locked rule are disabled: submitted values are ignored.
    let typed = typed.filter(|_| !is_locked);
    let fields = typed.unwrap_or_else(|| {
        let new = Rule { for_seconds: 60, ..Rule::new("", "", "", "") };
        let rule = found.as_ref().map_or(&new, |(rule, _)| rule);
        FormValues::new(rule_form::to_fields(rule, state.metrics.metric(&rule.metric)), None)
    });
    let metric = fields.get("metric").and_then(|name| state.metrics.metric(name));
    let aggregation =
        if fields.get("aggregation") == Some("count") { Aggregation::Count } else { Aggregation::Last };
    Some(RuleEditor {
        is_new: id.is_none(),
        locked: is_locked.then(|| {
            let id = id.unwrap_or_default();
            format!("Defined in the configuration file. Edit it there, below [[rules]] with id = \"{id}\".")
        }),
        warnings: found.as_ref().map(|(rule, _)| warning_texts(rule)).unwrap_or_default(),
        origin: origin.map_or("Not saved yet", origin_label).to_owned(),
        delete_label: match origin {
            Some(Origin::Custom) => Some("Delete"),
            Some(Origin::Modified) => Some("Reset to default"),
            _ => None,
        },
        firing: id.map_or(0, |id| firing(active, id)),
        metrics: state.metrics.catalogue().metrics().iter().map(metric_choice).collect(),
        threshold_hint: threshold_hint(
            fields
                .get("metric")
                .filter(|name| !name.is_empty())
                .map(|name| rule_form::unit(aggregation, name, metric)),
        )
        .to_owned(),
        preview: past,
        values: fields,
    })
}

const fn origin_label(origin: Origin) -> &'static str {
    match origin {
        Origin::BuiltIn => "Built-in",
        Origin::Modified => "Built-in, modified",
        Origin::Custom => "Custom",
        Origin::ConfigFile => "Configuration file",
    }
}

fn firing(active: &[Alert], id: &str) -> usize {
    active.iter().filter(|alert| alert.key.rule == id).count()
}

fn metric_choice(metric: &Metric) -> MetricChoice {
    let unit = watchglass_reports::unit_name(metric.display_unit());
    MetricChoice { name: metric.name.clone(), description: format!("{unit}: {}", metric.help) }
}

/// Hint on how to enter thresholds in a unit.
const fn threshold_hint(unit: Option<Unit>) -> &'static str {
    match unit {
        None => "In the unit of the metric: 80 %, 500 MiB, 250 ms.",
        Some(Unit::Ratio) => "A percentage: 80 %.",
        Some(Unit::Bytes) => "In B, KiB, MiB, GiB: 500 MiB.",
        Some(Unit::BytesPerSecond) => "In B/s, KiB/s, MiB/s: 20 MiB/s.",
        Some(Unit::Seconds) => "In s, or with ms, min, h: 250 ms.",
        Some(Unit::Count) => "A number: 100.",
        Some(Unit::PerSecond) => "Per second: 100 /s.",
        Some(Unit::Celsius) => "In degrees Celsius: 70 °C.",
        Some(Unit::Hertz) => "In Hz, kHz, MHz, GHz: 2.4 GHz.",
    }
}

/// Condition as text: `where device =~ sd.*: avg(1m) > 95 % (critical) or 90 % (warning), for 5m`.
fn condition(rule: &Rule, metric: Option<&Metric>) -> String {
    let unit = rule_form::unit(rule.aggregation, &rule.metric, metric);
    let mut levels: Vec<String> = rule
        .thresholds()
        .map(|(severity, level)| format!("{} ({})", unit.format(level), rule_form::config_name(&severity)))
        .collect();
    levels.reverse();
    let matchers: Vec<String> = rule.matchers.iter().map(label_lines::format_matcher).collect();
    let mut text =
        if matchers.is_empty() { String::new() } else { format!("where {}: ", matchers.join(", ")) };
    if rule.aggregation != Aggregation::Last {
        let function = rule_form::config_name(&rule.aggregation).replace("mean", "avg");
        text.push_str(&format!("{function}({}) ", duration::format(rule.window_seconds)));
    }
    if !levels.is_empty() {
        let operator = match rule.comparison {
            Comparison::Above => '>',
            Comparison::Below => '<',
        };
        text.push_str(&format!("{operator} {}", levels.join(" or ")));
    }
    if let Some(absent) = rule.no_data_seconds {
        let or = if levels.is_empty() { "" } else { ", or " };
        text.push_str(&format!("{or}no data for {}", duration::format(absent)));
    }
    if rule.for_seconds > 0 {
        text.push_str(&format!(", for {}", duration::format(rule.for_seconds)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_formatted() {
        let rule = Rule::new("a", "A", "m", "c");
        let levels = Rule { warning: Some(90.0), critical: Some(95.0), ..rule.clone() };
        for (rule, expected) in [
            (Rule { for_seconds: 300, ..levels.clone() }, "> 95 (critical) or 90 (warning), for 5m"),
            (
                Rule {
                    aggregation: Aggregation::Mean,
                    window_seconds: 60,
                    comparison: Comparison::Below,
                    critical: None,
                    ..levels.clone()
                },
                "avg(1m) < 90 (warning)",
            ),
            (
                Rule {
                    matchers: label_lines::parse_matchers("device =~ sd.*\nhost = a").unwrap(),
                    critical: None,
                    ..levels.clone()
                },
                "where device =~ sd.*, host = a: > 90 (warning)",
            ),
            (Rule { no_data_seconds: Some(60), ..rule }, "no data for 1m"),
            (
                Rule { no_data_seconds: Some(60), critical: None, ..levels },
                "> 90 (warning), or no data for 1m",
            ),
        ] {
            assert_eq!(condition(&rule, None), expected);
        }
    }
}
