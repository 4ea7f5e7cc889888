//! What each component can bear, as the rules say it.

use crate::names;
use watchglass_alerts::{Comparison, Rule};

/// The load of what a rule calls critical is at least this: above what a component may use, 0.85.
const BEYOND_CRITICAL: f64 = 0.86;

/// How much a component can bear.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limit {
    /// What it can bear as long as its rule is as the program has it.
    whole: f64,
    /// The level at which that rule warns then.
    usual: f64,
    /// The level at which it warns.
    warning: f64,
    /// Beyond this it is critical.
    critical: Option<f64>,
}

impl Limit {
    const fn new(whole: f64, warning: f64) -> Self {
        Self { whole, usual: warning, warning, critical: None }
    }

    /// The same with the levels of a rule that is about all series of `metric`.
    fn with_rule(self, id: &str, metric: &str, rules: &[Rule]) -> Self {
        let is_it = |rule: &&Rule| {
            rule.id == id
                && rule.enabled
                && rule.metric == metric
                && rule.matchers.is_empty()
                && rule.comparison == Comparison::Above
        };
        let Some(rule) = rules.iter().find(is_it) else { return self };
        match rule.warning.or(rule.critical).filter(|level| level.is_finite() && *level > 0.0) {
            Some(warning) => Self { warning, critical: rule.critical, ..self },
            None => self,
        }
    }

    /// The level at which it warns, in the unit of the metric.
    pub fn threshold(&self) -> f64 {
        self.warning
    }

    /// The part of what it can bear: `reading ÷ (whole × warning ÷ usual)`, at least 0.86 beyond the critical level.
    ///
    /// It grows with the reading. As the program has its rules it is `reading ÷ whole`; a rule that warns at twice the level
    /// makes it half as much.
    pub fn load(&self, reading: f64) -> f64 {
        let load = reading / (self.whole * self.warning / self.usual);
        match self.critical {
            Some(critical) if reading > critical => load.max(BEYOND_CRITICAL),
            _ => load,
        }
    }
}

/// The limits of all components.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// Part of the processors' time.
    pub cpu: Limit,
    /// Part of the memory.
    pub memory: Limit,
    /// Part of a file system.
    pub disk: Limit,
    /// Seconds that a database takes to answer.
    pub database: Limit,
    /// Seconds that Redis takes to answer. No rule is about them.
    pub redis: Limit,
    /// Seconds that 95 of 100 requests take at most.
    pub api: Limit,
    /// Part of the requests that fail.
    pub errors: Limit,
}

impl Default for Limits {
    /// As the source documents have them.
    fn default() -> Self {
        Self {
            cpu: Limit::new(1.0, 0.80),
            memory: Limit::new(1.0, 0.85),
            disk: Limit::new(1.0, 0.90),
            database: Limit::new(1.0, 1.0),
            redis: Limit::new(1.0, 1.0),
            api: Limit::new(2.0, 2.0),
            errors: Limit::new(0.10, 0.10),
        }
    }
}

impl Limits {
    /// As these rules have them: those that come with the program, also where somebody has changed them. A component whose rule
    /// is switched off, or is about some series only, has the usual limit.
    pub fn of(rules: &[Rule]) -> Self {
        let usual = Self::default();
        Self {
            cpu: usual.cpu.with_rule("cpu", names::CPU, rules),
            memory: usual.memory.with_rule("memory", names::MEMORY_USED_RATIO, rules),
            disk: usual.disk.with_rule("disk", names::DISK_USED_RATIO, rules),
            database: usual.database.with_rule("database-latency", names::DATABASE_SECONDS, rules),
            redis: usual.redis,
            api: usual.api.with_rule("response-time-high", names::LATENCY_P95, rules),
            errors: usual.errors.with_rule("errors", names::ERROR_RATIO, rules),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use watchglass_alerts::{Matcher, Operator, stock};

    fn limits(change: impl Fn(&mut Rule)) -> Limits {
        let mut rules = stock::rules();
        rules.iter_mut().for_each(change);
        Limits::of(&rules)
    }

    #[test]
    fn with_the_rules_of_the_program_they_are_those_of_the_documents() {
        assert_eq!(Limits::of(&stock::rules()), Limits::default());
        assert_eq!(Limits::of(&[]), Limits::default());
        // Every rule that is read is there and about that metric.
        let moved = limits(|rule| rule.warning = rule.warning.map(|level| level * 2.0));
        let usual = Limits::default();
        for (moved, usual) in [
            (moved.cpu, usual.cpu),
            (moved.memory, usual.memory),
            (moved.disk, usual.disk),
            (moved.database, usual.database),
            (moved.api, usual.api),
            (moved.errors, usual.errors),
        ] {
            assert_eq!(moved.threshold(), usual.threshold() * 2.0);
            assert!((moved.load(0.5) - usual.load(0.25)).abs() < 1e-12);
        }
    }

    #[test]
    fn a_rule_that_says_nothing_of_the_whole_is_not_asked() {
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
    fn what_a_rule_calls_critical_is_critical() {
        let limits = limits(|rule| rule.critical = Some(0.5));
        assert_eq!((limits.cpu.load(0.5), limits.cpu.load(0.51), limits.cpu.load(0.9)), (0.5, 0.86, 0.9));
        let only = self::limits(|rule| (rule.warning, rule.critical) = (None, Some(0.4)));
        assert_eq!(only.cpu.threshold(), 0.4);
        assert!(only.cpu.load(0.41) > 0.85);
    }

    proptest! {
        #[test]
        fn a_reading_that_grows_never_lowers_the_load(
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
