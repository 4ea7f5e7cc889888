//! What depends on what: while a host, a database or an application is down, what hangs on it stays quiet.

use super::error::{self, FieldError};
use super::matcher::Facts;
use crate::alert::{Alert, AlertKey};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use watchglass_model::{APP, Timestamp, is_label_name};

/// The label of a rule that says that its alerts mean "it does not answer at all".
pub const DOWN: &str = "down";
/// The most dependencies that can be listed.
const MOST_DEPENDENCIES: usize = 50;

/// One way in which alerts depend on others.
///
/// A firing alert whose rule has the label `down = "true"` is the cause of every other alert with the same value under
/// the label `by`. Series of `up` name what was probed behind a colon (`postgres:db1:5432`, `app:shop`): that is taken
/// as `app` or `instance` where the series has no such label. What depends is told before its cause fires if its rule
/// waits for less time than the rule of the cause; so rules of what is down should wait for the least.
///
/// The order of the list decides what is the cause of what: between two alerts that are both `down`, the one that an
/// earlier entry fits is the cause, then the one that fired first. So nothing is ever its own cause in a circle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dependency {
    /// The component of the cause; `None` for any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// The label on which both agree.
    pub by: String,
    /// The components that depend; empty for all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub components: Vec<String>,
}

impl Dependency {
    /// Those that hold everywhere: all on a host that is down, all of an instance that is down, all of an application
    /// that is down. Every series has a label `host`, so only the component `host` may speak for a whole host.
    pub fn stock() -> Vec<Self> {
        let by = |of: Option<&str>, by: &str| Self {
            of: of.map(str::to_owned),
            by: by.to_owned(),
            components: Vec::new(),
        };
        vec![by(Some("host"), "host"), by(None, "instance"), by(None, APP)]
    }

    fn check(&self) -> Result<(), FieldError> {
        if let Some(of) = &self.of {
            error::text("of", of, 1, 64)?;
        }
        if !is_label_name(&self.by) || self.by.len() > 64 {
            let shown: String = self.by.chars().take(80).collect();
            return Err(FieldError::new(
                "by",
                format!("{shown:?} is no label"),
                "the name of a label is right",
            ));
        }
        error::count("components", self.components.len(), 50)?;
        self.components.iter().try_for_each(|component| error::text("components", component, 1, 64))
    }

    fn can_cause(&self, alert: &Alert) -> bool {
        self.of.as_ref().is_none_or(|of| *of == alert.component)
    }

    fn can_quieten(&self, alert: &Alert) -> bool {
        self.components.is_empty() || self.components.contains(&alert.component)
    }
}

/// # Errors
/// Too many, or one that can't be used: the field is `dependencies` or begins with `dependencies[0]`.
pub(super) fn check(dependencies: &[Dependency]) -> Result<(), FieldError> {
    error::count("dependencies", dependencies.len(), MOST_DEPENDENCIES)?;
    dependencies.iter().enumerate().try_for_each(|(index, dependency)| {
        dependency.check().map_err(|error| error.within(format_args!("dependencies[{index}]")))
    })
}

fn is_down(alert: &Alert) -> bool {
    alert.labels.get(DOWN) == Some("true")
}

/// The value of `label`; empty when there is none.
fn value<'a>(alert: &'a Alert, label: &str) -> &'a str {
    let written = Facts::from(alert).get(label);
    if !written.is_empty() {
        return written;
    }
    let probed = alert.key.labels.get("probe").and_then(|probe| probe.split_once(':'));
    match probed {
        Some((kind, name)) if label == APP && kind == "app" => name,
        Some((kind, name)) if label == "instance" && kind != "app" => name,
        _ => "",
    }
}

/// Where a cause stands among others; the least is the cause of all.
type Rank<'a> = (usize, Option<Timestamp>, &'a AlertKey);

/// What is down at this moment.
#[derive(Debug)]
pub(super) struct Causes<'a> {
    dependencies: &'a [Dependency],
    /// By entry of the list and value of its label: the first that fired.
    first: BTreeMap<(usize, &'a str), (Option<Timestamp>, &'a AlertKey)>,
}

impl<'a> Causes<'a> {
    /// `firing` are the alerts that fire or flap.
    pub(super) fn new(dependencies: &'a [Dependency], firing: impl Iterator<Item = &'a Alert>) -> Self {
        let mut first = BTreeMap::new();
        for alert in firing.filter(|alert| is_down(alert)) {
            for (index, dependency) in dependencies.iter().enumerate() {
                let shared = value(alert, &dependency.by);
                if dependency.can_cause(alert) && !shared.is_empty() {
                    let this = (alert.fired, &alert.key);
                    let least = first.entry((index, shared)).or_insert(this);
                    *least = this.min(*least);
                }
            }
        }
        Self { dependencies, first }
    }

    /// What `alert` is because of.
    pub(super) fn of(&self, alert: &Alert) -> Option<&'a AlertKey> {
        if self.first.is_empty() {
            return None;
        }
        let own = self.rank(alert);
        self.dependencies.iter().enumerate().find_map(|(index, dependency)| {
            let (fired, key) = *self.first.get(&(index, value(alert, &dependency.by)))?;
            let is_earlier = own.is_none_or(|own| (index, fired, key) < own);
            (dependency.can_quieten(alert) && is_earlier).then_some(key)
        })
    }

    /// Where `alert` stands if it can be a cause itself.
    fn rank<'b>(&self, alert: &'b Alert) -> Option<Rank<'b>> {
        let fits =
            |dependency: &Dependency| dependency.can_cause(alert) && !value(alert, &dependency.by).is_empty();
        let index = self.dependencies.iter().position(fits).filter(|_| is_down(alert))?;
        Some((index, alert.fired, &alert.key))
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{alert, down};
    use super::*;

    #[test]
    fn the_cause_is_what_is_down_and_shares_a_label() {
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
            let stock = Dependency::stock();
            let causes = Causes::new(&stock, downs.iter());
            let of = causes.of(&alert("any", labels)).map(|key| key.rule.as_str());
            assert_eq!(of, expected, "{labels:?}");
        }
    }

    #[test]
    fn of_what_is_down_one_is_the_cause_and_has_none() {
        let stock = Dependency::stock();
        let labels = [("instance", "db1"), ("host", "h")];
        let downs = [
            down("b", "database", &labels, 10),
            down("a", "database", &labels, 20),
            down("host-down", "host", &[("host", "h")], 30),
        ];
        let of = |downs: &[Alert]| -> Vec<Option<String>> {
            let causes = Causes::new(&stock, downs.iter());
            downs.iter().map(|alert| causes.of(alert).map(|key| key.rule.clone())).collect()
        };
        assert_eq!(of(&downs[..2]), [None, Some("b".to_owned())]);
        assert_eq!(of(&downs), [Some("host-down".to_owned()), Some("host-down".to_owned()), None]);
    }

    #[test]
    fn only_some_components_may_depend() {
        let dependency = Dependency {
            of: Some("redis".to_owned()),
            by: "host".to_owned(),
            components: vec!["cache".to_owned()],
        };
        let dependencies = [dependency];
        let downs = [down("redis-down", "redis", &[("host", "h")], 1)];
        let causes = Causes::new(&dependencies, downs.iter());
        let mut other = alert("hit-rate", &[("host", "h")]);
        assert_eq!(causes.of(&other), None);
        other.component = "cache".to_owned();
        assert_eq!(causes.of(&other).unwrap().rule, "redis-down");
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        let wrong = Dependency { of: None, by: "a b".to_owned(), components: Vec::new() };
        let mut dependencies = Dependency::stock();
        dependencies.push(wrong);
        let expected = "dependencies[3].by: \"a b\" is no label; the name of a label is right";
        assert_eq!(check(&dependencies).unwrap_err().to_string(), expected);
    }
}
