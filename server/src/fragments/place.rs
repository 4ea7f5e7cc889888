//! Which view of the pages of settings an address asks for.

use super::settings_act::Do;
use super::{FragmentError, SETTINGS, question};
use crate::audit::What;
use app::fragments::Said;
use url::form_urlencoded;

/// A view of the pages of settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// What is set.
    Settings,
    /// The account of who asks.
    Account,
    /// Everybody who signs in.
    People,
    /// All tokens.
    Tokens,
    /// All sessions.
    Sessions,
    /// Who has changed what.
    Audit,
}

/// Which part of the audit log is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LogQuestion {
    /// Part of a name.
    pub(super) who: String,
    /// What was changed.
    pub(super) what: Option<What>,
    /// Which page, from 1.
    pub(super) page: usize,
}

impl Default for LogQuestion {
    fn default() -> Self {
        Self { who: String::new(), what: None, page: 1 }
    }
}

const ALL: [Place; 6] =
    [Place::Settings, Place::Account, Place::People, Place::Tokens, Place::Sessions, Place::Audit];
/// The last page of the audit log that can be asked for.
const MOST_PAGE: usize = 100_000;
/// The longest part of a name, in characters.
const MOST_WHO: usize = 100;

impl Place {
    /// Reads the part of an address behind the question mark. `done` in it is what a form has just done; it is said.
    ///
    /// # Errors
    /// There is no such view, or a parameter cannot be used.
    pub(super) fn parse(query: &str) -> Result<(Self, LogQuestion, Option<Said>), FragmentError> {
        let fields = question::fields(query)?;
        let get =
            |name: &str| fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        let view = get("view").filter(|view| !view.is_empty()).unwrap_or("settings");
        let place = Self::from_view(view);
        let place = place.ok_or_else(|| FragmentError::Place(view.chars().take(40).collect()))?;
        let log = if place == Self::Audit { LogQuestion::parse(get)? } else { LogQuestion::default() };
        let done = get("done").and_then(Do::from_word);
        Ok((place, log, done.map(|done| Said { text: done.sentence().to_owned(), is_good: true })))
    }

    /// The view with that name.
    pub(super) fn from_view(name: &str) -> Option<Self> {
        ALL.into_iter().find(|one| one.view() == name)
    }

    /// Whether it is shown to administrators alone.
    pub(super) const fn is_of_admins(self) -> bool {
        matches!(self, Self::People | Self::Tokens | Self::Sessions | Self::Audit)
    }

    /// The address of the view, with what was `done`.
    pub(super) fn address(self, done: Option<Do>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        if self != Self::Settings {
            query.append_pair("view", self.view());
        }
        if let Some(done) = done {
            query.append_pair("done", done.word());
        }
        match query.finish() {
            empty if empty.is_empty() => SETTINGS.to_owned(),
            query => format!("{SETTINGS}?{query}"),
        }
    }

    const fn view(self) -> &'static str {
        match self {
            Self::Settings => "settings",
            Self::Account => "account",
            Self::People => "people",
            Self::Tokens => "tokens",
            Self::Sessions => "sessions",
            Self::Audit => "audit",
        }
    }
}

impl LogQuestion {
    fn parse<'a>(get: impl Fn(&str) -> Option<&'a str>) -> Result<Self, FragmentError> {
        let given = |name: &str| get(name).filter(|text| !text.is_empty());
        let what = given("what").map(str::parse::<What>).transpose().map_err(FragmentError::Parameter)?;
        let who = given("who").unwrap_or_default();
        if who.chars().count() > MOST_WHO {
            let message = format!("who is too long: at most {MOST_WHO} characters can be");
            return Err(FragmentError::Parameter(message));
        }
        let page = match given("page") {
            None => Some(1),
            Some(text) => text.parse().ok().filter(|page| (1..=MOST_PAGE).contains(page)),
        };
        let page = page.ok_or_else(|| {
            FragmentError::Parameter(format!("page must be a whole number from 1 to {MOST_PAGE}"))
        })?;
        Ok(Self { who: who.to_owned(), what, page })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_they_are_written() {
        for place in ALL {
            let address = place.address(None);
            let query = address.strip_prefix(SETTINGS).unwrap().trim_start_matches('?');
            assert_eq!(Place::parse(query).unwrap(), (place, LogQuestion::default(), None));
        }
        let (place, _, said) = Place::parse("view=people&done=user-add&window=5m").unwrap();
        assert_eq!((place, said.unwrap().is_good), (Place::People, true));
        let nothing = (Place::Settings, LogQuestion::default(), None);
        assert_eq!(Place::parse("done=nonsense&page=x").unwrap(), nothing);
        let (_, log, _) = Place::parse("view=audit&who=Ada&what=rule&page=3").unwrap();
        assert_eq!(log, LogQuestion { who: "Ada".to_owned(), what: Some(What::Rule), page: 3 });
        for (query, expected) in [
            ("view=nothing".to_owned(), "There is no view \"nothing\""),
            ("x".repeat(5000), "5000 bytes long"),
            ("view=audit&what=weather".to_owned(), "must be one of rule, silence"),
            ("view=audit&page=0".to_owned(), "from 1 to"),
            (format!("view=audit&who={}", "x".repeat(101)), "who is too long"),
        ] {
            let error = Place::parse(&query).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
