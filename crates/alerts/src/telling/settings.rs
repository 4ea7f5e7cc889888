//! What can be set about telling, with the values that are right for most.

use super::dependency::{self, Dependency};
use super::error::{self, FieldError};
use super::route::{Plan, Routes};
use serde::{Deserialize, Serialize};
use watchglass_model::is_label_name;

/// How alerts become notices.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TellingSettings {
    /// What alerts must share to be told together: `component`, `rule`, `subject`, `severity` or labels. Component and
    /// host; at most 10.
    pub group_by: Vec<String>,
    /// How long an alert waits for others of its group before it is told: 10 s; 0 to 300 s. Critical ones wait as long:
    /// it is what makes one message of one outage, and a rule has waited longer before it fired.
    pub group_wait_seconds: u32,
    /// The least time between two notices of a group about what is new: 5 minutes; 0 to 3600 s. What is critical, and
    /// that all of the group is over, waits for `group_wait_seconds` only; what fires after that begins anew.
    pub group_interval_seconds: u32,
    /// How long what was quiet because of something else has to recover when that is over, before it is told:
    /// 60 s; 0 to 3600 s.
    pub settle_seconds: u32,
    /// How long before its end a silence says so: 15 minutes; 0 to 86400 s. One that lasts no longer than this doesn't.
    pub silence_warning_seconds: u32,
    /// What stays quiet because of what.
    pub dependencies: Vec<Dependency>,
    /// Who is told.
    pub routes: Routes,
}

impl Default for TellingSettings {
    fn default() -> Self {
        Self {
            group_by: vec!["component".to_owned(), "host".to_owned()],
            group_wait_seconds: 10,
            group_interval_seconds: 300,
            settle_seconds: 60,
            silence_warning_seconds: 900,
            dependencies: Dependency::stock(),
            routes: Routes::default(),
        }
    }
}

impl TellingSettings {
    /// # Errors
    /// The first field that can't be used, what is wrong with it, and what would be right.
    pub fn check(&self) -> Result<(), FieldError> {
        self.plan().map(drop)
    }

    /// Checks everything and makes the routes ready.
    pub(super) fn plan(&self) -> Result<Plan, FieldError> {
        error::count("group_by", self.group_by.len(), 10)?;
        if let Some(wrong) = self.group_by.iter().find(|name| !is_label_name(name) || name.len() > 64) {
            let shown: String = wrong.chars().take(80).collect();
            let right = "component, rule, subject, severity and names of labels are right";
            return Err(FieldError::new("group_by", format!("{shown:?} is no name of a property"), right));
        }
        error::seconds("group_wait_seconds", self.group_wait_seconds, 0, 300)?;
        error::seconds("group_interval_seconds", self.group_interval_seconds, 0, 3600)?;
        error::seconds("settle_seconds", self.settle_seconds, 0, 3600)?;
        error::seconds("silence_warning_seconds", self.silence_warning_seconds, 0, 86_400)?;
        dependency::check(&self.dependencies)?;
        Plan::new(&self.routes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_needs_to_be_said_and_nothing_unknown_can_be() {
        let read: TellingSettings = serde_json::from_str("{}").unwrap();
        assert_eq!(read, TellingSettings::default());
        assert_eq!(read.check(), Ok(()));
        let back = serde_json::to_string(&read).unwrap();
        assert_eq!(serde_json::from_str::<TellingSettings>(&back).unwrap(), read);
        assert!(serde_json::from_str::<TellingSettings>(r#"{"group_wait":1}"#).is_err());
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        for (written, expected) in [
            (
                r#"{"group_wait_seconds":301}"#,
                "group_wait_seconds: it is 301 seconds; 0 to 300 seconds are right",
            ),
            (
                r#"{"group_by":["a-b"]}"#,
                "group_by: \"a-b\" is no name of a property; component, rule, subject, severity and names of labels \
                 are right",
            ),
            (
                r#"{"routes":[{"name":"","channels":[]}]}"#,
                "routes[0].name: \"\" is no name; 1 to 64 letters, digits, -, _ and . are one",
            ),
        ] {
            let read: TellingSettings = serde_json::from_str(written).unwrap();
            assert_eq!(read.check().unwrap_err().to_string(), expected);
        }
    }
}
