//! Warnings about valid rules that probably do not do what they are meant to.

use crate::{Aggregation, Comparison, Rule, builtin};

/// Ratios that may be above 1: of memory to what is needed, and of CPU time to that of one CPU.
const UNBOUNDED_RATIOS: [&str; 2] = ["redis_memory_fragmentation_ratio", "host_process_cpu_ratio"];

/// What is probably wrong with a valid rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleWarning {
    /// Name of the field.
    pub field: &'static str,
    /// What its value does, and what is probably meant. Begins with the value.
    pub text: String,
}

impl Rule {
    /// Warnings about the rule, for whoever wrote it: at most one per field.
    ///
    /// - A threshold that a ratio never reaches or always exceeds, such as 80 for 80 %. Ratios are the metrics whose names
    ///   end with `_ratio`, except for the few that may be above 1.
    /// - A warning threshold beyond the critical one of the built-in rule, which is removed then.
    pub fn warnings(&self) -> Vec<RuleWarning> {
        let thresholds = [("info", self.info), ("warning", self.warning), ("critical", self.critical)];
        let given = thresholds.into_iter().filter_map(|(field, threshold)| Some((field, threshold?)));
        let mut found: Vec<RuleWarning> =
            given.filter_map(|(field, threshold)| self.threshold_warning(field, threshold)).collect();
        found.extend(self.recovery_warning());
        found
            .extend(self.removed_critical().filter(|new| found.iter().all(|other| other.field != new.field)));
        found
    }

    fn is_ratio(&self) -> bool {
        use Aggregation::{Last, Max, Mean, Min};
        matches!(self.aggregation, Last | Mean | Min | Max)
            && self.metric.ends_with("_ratio")
            && !UNBOUNDED_RATIOS.contains(&self.metric.as_str())
    }

    fn threshold_warning(&self, field: &'static str, threshold: f64) -> Option<RuleWarning> {
        if !self.is_ratio() {
            return None;
        }
        let metric = &self.metric;
        let text = if threshold > 1.0 {
            let percent = threshold / 100.0;
            format!("{threshold}: {metric} is a ratio from 0 to 1; use {percent} for {threshold} %")
        } else if self.comparison == Comparison::Above && threshold == 1.0 {
            format!(
                "{threshold} is never exceeded: {metric} is at most 1; use a smaller number, such as 0.99"
            )
        } else if self.comparison == Comparison::Above && threshold < 0.0 {
            format!("{threshold} is always exceeded: {metric} is a ratio from 0 to 1")
        } else if self.comparison == Comparison::Below && threshold <= 0.0 {
            format!(
                "no value is below {threshold}: {metric} is at least 0; use a larger number, such as 0.01"
            )
        } else {
            return None;
        };
        Some(RuleWarning { field, text })
    }

    /// The alert never resolves: values must go beyond the recovery level.
    fn recovery_warning(&self) -> Option<RuleWarning> {
        let recovery = self.recovery.filter(|_| self.is_ratio())?;
        let metric = &self.metric;
        let text = match self.comparison {
            Comparison::Above if recovery < 0.0 => {
                format!("{recovery}: {metric} is never that low, so that alerts never resolve")
            }
            Comparison::Below if recovery > 1.0 => {
                format!("{recovery}: {metric} is a ratio from 0 to 1, so that alerts never resolve")
            }
            _ => return None,
        };
        Some(RuleWarning { field: "recovery", text })
    }

    fn removed_critical(&self) -> Option<RuleWarning> {
        let critical = builtin::find(&self.id)?.critical.filter(|_| self.critical.is_none())?;
        let warning = self.warning.filter(|&warning| self.comparison.is_beyond(warning, critical))?;
        let text = format!(
            "{warning} is beyond the critical threshold {critical} of the built-in rule, which is removed: set critical as well"
        );
        Some(RuleWarning { field: "warning", text })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rule of a ratio with these fields.
    fn rule(metric: &str, comparison: Comparison, change: impl Fn(&mut Rule)) -> Rule {
        let mut rule = Rule { comparison, ..Rule::new("a", "A", metric, "c") };
        change(&mut rule);
        rule
    }

    #[test]
    fn thresholds_that_ratios_never_reach_are_warned_of() {
        use Comparison::{Above, Below};
        let ratio = "host_memory_used_ratio";
        for (metric, comparison, threshold, expected) in [
            (ratio, Above, 0.8, None),
            (ratio, Above, 80.0, Some("80: host_memory_used_ratio is a ratio from 0 to 1; use 0.8 for 80 %")),
            (
                ratio,
                Above,
                1.5,
                Some("1.5: host_memory_used_ratio is a ratio from 0 to 1; use 0.015 for 1.5 %"),
            ),
            (ratio, Above, 1.0, Some("1 is never exceeded: host_memory_used_ratio is at most 1")),
            (ratio, Above, 0.0, None),
            (ratio, Above, -1.0, Some("-1 is always exceeded")),
            (ratio, Below, 0.2, None),
            (ratio, Below, 1.0, None),
            (ratio, Below, 20.0, Some("20: host_memory_used_ratio is a ratio from 0 to 1; use 0.2 for 20 %")),
            (ratio, Below, 0.0, Some("no value is below 0")),
            (ratio, Below, -0.5, Some("no value is below -0.5")),
            ("redis_memory_fragmentation_ratio", Above, 1.5, None),
            ("host_load", Above, 80.0, None),
            ("app_temperature", Below, -4.0, None),
        ] {
            for (field, set) in [
                ("info", (|rule, value| rule.info = Some(value)) as fn(&mut Rule, f64)),
                ("warning", |rule, value| rule.warning = Some(value)),
                ("critical", |rule, value| rule.critical = Some(value)),
            ] {
                let found = rule(metric, comparison, |rule| set(rule, threshold)).warnings();
                let fields: Vec<_> = found.iter().map(|warning| warning.field).collect();
                assert_eq!(
                    fields,
                    Vec::from_iter(expected.map(|_| field)),
                    "{metric} {comparison:?} {threshold}"
                );
                let begins = |text: &str| found.iter().all(|warning| warning.text.starts_with(text));
                assert!(expected.is_none_or(begins), "{found:?}");
            }
        }
    }

    #[test]
    fn sums_and_counts_of_ratios_have_any_threshold() {
        for aggregation in [Aggregation::Sum, Aggregation::Count] {
            let rule = rule("host_memory_used_ratio", Comparison::Above, |rule| {
                (rule.warning, rule.aggregation) = (Some(80.0), aggregation);
            });
            assert_eq!(rule.warnings(), []);
        }
    }

    #[test]
    fn recoveries_that_are_never_reached_are_warned_of() {
        use Comparison::{Above, Below};
        for (comparison, threshold, recovery, expected) in [
            (Above, 0.8, 0.7, false),
            (Above, 0.8, 0.0, false),
            (Above, 0.8, -0.1, true),
            (Below, 0.2, 0.3, false),
            (Below, 0.2, 1.0, false),
            (Below, 0.2, 30.0, true),
        ] {
            let found = rule("host_memory_used_ratio", comparison, |rule| {
                (rule.warning, rule.recovery) = (Some(threshold), Some(recovery));
            });
            let fields: Vec<_> = found.warnings().iter().map(|warning| warning.field).collect();
            assert_eq!(!fields.is_empty(), expected, "{comparison:?} {recovery}");
            assert!(fields.iter().all(|field| *field == "recovery"), "{fields:?}");
        }
    }

    #[test]
    fn removed_critical_threshold_of_a_built_in_rule_is_warned_of() {
        let disk = builtin::find("disk").unwrap();
        for (warning, critical, expected) in
            [(Some(0.98), None, 1), (Some(0.98), Some(0.99), 0), (Some(0.9), None, 0), (None, None, 0)]
        {
            let rule = Rule { warning, critical, ..disk.clone() };
            assert_eq!(rule.warnings().len(), expected, "{warning:?} {critical:?}");
        }
        assert!(builtin::all().iter().all(|rule| rule.warnings().is_empty()));
    }
}
