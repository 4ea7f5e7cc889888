//! View below `/settings`, parsed from the URL.

use super::settings_actions::SettingsAction;
use super::{FragmentError, SETTINGS_PATH, table_query};
use crate::audit::AuditTarget;
use url::form_urlencoded;
use watchglass_pages::ui::FlashMessage;

/// View below `/settings`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SettingsTab {
    Settings,
    /// Account of the signed-in user.
    Account,
    /// All users.
    Users,
    /// All tokens.
    Tokens,
    /// All sessions.
    Sessions,
    Audit,
}

/// Filter and page of the audit log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct AuditLogQuery {
    /// Part of a user name.
    pub(super) who: String,
    /// Kind of object.
    pub(super) what: Option<AuditTarget>,
    /// Page number, from 1.
    pub(super) page: usize,
}

impl Default for AuditLogQuery {
    fn default() -> Self {
        Self { who: String::new(), what: None, page: 1 }
    }
}

const ALL: [SettingsTab; 6] = [
    SettingsTab::Settings,
    SettingsTab::Account,
    SettingsTab::Users,
    SettingsTab::Tokens,
    SettingsTab::Sessions,
    SettingsTab::Audit,
];
/// Last page of the audit log.
const MAX_PAGE: usize = 100_000;
/// Maximum length of the name filter, in characters.
const MAX_WHO_CHARS: usize = 100;

impl SettingsTab {
    /// Parses the query string. Its parameter `done` names a finished form action, whose success message is returned.
    ///
    /// # Errors
    /// Unknown view or invalid parameter.
    pub(super) fn parse(query: &str) -> Result<(Self, AuditLogQuery, Option<FlashMessage>), FragmentError> {
        let fields = table_query::parse_query_string(query)?;
        let get =
            |name: &str| fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        let view = get("view").filter(|view| !view.is_empty()).unwrap_or("settings");
        let place = Self::from_view(view);
        let place = place.ok_or_else(|| FragmentError::UnknownTab(view.chars().take(40).collect()))?;
        let log = if place == Self::Audit { AuditLogQuery::parse(get)? } else { AuditLogQuery::default() };
        let done = get("done").and_then(SettingsAction::from_name);
        Ok((
            place,
            log,
            done.map(|done| FlashMessage { text: done.success_message().to_owned(), is_success: true }),
        ))
    }

    /// View with that name.
    pub(super) fn from_view(name: &str) -> Option<Self> {
        // The former name of the list of users.
        let name = if name == "people" { "users" } else { name };
        ALL.into_iter().find(|one| one.view_name() == name)
    }

    /// Whether only administrators may see it.
    pub(super) const fn is_admin_only(self) -> bool {
        matches!(self, Self::Users | Self::Tokens | Self::Sessions | Self::Audit)
    }

    /// URL of the view, with the action that was `done`.
    pub(super) fn url(self, done: Option<SettingsAction>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        if self != Self::Settings {
            query.append_pair("view", self.view_name());
        }
        if let Some(done) = done {
            query.append_pair("done", done.name());
        }
        match query.finish() {
            empty if empty.is_empty() => SETTINGS_PATH.to_owned(),
            query => format!("{SETTINGS_PATH}?{query}"),
        }
    }

    const fn view_name(self) -> &'static str {
        match self {
            Self::Settings => "settings",
            Self::Account => "account",
            Self::Users => "users",
            Self::Tokens => "tokens",
            Self::Sessions => "sessions",
            Self::Audit => "audit",
        }
    }
}

impl AuditLogQuery {
    fn parse<'a>(get: impl Fn(&str) -> Option<&'a str>) -> Result<Self, FragmentError> {
        let given = |name: &str| get(name).filter(|text| !text.is_empty());
        let what = given("what")
            .map(str::parse::<AuditTarget>)
            .transpose()
            .map_err(FragmentError::InvalidParameter)?;
        let who = given("who").unwrap_or_default();
        if who.chars().count() > MAX_WHO_CHARS {
            let message = format!("who is too long: at most {MAX_WHO_CHARS} characters are allowed");
            return Err(FragmentError::InvalidParameter(message));
        }
        let page = match given("page") {
            None => Some(1),
            Some(text) => text.parse().ok().filter(|page| (1..=MAX_PAGE).contains(page)),
        };
        let page = page.ok_or_else(|| {
            FragmentError::InvalidParameter(format!("page must be a whole number from 1 to {MAX_PAGE}"))
        })?;
        Ok(Self { who: who.to_owned(), what, page })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_parsed_back() {
        for place in ALL {
            let address = place.url(None);
            let query = address.strip_prefix(SETTINGS_PATH).unwrap().trim_start_matches('?');
            assert_eq!(SettingsTab::parse(query).unwrap(), (place, AuditLogQuery::default(), None));
        }
        let (place, _, said) = SettingsTab::parse("view=people&done=user-add&window=5m").unwrap();
        assert_eq!((place, said.unwrap().is_success), (SettingsTab::Users, true));
        let nothing = (SettingsTab::Settings, AuditLogQuery::default(), None);
        assert_eq!(SettingsTab::parse("done=nonsense&page=x").unwrap(), nothing);
        let (_, log, _) = SettingsTab::parse("view=audit&who=Ada&what=rule&page=3").unwrap();
        assert_eq!(log, AuditLogQuery { who: "Ada".to_owned(), what: Some(AuditTarget::Rule), page: 3 });
        for (query, expected) in [
            ("view=nothing".to_owned(), "Unknown view \"nothing\""),
            ("x".repeat(5000), "5000 bytes long"),
            ("view=audit&what=weather".to_owned(), "must be one of rule, silence"),
            ("view=audit&page=0".to_owned(), "from 1 to"),
            (format!("view=audit&who={}", "x".repeat(101)), "who is too long"),
        ] {
            let error = SettingsTab::parse(&query).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
