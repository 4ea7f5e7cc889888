//! Conversion between a rule and its form fields. They are named as in the configuration file; durations and thresholds have
//! units.

use super::label_lines;
use crate::ui::{FieldError, FormFields, duration};
use serde::de::DeserializeOwned;
use serde::{Serialize, de};
use serde_json::Value;
use watchglass_model::{Metric, Unit};
use watchglass_rules::{Aggregation, Rule};

/// Form fields of a rule; `metric` is `None` if it is unknown.
pub fn to_fields(rule: &Rule, metric: Option<&Metric>) -> Vec<(String, String)> {
    let unit = unit(rule.aggregation, &rule.metric, metric);
    let level = |level: Option<f64>| level.map(|level| unit.format_input(level)).unwrap_or_default();
    let seconds = |seconds: u32| if seconds == 0 { String::new() } else { duration::format(seconds) };
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let ticked = [("enabled", rule.enabled), ("resolve_when_gone", rule.resolve_when_gone)];
    let ticked =
        ticked.into_iter().filter(|(_, is_ticked)| *is_ticked).map(|(name, _)| (name, "yes".to_owned()));
    let fields = [
        ("id", rule.id.clone()),
        ("name", rule.name.clone()),
        ("component", rule.component.clone()),
        ("metric", rule.metric.clone()),
        ("matchers", label_lines::format_matchers(&rule.matchers)),
        ("subject_label", text(&rule.subject_label)),
        ("aggregation", config_name(&rule.aggregation)),
        ("window_seconds", seconds(rule.window_seconds)),
        ("comparison", config_name(&rule.comparison)),
        ("critical", level(rule.critical)),
        ("warning", level(rule.warning)),
        ("info", level(rule.info)),
        ("recovery", level(rule.recovery)),
        ("for_seconds", seconds(rule.for_seconds)),
        ("keep_firing_seconds", seconds(rule.keep_firing_seconds)),
        ("no_data_seconds", rule.no_data_seconds.map(duration::format).unwrap_or_default()),
        ("no_data_severity", config_name(&rule.no_data_severity)),
        ("message", text(&rule.message)),
        ("summary", rule.summary.clone()),
        ("next_steps", rule.next_steps.clone()),
        ("runbook", text(&rule.runbook)),
        ("labels", label_lines::format_labels(&rule.labels)),
    ];
    fields.into_iter().chain(ticked).map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Parses the rule; `metric` finds a metric by name. The rule itself is validated where it is used.
///
/// # Errors
/// Invalid field.
pub fn parse<'a>(
    fields: &FormFields,
    metric: impl FnOnce(&str) -> Option<&'a Metric>,
) -> Result<Rule, FieldError> {
    let aggregation: Aggregation = parse_choice(fields, "aggregation")?;
    let unit = unit(aggregation, fields.get("metric"), metric(fields.get("metric")));
    let level = |name: &'static str| {
        let text = fields.non_empty(name);
        text.map(|text| unit.parse(&text).map_err(|reason| FieldError::new(name, &reason))).transpose()
    };
    let seconds = |name| Ok(fields.seconds(name)?.unwrap_or(0));
    let rule = Rule::new(fields.get("id"), fields.get("name"), fields.get("metric"), fields.get("component"));
    Ok(Rule {
        enabled: fields.contains("enabled"),
        matchers: label_lines::parse_matchers(fields.get("matchers"))
            .map_err(|reason| FieldError::new("matchers", &reason))?,
        aggregation,
        window_seconds: seconds("window_seconds")?,
        comparison: parse_choice(fields, "comparison")?,
        info: level("info")?,
        warning: level("warning")?,
        critical: level("critical")?,
        recovery: level("recovery")?,
        for_seconds: seconds("for_seconds")?,
        keep_firing_seconds: seconds("keep_firing_seconds")?,
        no_data_seconds: fields.seconds("no_data_seconds")?,
        no_data_severity: parse_choice(fields, "no_data_severity")?,
        resolve_when_gone: fields.contains("resolve_when_gone"),
        subject_label: fields.non_empty("subject_label"),
        message: fields.non_empty("message"),
        labels: label_lines::parse_labels(fields.get("labels"))
            .map_err(|reason| FieldError::new("labels", &reason))?,
        summary: one_line(fields.get("summary")),
        next_steps: one_line(fields.get("next_steps")),
        runbook: fields.non_empty("runbook"),
        ..rule
    })
}

/// Unit of the thresholds; by the name of the metric if it is not in the catalogue.
pub fn unit(aggregation: Aggregation, name: &str, metric: Option<&Metric>) -> Unit {
    metric.map_or_else(|| aggregation.unit_by_name(name), |metric| aggregation.unit(metric))
}

/// Name of a value in the configuration file.
pub fn config_name(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(word)) => word,
        _ => String::new(),
    }
}

/// Parses a value by its name in the configuration file.
fn parse_choice<T: DeserializeOwned>(fields: &FormFields, name: &'static str) -> Result<T, FieldError> {
    T::deserialize(de::value::StrDeserializer::<de::value::Error>::new(fields.get(name)))
        .map_err(|_| FieldError::new(name, "must be one of the options of the form"))
}

/// Joins the lines of a text area.
fn one_line(text: &str) -> String {
    text.lines().map(str::trim).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::label;
    use watchglass_model::Kind;
    use watchglass_rules::{Comparison, Matcher, Operator, Severity, builtin};

    fn metric(name: &str) -> Metric {
        let unit = if name.ends_with("_ratio") { Unit::Ratio } else { Unit::Seconds };
        let (help, legend) = (String::new(), String::new());
        Metric {
            name: name.to_owned(),
            kind: Kind::Gauge,
            unit,
            help,
            labels: Vec::new(),
            panel: None,
            legend,
        }
    }

    fn form(pairs: &[(&str, &str)]) -> FormFields {
        let usual = [("aggregation", "last"), ("comparison", "above"), ("no_data_severity", "warning")];
        let all = pairs.iter().chain(&usual);
        FormFields::new(all.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn rules_are_parsed_back_from_their_form() {
        let own = Rule {
            matchers: vec![Matcher {
                label: "device".to_owned(),
                operator: Operator::NotRegex,
                value: " \"".to_owned(),
            }],
            labels: [("team", "ops"), ("room", "")].into_iter().collect(),
            comparison: Comparison::Below,
            aggregation: Aggregation::Increase,
            window_seconds: 5400,
            info: Some(0.3),
            warning: Some(0.29),
            critical: Some(0.07),
            no_data_seconds: Some(90),
            no_data_severity: Severity::Critical,
            enabled: false,
            message: Some("is bad".to_owned()),
            runbook: Some("https://x".to_owned()),
            ..Rule::new("own", "Own", "own_ratio", "disk")
        };
        for rule in builtin::rules().into_iter().chain([own]) {
            let metric = metric(&rule.metric);
            for metric in [Some(&metric), None] {
                let fields = FormFields::new(to_fields(&rule, metric));
                assert_eq!(parse(&fields, |_| metric).unwrap(), rule);
            }
        }
    }

    #[test]
    fn thresholds_are_in_the_unit_of_the_metric() {
        let (ratio, seconds) = (metric("a_ratio"), metric("a_seconds"));
        for (metric, text, expected) in
            [(Some(&ratio), "80", 0.8), (Some(&seconds), "250 ms", 0.25), (None, "0.5", 0.5)]
        {
            let rule = parse(&form(&[("warning", text)]), |_| metric).unwrap();
            assert_eq!(rule.warning, Some(expected), "{text}");
        }
        let rule = parse(&form(&[("aggregation", "count"), ("warning", "5")]), |_| Some(&ratio)).unwrap();
        assert_eq!(rule.warning, Some(5.0));
    }

    #[test]
    fn errors_name_the_invalid_field() {
        for (name, value) in [
            ("warning", "much"),
            ("recovery", "5 GB"),
            ("for_seconds", "soon"),
            ("no_data_seconds", "1.5"),
            ("aggregation", "median"),
            ("comparison", "beside"),
            ("no_data_severity", ""),
            ("matchers", "device"),
            ("labels", "a = 1\na = 2"),
        ] {
            let refusal = parse(&form(&[(name, value)]), |_| None).unwrap_err();
            assert_eq!(refusal.field, name, "{refusal:?}");
            assert!(refusal.message.starts_with(&format!("{}: ", label(name))), "{refusal:?}");
        }
        assert_eq!(parse(&form(&[("summary", "a\r\n b")]), |_| None).unwrap().summary, "a b");
    }
}
