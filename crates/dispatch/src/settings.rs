//! Settings of the dispatch, with defaults that suit most installations.

use super::error::{self, FieldError};
use super::inhibit::{self, InhibitRule};
use super::route::{CompiledRoutes, Routes};
use serde::{Deserialize, Serialize};
use watchglass_model::is_label_name;

/// Settings of grouping, inhibition, reminders and routes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DispatchSettings {
    /// Labels that define a group: `component`, `rule`, `subject`, `severity` or labels; at most 10. Default:
    /// component and host.
    pub group_by: Vec<String>,
    /// Time a new group waits for further alerts before its first notification. Default 10 s; 0 to 300 s. Critical
    /// alerts wait as well: one outage is one message, and the pending period was longer anyway.
    pub group_wait_seconds: u32,
    /// Minimum time between two notifications of a group about new alerts. Default 300 s; 0 to 3600 s. Critical
    /// alerts, and the resolution of the whole group, wait for `group_wait_seconds` only; the next alert after that
    /// starts anew.
    pub group_interval_seconds: u32,
    /// Time an inhibited alert has to recover after its cause resolved before it is notified. Default 60 s; 0 to 3600
    /// s.
    pub inhibit_settle_seconds: u32,
    /// Time before the end of a silence at which a reminder is sent. Default 900 s; 0 to 86400 s. Shorter silences
    /// send none.
    pub silence_reminder_seconds: u32,
    /// Inhibition rules; they replace the default ones.
    pub inhibit_rules: Vec<InhibitRule>,
    /// Routes.
    pub routes: Routes,
}

impl Default for DispatchSettings {
    fn default() -> Self {
        Self {
            group_by: vec!["component".to_owned(), "host".to_owned()],
            group_wait_seconds: 10,
            group_interval_seconds: 300,
            inhibit_settle_seconds: 60,
            silence_reminder_seconds: 900,
            inhibit_rules: InhibitRule::defaults(),
            routes: Routes::default(),
        }
    }
}

impl DispatchSettings {
    /// Validates the settings.
    ///
    /// # Errors
    /// The first invalid field.
    pub fn check(&self) -> Result<(), FieldError> {
        self.compile().map(drop)
    }

    /// Validates everything and compiles the routes.
    pub(super) fn compile(&self) -> Result<CompiledRoutes, FieldError> {
        error::count("group_by", self.group_by.len(), 10)?;
        if let Some(invalid) = self.group_by.iter().find(|name| !is_label_name(name) || name.len() > 64) {
            let shown: String = invalid.chars().take(80).collect();
            let expected = "expected component, rule, subject, severity or a label name";
            return Err(FieldError::new("group_by", format!("invalid label {shown:?}"), expected));
        }
        error::seconds("group_wait_seconds", self.group_wait_seconds, 0, 300)?;
        error::seconds("group_interval_seconds", self.group_interval_seconds, 0, 3600)?;
        error::seconds("inhibit_settle_seconds", self.inhibit_settle_seconds, 0, 3600)?;
        error::seconds("silence_reminder_seconds", self.silence_reminder_seconds, 0, 86_400)?;
        inhibit::check(&self.inhibit_rules)?;
        CompiledRoutes::new(&self.routes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_settings_are_optional_and_unknown_keys_are_rejected() {
        let read: DispatchSettings = serde_json::from_str("{}").unwrap();
        assert_eq!(read, DispatchSettings::default());
        assert_eq!(read.check(), Ok(()));
        let back = serde_json::to_string(&read).unwrap();
        assert_eq!(serde_json::from_str::<DispatchSettings>(&back).unwrap(), read);
        assert!(serde_json::from_str::<DispatchSettings>(r#"{"group_wait":1}"#).is_err());
    }

    #[test]
    fn invalid_settings_are_reported_with_their_field() {
        for (written, expected) in [
            (r#"{"group_wait_seconds":301}"#, "group_wait_seconds: 301 s; expected 0 to 300 s"),
            (
                r#"{"group_by":["a-b"]}"#,
                "group_by: invalid label \"a-b\"; expected component, rule, subject, severity or a label name",
            ),
            (
                r#"{"routes":[{"name":"","channels":[]}]}"#,
                "routes[0].name: invalid name \"\"; expected 1 to 64 letters, digits, -, _ or .",
            ),
        ] {
            let read: DispatchSettings = serde_json::from_str(written).unwrap();
            assert_eq!(read.check().unwrap_err().to_string(), expected);
        }
    }
}
