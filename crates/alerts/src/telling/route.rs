//! Routes: by which channels an alert is told, by its severity, its labels and the time of day.

use super::error::{self, FieldError};
use super::matcher::{Facts, Test};
use super::weekly::{Calendar, Weekly};
use crate::Matcher;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use watchglass_model::Timestamp;

/// Stands for every channel that there is.
pub const ALL_CHANNELS: &str = "*";
/// The name of the route of what no other route takes.
pub const DEFAULT_ROUTE: &str = "default";
/// The most routes that can be listed.
const MOST_ROUTES: usize = 100;
/// The most channels that a route can name.
const MOST_CHANNELS: usize = 20;
const WEEK: u32 = 7 * 86_400;

/// One way to tell people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// What it is called: 1 to 64 letters, digits, `-`, `_` and `.`, each name once, not `default`.
    pub name: String,
    /// Which alerts: those for which all of these hold; all alerts when there are none.
    #[serde(default)]
    pub matchers: Vec<Matcher>,
    /// Only for what is first told, or has become worse, in these hours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hours: Option<Weekly>,
    /// The channels' names; `*` for all; none to tell nobody.
    pub channels: Vec<String>,
    /// How long to wait for somebody to acknowledge before others are told, 60 s to 7 days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub escalate_after_seconds: Option<u32>,
    /// The channels that are told then.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub escalate_to: Vec<String>,
    /// How often it is told again while it fires and nobody has acknowledged, 60 s to 7 days; 4 hours where
    /// nothing is said.
    #[serde(default = "four_hours")]
    pub repeat_seconds: u32,
    /// Whether routes further down are tried too.
    #[serde(default, rename = "continue")]
    pub go_on: bool,
}

const fn four_hours() -> u32 {
    4 * 3600
}

impl Route {
    /// The route of what no other takes: all channels, again every four hours, no escalation.
    pub fn fallback() -> Self {
        Self {
            name: DEFAULT_ROUTE.to_owned(),
            matchers: Vec::new(),
            hours: None,
            channels: vec![ALL_CHANNELS.to_owned()],
            escalate_after_seconds: None,
            escalate_to: Vec::new(),
            repeat_seconds: four_hours(),
            go_on: false,
        }
    }

    fn check(&self) -> Result<(), FieldError> {
        error::name("name", &self.name)?;
        check_channels("channels", &self.channels)?;
        check_channels("escalate_to", &self.escalate_to)?;
        error::seconds("repeat_seconds", self.repeat_seconds, 60, WEEK)?;
        match self.escalate_after_seconds {
            Some(after) => error::seconds("escalate_after_seconds", after, 60, WEEK)?,
            None if !self.escalate_to.is_empty() => {
                let right = "the seconds after which escalate_to is told are right";
                return Err(FieldError::new("escalate_after_seconds", "it is missing", right));
            }
            None => {}
        }
        if self.escalate_after_seconds.is_some() && self.escalate_to.is_empty() {
            return Err(FieldError::new("escalate_to", "it is empty", "1 to 20 names of channels are right"));
        }
        Ok(())
    }
}

fn check_channels(field: &str, channels: &[String]) -> Result<(), FieldError> {
    error::count(field, channels.len(), MOST_CHANNELS)?;
    channels.iter().filter(|name| *name != ALL_CHANNELS).try_for_each(|name| error::name(field, name))
}

/// Channels as a notice lists them: sorted, each once, and `*` alone where it is among them.
pub(super) fn listed(channels: BTreeSet<String>) -> Vec<String> {
    if channels.contains(ALL_CHANNELS) {
        return vec![ALL_CHANNELS.to_owned()];
    }
    channels.into_iter().collect()
}

/// The list of routes. The first that fits takes an alert, and those behind it only where it says `continue`. What none
/// takes goes to [`Route::fallback`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Routes(pub Vec<Route>);

impl Routes {
    /// # Errors
    /// The first field that can't be used, what is wrong with it, and what would be right.
    pub fn check(&self) -> Result<(), FieldError> {
        Plan::new(self).map(drop)
    }
}

/// Routes that were checked, with their expressions and time zones at hand.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    routes: Vec<(Route, Test, Option<Calendar>)>,
    fallback: Route,
}

impl Default for Plan {
    fn default() -> Self {
        Self { routes: Vec::new(), fallback: Route::fallback() }
    }
}

impl Plan {
    pub(super) fn new(routes: &Routes) -> Result<Self, FieldError> {
        error::count("routes", routes.0.len(), MOST_ROUTES)?;
        let mut names = BTreeSet::from([DEFAULT_ROUTE]);
        let ready = routes.0.iter().enumerate().map(|(index, route)| {
            let within = |error: FieldError| error.within(format_args!("routes[{index}]"));
            route.check().map_err(within)?;
            if !names.insert(&route.name) {
                let wrong = format!("{:?} is taken", route.name);
                return Err(within(FieldError::new("name", wrong, "a name of its own is right")));
            }
            let test = Test::new(&route.matchers).map_err(within)?;
            let hours = route.hours.as_ref().map(Calendar::new).transpose();
            let hours = hours.map_err(|error| within(error.within("hours")))?;
            Ok((route.clone(), test, hours))
        });
        Ok(Self { routes: ready.collect::<Result<_, _>>()?, fallback: Route::fallback() })
    }

    /// The routes that such an alert takes at `now`; at least one.
    pub(super) fn of(&self, facts: &Facts<'_>, now: Timestamp) -> Vec<&Route> {
        let mut taken = Vec::new();
        for (route, test, hours) in &self.routes {
            let is_open = || hours.as_ref().is_none_or(|hours| hours.span(now).is_some());
            if test.holds(facts) && is_open() {
                taken.push(route);
                if !route.go_on {
                    break;
                }
            }
        }
        if taken.is_empty() {
            taken.push(&self.fallback);
        }
        taken
    }

    /// The route of that name; the default one if it is gone.
    pub(super) fn named(&self, name: &str) -> &Route {
        self.routes.iter().map(|(route, ..)| route).find(|route| route.name == name).unwrap_or(&self.fallback)
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{alert, matcher, moment, route, weekly};
    use super::super::weekly::Weekday::{Friday, Monday, Thursday, Tuesday, Wednesday};
    use super::*;
    use crate::Operator::{Equal, NotEqual};
    use crate::Severity;

    #[test]
    fn the_first_that_fits_takes_an_alert_or_shares_it() {
        let mut all = route("log", &["log"]);
        all.go_on = true;
        let mut critical = route("pager", &["sms"]);
        critical.matchers = vec![matcher("severity", Equal, "critical")];
        let mut office = route("office", &["mail"]);
        office.matchers = vec![matcher("team", NotEqual, "none")];
        office.hours =
            Some(weekly(&[Monday, Tuesday, Wednesday, Thursday, Friday], "09:00", "17:00", "Europe/Berlin"));
        let plan = Plan::new(&Routes(vec![all, critical, office.clone()])).unwrap();
        let only = Plan::new(&Routes(vec![office])).unwrap();
        let (noon, night) = (moment("2026-03-20T12:00:00Z"), moment("2026-03-20T02:00:00Z"));
        for (plan, severity, now, expected) in [
            (&plan, Severity::Critical, noon, &["log", "pager"][..]),
            (&plan, Severity::Warning, noon, &["log", "office"]),
            (&plan, Severity::Warning, night, &["log"]),
            (&only, Severity::Warning, noon, &["office"]),
            (&only, Severity::Warning, night, &[DEFAULT_ROUTE]),
        ] {
            let mut alert = alert("cpu", &[]);
            alert.severity = severity;
            let names: Vec<&str> =
                plan.of(&Facts::from(&alert), now).iter().map(|route| route.name.as_str()).collect();
            assert_eq!(names, expected, "{severity:?} at {now:?}");
        }
        assert_eq!(
            (plan.named("pager").name.as_str(), plan.named("gone").name.as_str()),
            ("pager", "default")
        );
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        let change = |change: &dyn Fn(&mut Route)| {
            let mut second = route("b", &["mail"]);
            change(&mut second);
            Routes(vec![route("a", &["mail"]), second]).check().unwrap_err().to_string()
        };
        for (error, expected) in [
            (
                change(&|r| "a".clone_into(&mut r.name)),
                "routes[1].name: \"a\" is taken; a name of its own is right",
            ),
            (
                change(&|r| "default".clone_into(&mut r.name)),
                "routes[1].name: \"default\" is taken; a name of its own is right",
            ),
            (
                change(&|r| r.channels = vec!["a b".to_owned()]),
                "routes[1].channels: \"a b\" is no name; 1 to 64 letters, digits, -, _ and . are one",
            ),
            (
                change(&|r| r.repeat_seconds = 5),
                "routes[1].repeat_seconds: it is 5 seconds; 60 to 604800 seconds are right",
            ),
            (
                change(&|r| r.escalate_after_seconds = Some(600)),
                "routes[1].escalate_to: it is empty; 1 to 20 names of channels are right",
            ),
            (
                change(&|r| r.escalate_to = vec!["sms".to_owned()]),
                "routes[1].escalate_after_seconds: it is missing; the seconds after which escalate_to is told are right",
            ),
            (
                change(&|r| r.hours = Some(weekly(&[Monday], "00:00", "01:00", "Nowhere"))),
                "routes[1].hours.zone: \"Nowhere\" is no time zone; a name of the IANA time zone database such as \
                 Europe/Berlin or UTC is right",
            ),
            (
                change(&|r| r.matchers = vec![matcher("", Equal, "")]),
                "routes[1].matchers[0].label: \"\" is no label; rule, severity, component, subject and \
                 names of labels are right",
            ),
        ] {
            assert_eq!(error, expected);
        }
    }

    #[test]
    fn are_read_with_few_words() {
        let read: Routes = serde_json::from_str(r#"[{"name":"a","channels":["*"]}]"#).unwrap();
        assert_eq!(read, Routes(vec![route("a", &["*"])]));
        let whole = r#"[{"name":"a","channels":["*"],"escalate_after_seconds":600,"escalate_to":["sms"],"continue":true}]"#;
        let read: Routes = serde_json::from_str(whole).unwrap();
        assert_eq!((read.0[0].escalate_after_seconds, read.0[0].go_on), (Some(600), true));
        let back = serde_json::to_string(&read).unwrap();
        assert_eq!(serde_json::from_str::<Routes>(&back).unwrap(), read);
        assert!(serde_json::from_str::<Routes>(r#"[{"name":"a","channels":[],"chanels":[]}]"#).is_err());
    }
}
