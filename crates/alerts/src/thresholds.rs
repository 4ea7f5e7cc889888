//! Values against fixed thresholds: what is over its own is an active alert until it is back.

use serde::Serialize;
use std::collections::{BTreeMap, VecDeque};
use watchglass_model::Timestamp;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth a look.
    Warning,
    /// Somebody should act now.
    Critical,
}

/// Where a value stops being fine.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limit {
    /// Above this a warning is active.
    pub warning: f64,
    /// Above this it is critical; infinite where nothing is.
    pub critical: f64,
}

/// One value to be judged.
#[derive(Clone, Debug, PartialEq)]
pub struct Observation {
    /// The component: `cpu`, `disk`, `database`.
    pub component: String,
    /// Which of several: a mount point, an instance; empty where there is one.
    pub subject: String,
    /// The value, in the unit that `message` writes; infinite for what is down.
    pub value: f64,
    /// Its limit, in the same unit.
    pub limit: Limit,
    /// What is said while it is over its limit, with value and unit.
    pub message: String,
}

/// What is or was wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct Alert {
    /// The component.
    pub component: String,
    /// Which of several; empty where there is one.
    pub subject: String,
    /// The worst it has been.
    pub severity: Severity,
    /// What was said last.
    pub message: String,
    /// Since when.
    pub since: Timestamp,
    /// When it was back; `None` while it is active.
    pub resolved: Option<Timestamp>,
}

impl Alert {
    /// How long it has lasted by `now`, or lasted until it was over.
    pub fn seconds(&self, now: Timestamp) -> i64 {
        self.resolved.unwrap_or(now).millis_since(self.since).max(0) / 1000
    }
}

/// Remembers what is over its limit, and what was.
#[derive(Debug)]
pub struct Thresholds {
    active: BTreeMap<(String, String), Alert>,
    past: VecDeque<Alert>,
    most_past: usize,
}

impl Thresholds {
    /// Nothing wrong, and room for `most_past` alerts that are over; the oldest make place for new ones.
    pub fn new(most_past: usize) -> Self {
        Self { active: BTreeMap::new(), past: VecDeque::new(), most_past }
    }

    /// Judges the values of one moment.
    ///
    /// An alert whose value is missing among them stays as it is: no news is not good news.
    pub fn observe(&mut self, now: Timestamp, observations: impl IntoIterator<Item = Observation>) {
        for seen in observations {
            let Observation { component, subject, value, limit, message } = seen;
            let key = (component, subject);
            let severity = if value > limit.critical {
                Some(Severity::Critical)
            } else if value > limit.warning {
                Some(Severity::Warning)
            } else {
                None
            };
            match (severity, self.active.get_mut(&key)) {
                (Some(severity), Some(alert)) => {
                    alert.severity = alert.severity.max(severity);
                    alert.message = message;
                }
                (Some(severity), None) => {
                    let (component, subject) = key.clone();
                    let alert = Alert { component, subject, severity, message, since: now, resolved: None };
                    self.active.insert(key, alert);
                }
                (None, Some(_)) => {
                    if let Some(alert) = self.active.remove(&key) {
                        self.keep(Alert { resolved: Some(now), ..alert });
                    }
                }
                (None, None) => {}
            }
        }
    }

    fn keep(&mut self, alert: Alert) {
        self.past.push_front(alert);
        self.past.truncate(self.most_past);
    }

    /// What is wrong now, the newest first.
    pub fn active(&self) -> Vec<Alert> {
        let mut active: Vec<Alert> = self.active.values().cloned().collect();
        active.sort_by_key(|alert| std::cmp::Reverse(alert.since));
        active
    }

    /// What was wrong, the latest to be resolved first.
    pub fn past(&self) -> impl Iterator<Item = &Alert> {
        self.past.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(subject: &str, value: f64) -> Observation {
        Observation {
            component: "disk".to_owned(),
            subject: subject.to_owned(),
            value,
            limit: Limit { warning: 0.9, critical: 0.95 },
            message: format!("{subject} is {value} full"),
        }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_millis(second * 1000)
    }

    #[test]
    fn an_alert_lasts_from_the_first_value_over_its_limit_to_the_first_that_is_not() {
        let mut thresholds = Thresholds::new(10);
        thresholds.observe(at(1), [seen("/", 0.9), seen("/home", 0.5)]);
        assert_eq!(thresholds.active(), []);
        thresholds.observe(at(2), [seen("/", 0.91), seen("/home", 0.5)]);
        thresholds.observe(at(5), [seen("/", 0.99)]);
        thresholds.observe(at(6), [seen("/", 0.92)]);
        thresholds.observe(at(7), []);
        let active = thresholds.active();
        assert_eq!(active.len(), 1);
        assert_eq!((active[0].since, active[0].severity), (at(2), Severity::Critical));
        assert_eq!((active[0].message.as_str(), active[0].seconds(at(7))), ("/ is 0.92 full", 5));
        thresholds.observe(at(9), [seen("/", 0.9)]);
        assert_eq!(thresholds.active(), []);
        let past: Vec<_> =
            thresholds.past().map(|alert| (alert.since, alert.resolved, alert.seconds(at(99)))).collect();
        assert_eq!(past, [(at(2), Some(at(9)), 7)]);
    }

    #[test]
    fn only_so_many_of_the_past_are_remembered() {
        let mut thresholds = Thresholds::new(2);
        for second in 0..4 {
            thresholds.observe(at(second * 10), [seen("/", 1.0)]);
            thresholds.observe(at(second * 10 + 1), [seen("/", 0.0)]);
        }
        let since: Vec<_> = thresholds.past().map(|alert| alert.since).collect();
        assert_eq!(since, [at(30), at(20)]);
    }
}
