//! Limits of the components, from the alert rules.

use crate::names;
use watchglass_rules::{Comparison, Rule};

/// Minimum load beyond a rule's critical threshold: above 0.85, from which a component is critical.
const CRITICAL_LOAD: f64 = 0.86;

/// Limit of a component.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limit {
    /// Capacity with the built-in rule.
    capacity: f64,
    /// Warning threshold of the built-in rule.
    default_warning: f64,
    /// Warning threshold.
    warning: f64,
    /// Critical threshold.
    critical: Option<f64>,
}

impl Limit {
    const fn new(capacity: f64, warning: f64) -> Self {
        Self { capacity, default_warning: warning, warning, critical: None }
    }

    const fn with_critical(self, critical: f64) -> Self {
        Self { critical: Some(critical), ..self }
    }

    /// Applies the thresholds of a rule that covers all series of `metric`.
    fn with_rule(self, rule: Option<&Rule>, metric: &str) -> Self {
        let is_match = |rule: &&Rule| {
            rule.enabled
                && rule.metric == metric
                && rule.matchers.is_empty()
                && rule.comparison == Comparison::Above
        };
        let Some(rule) = rule.filter(is_match) else { return self };
        match rule.warning.or(rule.critical).filter(|level| level.is_finite() && *level > 0.0) {
            Some(warning) => Self { warning, critical: rule.critical, ..self },
            None => self,
        }
    }

    /// Warning threshold, in the unit of the metric.
    pub fn threshold(&self) -> f64 {
        self.warning
    }

    /// Load as a ratio of the limit: `reading ÷ (capacity × warning ÷ default warning)`, at least 0.86 beyond the critical
    /// threshold.
    ///
    /// It grows with the reading. With the built-in rules it is `reading ÷ capacity`; a rule with twice the warning threshold
    /// halves it.
    pub fn load(&self, reading: f64) -> f64 {
        let load = reading / (self.capacity * self.warning / self.default_warning);
        match self.critical {
            Some(critical) if reading > critical => load.max(CRITICAL_LOAD),
            _ => load,
        }
    }
}

/// Limits of all components.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// CPU usage ratio.
    pub cpu: Limit,
    /// Memory usage ratio.
    pub memory: Limit,
    /// Filesystem usage ratio.
    pub disk: Limit,
    /// Database response time in seconds.
    pub database: Limit,
    /// Redis response time in seconds. No rule covers it.
    pub redis: Limit,
    /// p95 of the request duration in seconds.
    pub api: Limit,
    /// Error ratio of requests.
    pub errors: Limit,
}

impl Default for Limits {
    /// Limits of the built-in rules.
    fn default() -> Self {
        Self {
            cpu: Limit::new(1.0, 0.80).with_critical(0.95),
            memory: Limit::new(1.0, 0.85).with_critical(0.95),
            disk: Limit::new(1.0, 0.90).with_critical(0.95),
            database: Limit::new(1.0, 1.0),
            redis: Limit::new(1.0, 1.0),
            api: Limit::new(2.0, 2.0),
            errors: Limit::new(0.10, 0.10),
        }
    }
}

impl Limits {
    /// Limits from the rules that `find` returns by id: the built-in ones, with any overrides. A component whose rule is
    /// disabled, or covers only some series, has the default limit.
    pub fn of<'a>(find: impl Fn(&str) -> Option<&'a Rule>) -> Self {
        let defaults = Self::default();
        Self {
            cpu: defaults.cpu.with_rule(find("cpu"), names::CPU),
            memory: defaults.memory.with_rule(find("memory"), names::MEMORY_USED_RATIO),
            disk: defaults.disk.with_rule(find("disk"), names::DISK_USED_RATIO),
            database: defaults.database.with_rule(find("database-latency"), names::DATABASE_SECONDS),
            redis: defaults.redis,
            api: defaults.api.with_rule(find("response-time-high"), names::LATENCY_P95),
            errors: defaults.errors.with_rule(find("errors"), names::ERROR_RATIO),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use watchglass_rules::{Matcher, Operator, builtin};

    fn limits(change: impl Fn(&mut Rule)) -> Limits {
        let mut rules = builtin::rules();
        rules.iter_mut().for_each(change);
        Limits::of(|id| rules.iter().find(|rule| rule.id == id))
    }

    #[test]
    fn builtin_rules_give_the_default_limits() {
        assert_eq!(limits(|_| {}), Limits::default());
        assert_eq!(Limits::of(|_| None), Limits::default());
        // Every referenced rule exists and has the expected metric.
        let moved = limits(|rule| rule.warning = rule.warning.map(|level| level * 2.0));
        let defaults = Limits::default();
        for (moved, defaults) in [
            (moved.cpu, defaults.cpu),
            (moved.memory, defaults.memory),
            (moved.disk, defaults.disk),
            (moved.database, defaults.database),
            (moved.api, defaults.api),
            (moved.errors, defaults.errors),
        ] {
            assert_eq!(moved.threshold(), defaults.threshold() * 2.0);
            assert!((moved.load(0.5) - defaults.load(0.25)).abs() < 1e-12);
        }
    }

    #[test]
    fn rule_not_covering_the_whole_component_is_ignored() {
        let matcher =
            Matcher { label: "mountpoint".to_owned(), operator: Operator::Equal, value: "/".to_owned() };
        type Change = fn(&mut Rule);
        let changes: [Change; 5] = [
            |rule| rule.enabled = false,
            |rule| rule.comparison = Comparison::Below,
            |rule| rule.metric = "another".to_owned(),
            |rule| (rule.warning, rule.critical, rule.info) = (None, None, Some(0.1)),
            |rule| rule.warning = Some(0.0),
        ];
        for change in changes {
            assert_eq!(limits(change), Limits::default());
        }
        let some = limits(|rule| {
            (rule.matchers, rule.warning) = (vec![matcher.clone()], Some(0.5));
        });
        assert_eq!(some, Limits::default());
    }

    #[test]
    fn critical_threshold_makes_the_load_critical() {
        let limits = limits(|rule| rule.critical = Some(0.5));
        assert_eq!((limits.cpu.load(0.5), limits.cpu.load(0.51), limits.cpu.load(0.9)), (0.5, 0.86, 0.9));
        let only = self::limits(|rule| (rule.warning, rule.critical) = (None, Some(0.4)));
        assert_eq!(only.cpu.threshold(), 0.4);
        assert!(only.cpu.load(0.41) > 0.85);
    }

    proptest! {
        #[test]
        fn load_grows_with_the_reading(
            warning in 0.01..10.0_f64, above in prop::option::of(0.0..10.0_f64), reading in 0.0..20.0_f64, more in 0.0..5.0_f64,
        ) {
            let limits = limits(|rule| {
                (rule.warning, rule.critical) = (Some(warning), above.map(|above| warning + above));
            });
            for limit in [limits.cpu, limits.api, limits.errors] {
                prop_assert!(limit.load(reading + more) >= limit.load(reading));
            }
        }
    }
}
