//! Routes: the channels of an alert, by severity, labels and time of day.

use super::error::{self, FieldError};
use super::matcher::{AlertLabels, CompiledMatchers};
use super::time_interval::{CompiledInterval, TimeInterval};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use watchglass_model::Timestamp;
use watchglass_rules::Matcher;

/// Name for all channels.
pub const ALL_CHANNELS: &str = "*";
/// Name of the fallback route.
pub const DEFAULT_ROUTE: &str = "default";
/// Maximum number of routes.
const MAX_ROUTES: usize = 100;
/// Maximum number of channels of a route.
const MAX_CHANNELS: usize = 20;
const WEEK: u32 = 7 * 86_400;

/// A notification route.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// Unique name: 1 to 64 letters, digits, `-`, `_` and `.`; not `default`.
    pub name: String,
    /// Matchers; all must match. All alerts when empty.
    #[serde(default)]
    pub matchers: Vec<Matcher>,
    /// Active hours: the route is chosen only in these hours, for new alerts and severity increases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active_time_interval: Option<TimeInterval>,
    /// Channel names; `*` for all; empty: no notification.
    pub channels: Vec<String>,
    /// Time without acknowledgement before the escalation, 60 s to 7 days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub escalate_after_seconds: Option<u32>,
    /// Channels of the escalation.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub escalate_to: Vec<String>,
    /// Repeat interval while it fires and is not acknowledged, 60 s to 7 days. Default: 4 hours.
    #[serde(default = "four_hours")]
    pub repeat_seconds: u32,
    /// Whether the following routes are tried as well.
    #[serde(default, rename = "continue")]
    pub continue_matching: bool,
}

const fn four_hours() -> u32 {
    4 * 3600
}

impl Route {
    /// The fallback route: all channels, repeat every four hours, no escalation.
    pub fn fallback() -> Self {
        Self {
            name: DEFAULT_ROUTE.to_owned(),
            matchers: Vec::new(),
            active_time_interval: None,
            channels: vec![ALL_CHANNELS.to_owned()],
            escalate_after_seconds: None,
            escalate_to: Vec::new(),
            repeat_seconds: four_hours(),
            continue_matching: false,
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
                let expected = "expected the seconds until escalate_to is notified";
                return Err(FieldError::new("escalate_after_seconds", "missing", expected));
            }
            None => {}
        }
        if self.escalate_after_seconds.is_some() && self.escalate_to.is_empty() {
            return Err(FieldError::new("escalate_to", "empty", "expected 1 to 20 channel names"));
        }
        Ok(())
    }
}

fn check_channels(field: &str, channels: &[String]) -> Result<(), FieldError> {
    error::count(field, channels.len(), MAX_CHANNELS)?;
    channels.iter().filter(|name| *name != ALL_CHANNELS).try_for_each(|name| error::name(field, name))
}

/// Channels in a notification: sorted and unique, `*` alone if it is among them.
pub(super) fn sorted_channels(channels: BTreeSet<String>) -> Vec<String> {
    if channels.contains(ALL_CHANNELS) {
        return vec![ALL_CHANNELS.to_owned()];
    }
    channels.into_iter().collect()
}

/// List of routes. The first match takes the alert, and the following ones only if it has `continue`. Alerts without a
/// match go to [`Route::fallback`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Routes(pub Vec<Route>);

impl Routes {
    /// Validates the routes.
    ///
    /// # Errors
    /// The first invalid field.
    pub fn check(&self) -> Result<(), FieldError> {
        CompiledRoutes::new(self).map(drop)
    }
}

/// Validated routes with compiled matchers and time zones.
#[derive(Clone, Debug)]
pub(super) struct CompiledRoutes {
    routes: Vec<(Route, CompiledMatchers, Option<CompiledInterval>)>,
    fallback: Route,
}

impl Default for CompiledRoutes {
    fn default() -> Self {
        Self { routes: Vec::new(), fallback: Route::fallback() }
    }
}

impl CompiledRoutes {
    pub(super) fn new(routes: &Routes) -> Result<Self, FieldError> {
        error::count("routes", routes.0.len(), MAX_ROUTES)?;
        let mut names = BTreeSet::from([DEFAULT_ROUTE]);
        let ready = routes.0.iter().enumerate().map(|(index, route)| {
            let within = |error: FieldError| error.within(format_args!("routes[{index}]"));
            route.check().map_err(within)?;
            if !names.insert(&route.name) {
                let problem = format!("duplicate name {:?}", route.name);
                return Err(within(FieldError::new("name", problem, "expected a unique name")));
            }
            let test = CompiledMatchers::new(&route.matchers).map_err(within)?;
            let hours = route.active_time_interval.as_ref().map(CompiledInterval::new).transpose();
            let hours = hours.map_err(|error| within(error.within("active_time_interval")))?;
            Ok((route.clone(), test, hours))
        });
        Ok(Self { routes: ready.collect::<Result<_, _>>()?, fallback: Route::fallback() })
    }

    /// Routes of an alert at `now`; at least one.
    pub(super) fn routes_for(&self, facts: &AlertLabels<'_>, now: Timestamp) -> Vec<&Route> {
        let mut taken = Vec::new();
        for (route, test, hours) in &self.routes {
            let is_open = || hours.as_ref().is_none_or(|hours| hours.active_interval(now).is_some());
            if test.matches(facts) && is_open() {
                taken.push(route);
                if !route.continue_matching {
                    break;
                }
            }
        }
        if taken.is_empty() {
            taken.push(&self.fallback);
        }
        taken
    }

    /// The route of that name; the fallback if it does not exist.
    pub(super) fn by_name(&self, name: &str) -> &Route {
        self.routes.iter().map(|(route, ..)| route).find(|route| route.name == name).unwrap_or(&self.fallback)
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{alert, matcher, moment, route, weekly};
    use super::super::time_interval::Weekday::{Friday, Monday, Thursday, Tuesday, Wednesday};
    use super::*;
    use watchglass_rules::Operator::{Equal, NotEqual};
    use watchglass_rules::Severity;

    #[test]
    fn first_matching_route_takes_the_alert_or_continues() {
        let mut all = route("log", &["log"]);
        all.continue_matching = true;
        let mut critical = route("pager", &["sms"]);
        critical.matchers = vec![matcher("severity", Equal, "critical")];
        let mut office = route("office", &["mail"]);
        office.matchers = vec![matcher("team", NotEqual, "none")];
        office.active_time_interval =
            Some(weekly(&[Monday, Tuesday, Wednesday, Thursday, Friday], "09:00", "17:00", "Europe/Berlin"));
        let plan = CompiledRoutes::new(&Routes(vec![all, critical, office.clone()])).unwrap();
        let only = CompiledRoutes::new(&Routes(vec![office])).unwrap();
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
            let names: Vec<&str> = plan
                .routes_for(&AlertLabels::from(&alert), now)
                .iter()
                .map(|route| route.name.as_str())
                .collect();
            assert_eq!(names, expected, "{severity:?} at {now:?}");
        }
        assert_eq!(
            (plan.by_name("pager").name.as_str(), plan.by_name("gone").name.as_str()),
            ("pager", "default")
        );
    }

    #[test]
    fn invalid_routes_are_reported_with_their_field() {
        let change = |change: &dyn Fn(&mut Route)| {
            let mut second = route("b", &["mail"]);
            change(&mut second);
            Routes(vec![route("a", &["mail"]), second]).check().unwrap_err().to_string()
        };
        for (error, expected) in [
            (
                change(&|r| "a".clone_into(&mut r.name)),
                "routes[1].name: duplicate name \"a\"; expected a unique name",
            ),
            (
                change(&|r| "default".clone_into(&mut r.name)),
                "routes[1].name: duplicate name \"default\"; expected a unique name",
            ),
            (
                change(&|r| r.channels = vec!["a b".to_owned()]),
                "routes[1].channels: invalid name \"a b\"; expected 1 to 64 letters, digits, -, _ or .",
            ),
            (change(&|r| r.repeat_seconds = 5), "routes[1].repeat_seconds: 5 s; expected 60 to 604800 s"),
            (
                change(&|r| r.escalate_after_seconds = Some(600)),
                "routes[1].escalate_to: empty; expected 1 to 20 channel names",
            ),
            (
                change(&|r| r.escalate_to = vec!["sms".to_owned()]),
                "routes[1].escalate_after_seconds: missing; expected the seconds until escalate_to is notified",
            ),
            (
                change(&|r| r.active_time_interval = Some(weekly(&[Monday], "00:00", "01:00", "Nowhere"))),
                "routes[1].active_time_interval.zone: unknown time zone \"Nowhere\"; expected an IANA time zone name such as \
                 Europe/Berlin or UTC",
            ),
            (
                change(&|r| r.matchers = vec![matcher("", Equal, "")]),
                "routes[1].matchers[0].label: invalid label \"\"; expected rule, severity, component, subject or \
                 a label name",
            ),
        ] {
            assert_eq!(error, expected);
        }
    }

    #[test]
    fn optional_fields_have_defaults() {
        let read: Routes = serde_json::from_str(r#"[{"name":"a","channels":["*"]}]"#).unwrap();
        assert_eq!(read, Routes(vec![route("a", &["*"])]));
        let whole = r#"[{"name":"a","channels":["*"],"escalate_after_seconds":600,"escalate_to":["sms"],"continue":true}]"#;
        let read: Routes = serde_json::from_str(whole).unwrap();
        assert_eq!((read.0[0].escalate_after_seconds, read.0[0].continue_matching), (Some(600), true));
        let back = serde_json::to_string(&read).unwrap();
        assert_eq!(serde_json::from_str::<Routes>(&back).unwrap(), read);
        assert!(serde_json::from_str::<Routes>(r#"[{"name":"a","channels":[],"chanels":[]}]"#).is_err());
    }
}
