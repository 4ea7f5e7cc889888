//! Between a rule and the fields of its form. They have the names that they have in the configuration file; durations and
//! levels are written as people say them.

use super::fields::{Fields, Refusal};
use super::{duration, lines};
use serde::de::DeserializeOwned;
use serde::{Serialize, de};
use serde_json::Value;
use watchglass_alerts::{Aggregation, Rule};
use watchglass_model::{Metric, Unit};

/// What stands in the fields of a rule whose `metric` is known, or not.
pub(super) fn write(rule: &Rule, metric: Option<&Metric>) -> Vec<(String, String)> {
    let unit = unit(rule.aggregation, metric);
    let level = |level: Option<f64>| level.map(|level| unit.typed(level)).unwrap_or_default();
    let seconds = |seconds: u32| if seconds == 0 { String::new() } else { duration::write(seconds) };
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let ticked = [("enabled", rule.enabled), ("ends_when_gone", rule.ends_when_gone)];
    let ticked =
        ticked.into_iter().filter(|(_, is_ticked)| *is_ticked).map(|(name, _)| (name, "yes".to_owned()));
    let fields = [
        ("id", rule.id.clone()),
        ("name", rule.name.clone()),
        ("component", rule.component.clone()),
        ("metric", rule.metric.clone()),
        ("matchers", lines::write_matchers(&rule.matchers)),
        ("subject_label", text(&rule.subject_label)),
        ("aggregation", word(&rule.aggregation)),
        ("window_seconds", seconds(rule.window_seconds)),
        ("comparison", word(&rule.comparison)),
        ("critical", level(rule.critical)),
        ("warning", level(rule.warning)),
        ("info", level(rule.info)),
        ("recovery", level(rule.recovery)),
        ("for_seconds", seconds(rule.for_seconds)),
        ("keep_firing_seconds", seconds(rule.keep_firing_seconds)),
        ("absent_seconds", rule.absent_seconds.map(duration::write).unwrap_or_default()),
        ("absent_severity", word(&rule.absent_severity)),
        ("phrase", text(&rule.phrase)),
        ("summary", rule.summary.clone()),
        ("action", rule.action.clone()),
        ("runbook", text(&rule.runbook)),
        ("labels", lines::write_labels(&rule.labels)),
    ];
    fields.into_iter().chain(ticked).map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The rule that the fields say; `metric` finds a metric by its name. What a rule may be is checked where it is used.
///
/// # Errors
/// A field that cannot be read.
pub(super) fn read<'a>(
    fields: &Fields,
    metric: impl FnOnce(&str) -> Option<&'a Metric>,
) -> Result<Rule, Refusal> {
    let aggregation: Aggregation = known(fields, "aggregation")?;
    let unit = unit(aggregation, metric(fields.get("metric")));
    let level = |name: &'static str| {
        let text = fields.given(name);
        text.map(|text| unit.read(&text).map_err(|reason| Refusal::field(name, &reason))).transpose()
    };
    let seconds = |name| Ok(fields.seconds(name)?.unwrap_or(0));
    let rule = Rule::new(fields.get("id"), fields.get("name"), fields.get("metric"), fields.get("component"));
    Ok(Rule {
        enabled: fields.has("enabled"),
        matchers: lines::read_matchers(fields.get("matchers"))
            .map_err(|reason| Refusal::field("matchers", &reason))?,
        aggregation,
        window_seconds: seconds("window_seconds")?,
        comparison: known(fields, "comparison")?,
        info: level("info")?,
        warning: level("warning")?,
        critical: level("critical")?,
        recovery: level("recovery")?,
        for_seconds: seconds("for_seconds")?,
        keep_firing_seconds: seconds("keep_firing_seconds")?,
        absent_seconds: fields.seconds("absent_seconds")?,
        absent_severity: known(fields, "absent_severity")?,
        ends_when_gone: fields.has("ends_when_gone"),
        subject_label: fields.given("subject_label"),
        phrase: fields.given("phrase"),
        labels: lines::read_labels(fields.get("labels"))
            .map_err(|reason| Refusal::field("labels", &reason))?,
        summary: one_line(fields.get("summary")),
        action: one_line(fields.get("action")),
        runbook: fields.given("runbook"),
        ..rule
    })
}

/// The unit of the levels. Where the metric is not known they are plain numbers.
pub(super) fn unit(aggregation: Aggregation, metric: Option<&Metric>) -> Unit {
    metric.map_or(Unit::Count, |metric| aggregation.unit(metric))
}

/// The word that the configuration file has for a value.
pub(super) fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(word)) => word,
        _ => String::new(),
    }
}

/// What a word of the configuration file stands for.
fn known<T: DeserializeOwned>(fields: &Fields, name: &'static str) -> Result<T, Refusal> {
    T::deserialize(de::value::StrDeserializer::<de::value::Error>::new(fields.get(name)))
        .map_err(|error| Refusal::field(name, &error.to_string()))
}

/// Texts of several lines are typed where one is kept.
fn one_line(text: &str) -> String {
    text.lines().map(str::trim).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchglass_alerts::{Comparison, Matcher, Operator, Severity, stock};
    use watchglass_model::Kind;

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

    fn form(pairs: &[(&str, &str)]) -> Fields {
        let usual = [("aggregation", "last"), ("comparison", "above"), ("absent_severity", "warning")];
        let all = pairs.iter().chain(&usual);
        Fields::new(all.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn every_rule_comes_back_from_its_form() {
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
            absent_seconds: Some(90),
            absent_severity: Severity::Critical,
            enabled: false,
            phrase: Some("is bad".to_owned()),
            runbook: Some("https://x".to_owned()),
            ..Rule::new("own", "Own", "own_ratio", "disk")
        };
        for rule in stock::rules().into_iter().chain([own]) {
            let metric = metric(&rule.metric);
            for metric in [Some(&metric), None] {
                let fields = Fields::new(write(&rule, metric));
                assert_eq!(read(&fields, |_| metric).unwrap(), rule);
            }
        }
    }

    #[test]
    fn levels_are_in_the_unit_of_the_metric() {
        let (ratio, seconds) = (metric("a_ratio"), metric("a_seconds"));
        for (metric, text, expected) in
            [(Some(&ratio), "80", 0.8), (Some(&seconds), "250 ms", 0.25), (None, "0.5", 0.5)]
        {
            let rule = read(&form(&[("warning", text)]), |_| metric).unwrap();
            assert_eq!(rule.warning, Some(expected), "{text}");
        }
        let rule = read(&form(&[("aggregation", "count"), ("warning", "5")]), |_| Some(&ratio)).unwrap();
        assert_eq!(rule.warning, Some(5.0));
    }

    #[test]
    fn what_cannot_be_read_names_its_field() {
        for (name, value) in [
            ("warning", "much"),
            ("recovery", "5 GB"),
            ("for_seconds", "soon"),
            ("absent_seconds", "1.5"),
            ("aggregation", "median"),
            ("comparison", "beside"),
            ("absent_severity", ""),
            ("matchers", "device"),
            ("labels", "a = 1\na = 2"),
        ] {
            let refusal = read(&form(&[(name, value)]), |_| None).unwrap_err();
            assert_eq!(refusal.field, Some(name), "{refusal:?}");
            assert!(refusal.text.contains(&format!("({name}): ")), "{refusal:?}");
        }
        assert_eq!(read(&form(&[("summary", "a\r\n b")]), |_| None).unwrap().summary, "a b");
    }
}
