//! Inhibition: while a host, a database or an application is down, alerts of what depends on it are suppressed.

use super::error::{self, FieldError};
use super::matcher::AlertLabels;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use watchglass_model::{APP, Timestamp, is_label_name};
use watchglass_rules::{Alert, AlertKey};

/// Label of rules whose alerts mean "does not respond at all".
pub const DOWN: &str = "down";
/// Maximum number of inhibition rules.
const MAX_INHIBIT_RULES: usize = 50;

/// An inhibition rule.
///
/// A firing alert whose rule has the label `down = "true"` inhibits every other alert with the same value of the label
/// `equal`. Series of `up` name the probed target after a colon (`postgres:db1:5432`, `app:shop`): it counts as `app` or
/// `instance` where the series has no such label. A dependent alert is notified before its cause fires if its rule has
/// a shorter pending period; rules on targets that are down should therefore have the shortest.
///
/// The order of the list decides the direction: of two alerts that are both `down`, the one that matches an earlier
/// entry inhibits the other, then the one that fired first. So there are no cycles.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InhibitRule {
    /// Component of the inhibiting alert; `None` for any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_component: Option<String>,
    /// Label with equal values on both alerts.
    pub equal: String,
    /// Components that can be inhibited; empty for all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub target_components: Vec<String>,
}

impl InhibitRule {
    /// Default rules: everything on a host, of an instance or of an application that is down. Every series has a label
    /// `host`, so only the component `host` may inhibit a whole host.
    pub fn defaults() -> Vec<Self> {
        let rule = |source: Option<&str>, equal: &str| Self {
            source_component: source.map(str::to_owned),
            equal: equal.to_owned(),
            target_components: Vec::new(),
        };
        vec![rule(Some("host"), "host"), rule(None, "instance"), rule(None, APP)]
    }

    fn check(&self) -> Result<(), FieldError> {
        if let Some(source) = &self.source_component {
            error::text("source_component", source, 1, 64)?;
        }
        if !is_label_name(&self.equal) || self.equal.len() > 64 {
            let shown: String = self.equal.chars().take(80).collect();
            return Err(FieldError::new(
                "equal",
                format!("invalid label {shown:?}"),
                "expected a label name",
            ));
        }
        error::count("target_components", self.target_components.len(), 50)?;
        self.target_components.iter().try_for_each(|target| error::text("target_components", target, 1, 64))
    }

    fn matches_source(&self, alert: &Alert) -> bool {
        self.source_component.as_ref().is_none_or(|source| *source == alert.component)
    }

    fn matches_target(&self, alert: &Alert) -> bool {
        self.target_components.is_empty() || self.target_components.contains(&alert.component)
    }
}

/// # Errors
/// Too many, or an invalid one: the field is `inhibit_rules` or begins with `inhibit_rules[0]`.
pub(super) fn check(rules: &[InhibitRule]) -> Result<(), FieldError> {
    error::count("inhibit_rules", rules.len(), MAX_INHIBIT_RULES)?;
    rules.iter().enumerate().try_for_each(|(index, rule)| {
        rule.check().map_err(|error| error.within(format_args!("inhibit_rules[{index}]")))
    })
}

fn is_down(alert: &Alert) -> bool {
    alert.labels.get(DOWN) == Some("true")
}

/// Value of `label`; empty when it is missing.
fn value<'a>(alert: &'a Alert, label: &str) -> &'a str {
    let value = AlertLabels::from(alert).get(label);
    if !value.is_empty() {
        return value;
    }
    let probed = alert.key.labels.get("probe").and_then(|probe| probe.split_once(':'));
    match probed {
        Some((kind, name)) if label == APP && kind == "app" => name,
        Some((kind, name)) if label == "instance" && kind != "app" => name,
        _ => "",
    }
}

/// Rank of an inhibiting alert among others; the smallest inhibits all.
type Rank<'a> = (usize, Option<Timestamp>, &'a AlertKey);

/// Inhibiting alerts at this time.
#[derive(Debug)]
pub(super) struct InhibitIndex<'a> {
    rules: &'a [InhibitRule],
    /// By entry of the list and label value: the first that fired.
    first: BTreeMap<(usize, &'a str), (Option<Timestamp>, &'a AlertKey)>,
}

impl<'a> InhibitIndex<'a> {
    /// `firing`: the firing or flapping alerts.
    pub(super) fn new(rules: &'a [InhibitRule], firing: impl Iterator<Item = &'a Alert>) -> Self {
        let mut first = BTreeMap::new();
        for alert in firing.filter(|alert| is_down(alert)) {
            for (index, rule) in rules.iter().enumerate() {
                let shared = value(alert, &rule.equal);
                if rule.matches_source(alert) && !shared.is_empty() {
                    let this = (alert.fired, &alert.key);
                    let least = first.entry((index, shared)).or_insert(this);
                    *least = this.min(*least);
                }
            }
        }
        Self { rules, first }
    }

    /// The alert that inhibits `alert`.
    pub(super) fn inhibitor_of(&self, alert: &Alert) -> Option<&'a AlertKey> {
        if self.first.is_empty() {
            return None;
        }
        let own = self.rank(alert);
        self.rules.iter().enumerate().find_map(|(index, rule)| {
            let (fired, key) = *self.first.get(&(index, value(alert, &rule.equal)))?;
            let is_earlier = own.is_none_or(|own| (index, fired, key) < own);
            (rule.matches_target(alert) && is_earlier).then_some(key)
        })
    }

    /// Rank of `alert` if it can inhibit others.
    fn rank<'b>(&self, alert: &'b Alert) -> Option<Rank<'b>> {
        let fits = |rule: &InhibitRule| rule.matches_source(alert) && !value(alert, &rule.equal).is_empty();
        let index = self.rules.iter().position(fits).filter(|_| is_down(alert))?;
        Some((index, alert.fired, &alert.key))
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{alert, down};
    use super::*;

    #[test]
    fn down_alert_with_equal_label_inhibits() {
        let host = down("host-down", "host", &[("host", "h")], 50);
        let postgres =
            down("postgres-down", "database", &[("probe", "postgres:db1:5432"), ("host", "h2")], 40);
        let shop = down("app-down", "requests", &[("probe", "app:shop"), ("host", "h2")], 40);
        let downs = [host, postgres, shop];
        for (labels, expected) in [
            (&[("host", "h")][..], Some("host-down")),
            (&[("host", "other")], None),
            (&[("host", "h2")], None),
            (&[("host", "h2"), ("instance", "db1:5432")], Some("postgres-down")),
            (&[("host", "h"), ("instance", "db1:5432")], Some("host-down")),
            (&[("host", "h2"), ("instance", "db2:5432")], None),
            (&[("host", "h2"), ("instance", "shop")], None),
            (&[("host", "h2"), ("app", "shop")], Some("app-down")),
            (&[], None),
        ] {
            let defaults = InhibitRule::defaults();
            let causes = InhibitIndex::new(&defaults, downs.iter());
            let of = causes.inhibitor_of(&alert("any", labels)).map(|key| key.rule.as_str());
            assert_eq!(of, expected, "{labels:?}");
        }
    }

    #[test]
    fn one_of_several_down_alerts_inhibits_the_others() {
        let defaults = InhibitRule::defaults();
        let labels = [("instance", "db1"), ("host", "h")];
        let downs = [
            down("b", "database", &labels, 10),
            down("a", "database", &labels, 20),
            down("host-down", "host", &[("host", "h")], 30),
        ];
        let of = |downs: &[Alert]| -> Vec<Option<String>> {
            let causes = InhibitIndex::new(&defaults, downs.iter());
            downs.iter().map(|alert| causes.inhibitor_of(alert).map(|key| key.rule.clone())).collect()
        };
        assert_eq!(of(&downs[..2]), [None, Some("b".to_owned())]);
        assert_eq!(of(&downs), [Some("host-down".to_owned()), Some("host-down".to_owned()), None]);
    }

    #[test]
    fn only_listed_components_are_inhibited() {
        let rule = InhibitRule {
            source_component: Some("redis".to_owned()),
            equal: "host".to_owned(),
            target_components: vec!["cache".to_owned()],
        };
        let rules = [rule];
        let downs = [down("redis-down", "redis", &[("host", "h")], 1)];
        let causes = InhibitIndex::new(&rules, downs.iter());
        let mut other = alert("hit-rate", &[("host", "h")]);
        assert_eq!(causes.inhibitor_of(&other), None);
        other.component = "cache".to_owned();
        assert_eq!(causes.inhibitor_of(&other).unwrap().rule, "redis-down");
    }

    #[test]
    fn invalid_inhibit_rules_are_reported_with_their_field() {
        let invalid =
            InhibitRule { source_component: None, equal: "a b".to_owned(), target_components: Vec::new() };
        let mut rules = InhibitRule::defaults();
        rules.push(invalid);
        let expected = "inhibit_rules[3].equal: invalid label \"a b\"; expected a label name";
        assert_eq!(check(&rules).unwrap_err().to_string(), expected);
    }
}
