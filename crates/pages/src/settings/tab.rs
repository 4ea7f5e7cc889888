//! View below `/settings`, parsed from the URL.

use super::SettingsAction;
use crate::ui::{FlashMessage, UrlError, parse_query_string};
use url::form_urlencoded;

/// Path of the pages.
pub const PATH: &str = "/settings";

/// View below `/settings`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettingsTab {
    /// All settings.
    Settings,
    /// Account of the signed-in user.
    Account,
    /// All users.
    Users,
    /// All tokens.
    Tokens,
    /// All sessions.
    Sessions,
    /// Audit log.
    Audit,
}

const ALL: [SettingsTab; 6] = [
    SettingsTab::Settings,
    SettingsTab::Account,
    SettingsTab::Users,
    SettingsTab::Tokens,
    SettingsTab::Sessions,
    SettingsTab::Audit,
];
impl SettingsTab {
    /// Parses the query string. Its parameter `done` names a finished form action, whose success message is returned.
    ///
    /// # Errors
    /// Unknown view or invalid parameter.
    pub fn parse(query: &str) -> Result<(Self, Option<FlashMessage>), UrlError> {
        let fields = parse_query_string(query)?;
        let get =
            |name: &str| fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        let view = get("view").filter(|view| !view.is_empty()).unwrap_or("settings");
        let place = Self::from_view(view);
        let place = place.ok_or_else(|| UrlError::UnknownTab(view.chars().take(40).collect()))?;
        let done = get("done").and_then(SettingsAction::from_name);
        Ok((
            place,
            done.map(|done| FlashMessage { text: done.success_message().to_owned(), is_success: true }),
        ))
    }

    /// View with that name.
    pub fn from_view(name: &str) -> Option<Self> {
        // The former name of the list of users.
        let name = if name == "people" { "users" } else { name };
        ALL.into_iter().find(|one| one.view_name() == name)
    }

    /// Whether only administrators may see it.
    pub const fn is_admin_only(self) -> bool {
        matches!(self, Self::Users | Self::Tokens | Self::Sessions | Self::Audit)
    }

    /// URL of the view, with the action that was `done`.
    pub fn url(self, done: Option<SettingsAction>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        if self != Self::Settings {
            query.append_pair("view", self.view_name());
        }
        if let Some(done) = done {
            query.append_pair("done", done.name());
        }
        match query.finish() {
            empty if empty.is_empty() => PATH.to_owned(),
            query => format!("{PATH}?{query}"),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_parsed_back() {
        for place in ALL {
            let address = place.url(None);
            let query = address.strip_prefix(PATH).unwrap().trim_start_matches('?');
            assert_eq!(SettingsTab::parse(query).unwrap(), (place, None));
        }
        let (place, said) = SettingsTab::parse("view=people&done=user-add&window=5m").unwrap();
        assert_eq!((place, said.unwrap().is_success), (SettingsTab::Users, true));
        let nothing = (SettingsTab::Settings, None);
        assert_eq!(SettingsTab::parse("done=nonsense&page=x").unwrap(), nothing);
        for (query, expected) in
            [("view=nothing".to_owned(), "Unknown view \"nothing\""), ("x".repeat(5000), "5000 bytes long")]
        {
            let error = SettingsTab::parse(&query).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
