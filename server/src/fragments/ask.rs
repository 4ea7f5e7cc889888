//! Which view of the alerts page an address asks for.

use super::act::Do;
use super::{ALERTS, FragmentError};
use app::fragments::Said;
use url::form_urlencoded;

/// The longest id that is looked for, in characters.
const MOST_ID: usize = 64;
/// The last page of a history that can be asked for.
const MOST_PAGE: usize = 1000;

/// A view, with what it is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ask {
    /// What is wrong now, of one rule or of all.
    Active { rule: Option<String> },
    /// What was, of one rule or of all; pages count from 1.
    History { rule: Option<String>, page: usize },
    /// All rules.
    Rules,
    /// One rule; a new one without an id.
    Rule { id: Option<String> },
    /// The silences.
    Silences,
    /// The channels.
    Channels,
    /// What became of messages.
    Deliveries,
}

impl Ask {
    /// Reads the part of an address behind the question mark. `done` in it is what a form has just done; it is said. What is
    /// not known is left aside: other parts of the page have parameters of their own.
    ///
    /// # Errors
    /// There is no such view, or a parameter cannot be used.
    pub(super) fn parse(query: &str) -> Result<(Self, Option<Said>), FragmentError> {
        let fields = super::question::fields(query)?;
        let get =
            |name: &str| fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        let id = |name: &str| match get(name) {
            None | Some("") => Ok(None),
            Some(id) if id.chars().count() <= MOST_ID => Ok(Some(id.to_owned())),
            Some(_) => Err(FragmentError::Parameter(format!(
                "{name} is too long: at most {MOST_ID} characters can be"
            ))),
        };
        let ask = match get("view").unwrap_or("active") {
            "active" => Self::Active { rule: id("rule")? },
            "history" => Self::History { rule: id("rule")?, page: page(get("page"))? },
            "rule" if get("new").is_some() => Self::Rule { id: None },
            "rule" => match id("id")? {
                Some(id) => Self::Rule { id: Some(id) },
                None => return Err(FragmentError::Parameter("id is missing: which rule?".to_owned())),
            },
            other => {
                Self::from_view(other).ok_or_else(|| FragmentError::View(other.chars().take(40).collect()))?
            }
        };
        let done = get("done").and_then(Do::from_word);
        Ok((ask, done.map(|done| Said { text: done.sentence().to_owned(), is_good: true })))
    }

    /// The view with that name, as it is at first; `None` for one that needs more than its name.
    pub(super) fn from_view(name: &str) -> Option<Self> {
        Some(match name {
            "active" => Self::Active { rule: None },
            "history" => Self::History { rule: None, page: 1 },
            "rules" => Self::Rules,
            "silences" => Self::Silences,
            "channels" => Self::Channels,
            "deliveries" => Self::Deliveries,
            _ => return None,
        })
    }

    /// Its name in an address; the active alerts need none.
    fn view(&self) -> Option<&'static str> {
        match self {
            Self::Active { .. } => None,
            Self::History { .. } => Some("history"),
            Self::Rules => Some("rules"),
            Self::Rule { .. } => Some("rule"),
            Self::Silences => Some("silences"),
            Self::Channels => Some("channels"),
            Self::Deliveries => Some("deliveries"),
        }
    }

    /// The address of the view, with what was `done`.
    pub(super) fn address(&self, done: Option<Do>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        if let Some(view) = self.view() {
            query.append_pair("view", view);
        }
        match self {
            Self::Active { rule: Some(rule) } => add(&mut query, "rule", rule),
            Self::History { rule, page } => {
                if let Some(rule) = rule {
                    add(&mut query, "rule", rule);
                }
                add(&mut query, "page", &page.to_string());
            }
            Self::Rule { id: Some(id) } => add(&mut query, "id", id),
            Self::Rule { id: None } => {
                query.append_key_only("new");
            }
            _ => {}
        }
        if let Some(done) = done {
            query.append_pair("done", done.word());
        }
        match query.finish() {
            empty if empty.is_empty() => ALERTS.to_owned(),
            query => format!("{ALERTS}?{query}"),
        }
    }
}

fn add(query: &mut form_urlencoded::Serializer<'_, String>, name: &str, value: &str) {
    query.append_pair(name, value);
}

fn page(text: Option<&str>) -> Result<usize, FragmentError> {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(1) };
    text.parse().ok().filter(|page| (1..=MOST_PAGE).contains(page)).ok_or_else(|| {
        let shown: String = text.chars().take(20).collect();
        FragmentError::Parameter(format!("page is {shown:?}: it must be from 1 to {MOST_PAGE}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn addresses_are_read_as_they_are_written() {
        for (query, ask) in [
            ("", Ask::Active { rule: None }),
            ("rule=a%26b", Ask::Active { rule: some("a&b") }),
            ("view=history&page=1", Ask::History { rule: None, page: 1 }),
            ("view=history&rule=cpu&page=3", Ask::History { rule: some("cpu"), page: 3 }),
            ("view=rules", Ask::Rules),
            ("view=rule&new", Ask::Rule { id: None }),
            ("view=rule&id=cpu", Ask::Rule { id: some("cpu") }),
            ("view=silences", Ask::Silences),
            ("view=channels", Ask::Channels),
            ("view=deliveries", Ask::Deliveries),
        ] {
            assert_eq!(Ask::parse(query).unwrap(), (ask.clone(), None));
            let address = if query.is_empty() { ALERTS.to_owned() } else { format!("{ALERTS}?{query}") };
            assert_eq!(ask.address(None), address);
        }
        let (ask, said) = Ask::parse("view=rules&done=rule-save&window=5m").unwrap();
        assert_eq!((ask, said.unwrap().is_good), (Ask::Rules, true));
        assert_eq!(Ask::Rules.address(Some(Do::RuleSave)), "/alerts?view=rules&done=rule-save");
        assert_eq!(Ask::parse("view=active&done=nonsense").unwrap(), (Ask::Active { rule: None }, None));
    }

    #[test]
    fn what_cannot_be_asked_for_is_named() {
        for (query, expected) in [
            ("view=nothing".to_owned(), "There is no view \"nothing\""),
            ("view=rule".to_owned(), "id is missing"),
            ("view=history&page=0".to_owned(), "page is \"0\""),
            ("view=history&page=x".to_owned(), "page is \"x\""),
            (format!("rule={}", "x".repeat(65)), "rule is too long"),
            ("x".repeat(5000), "5000 bytes long"),
        ] {
            let error = Ask::parse(&query).unwrap_err().to_string();
            assert!(error.contains(expected), "{query}: {error}");
        }
    }
}
