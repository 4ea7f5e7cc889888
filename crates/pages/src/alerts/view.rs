//! View of the alerts page, parsed from the URL.

use super::AlertsAction;
use crate::ui::{FlashMessage, UrlError, parse_query_string};
use url::form_urlencoded;

/// Path of the page.
pub const PATH: &str = "/alerts";
/// Path of the form that previews a rule, which changes nothing: viewers may send it.
pub const PREVIEW_PATH: &str = "/alerts/preview";

/// Maximum length of an id, in characters.
const MAX_ID_CHARS: usize = 64;
/// Last page of active and past alerts.
const MAX_PAGE: usize = 1000;

/// View of the alerts page with its parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AlertsView {
    /// Active alerts of one rule or of all; pages count from 1.
    Active {
        /// Rule id.
        rule: Option<String>,
        /// Page.
        page: usize,
    },
    /// Past alerts of one rule or of all; pages count from 1.
    History {
        /// Rule id.
        rule: Option<String>,
        /// Page.
        page: usize,
    },
    /// All rules.
    Rules,
    /// One rule; without an id, a new one.
    Rule {
        /// Rule id.
        id: Option<String>,
    },
    /// All silences.
    Silences,
    /// Notification channels.
    Channels,
    /// Notification log.
    Deliveries,
    /// Expected heartbeats.
    Heartbeats,
}

impl AlertsView {
    /// Parses the query string. Its parameter `done` names a finished form action, whose success message is returned. Unknown
    /// parameters are ignored: other parts of the page have their own.
    ///
    /// # Errors
    /// Unknown view or invalid parameter.
    pub fn parse(query: &str) -> Result<(Self, Option<FlashMessage>), UrlError> {
        let fields = parse_query_string(query)?;
        let get =
            |name: &str| fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        let id = |name: &str| match get(name) {
            None | Some("") => Ok(None),
            Some(id) if id.chars().count() <= MAX_ID_CHARS => Ok(Some(id.to_owned())),
            Some(_) => Err(UrlError::InvalidParameter(format!(
                "{name} is too long: at most {MAX_ID_CHARS} characters are allowed"
            ))),
        };
        let ask = match get("view").unwrap_or("active") {
            "active" => Self::Active { rule: id("rule")?, page: page(get("page"))? },
            "history" => Self::History { rule: id("rule")?, page: page(get("page"))? },
            "rule" if get("new").is_some() => Self::Rule { id: None },
            "rule" => match id("id")? {
                Some(id) => Self::Rule { id: Some(id) },
                None => return Err(UrlError::InvalidParameter("id is missing".to_owned())),
            },
            other => Self::from_view(other)
                .ok_or_else(|| UrlError::UnknownView(other.chars().take(40).collect()))?,
        };
        let done = get("done").and_then(AlertsAction::from_name);
        Ok((ask, done.map(|done| FlashMessage { text: done.success_message().to_owned(), is_success: true })))
    }

    /// View with that name and default parameters; `None` for a view that needs parameters.
    pub fn from_view(name: &str) -> Option<Self> {
        Some(match name {
            "active" => Self::Active { rule: None, page: 1 },
            "history" => Self::History { rule: None, page: 1 },
            "rules" => Self::Rules,
            "silences" => Self::Silences,
            "channels" => Self::Channels,
            "deliveries" => Self::Deliveries,
            "heartbeats" => Self::Heartbeats,
            _ => return None,
        })
    }

    /// Name in the URL; the active alerts need none.
    fn view_name(&self) -> Option<&'static str> {
        match self {
            Self::Active { .. } => None,
            Self::History { .. } => Some("history"),
            Self::Rules => Some("rules"),
            Self::Rule { .. } => Some("rule"),
            Self::Silences => Some("silences"),
            Self::Channels => Some("channels"),
            Self::Deliveries => Some("deliveries"),
            Self::Heartbeats => Some("heartbeats"),
        }
    }

    /// URL of the view, with the action that was `done`.
    pub fn url(&self, done: Option<AlertsAction>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        if let Some(view) = self.view_name() {
            query.append_pair("view", view);
        }
        match self {
            Self::Active { rule, page } => {
                if let Some(rule) = rule {
                    add(&mut query, "rule", rule);
                }
                if *page > 1 {
                    add(&mut query, "page", &page.to_string());
                }
            }
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
            query.append_pair("done", done.name());
        }
        match query.finish() {
            empty if empty.is_empty() => PATH.to_owned(),
            query => format!("{PATH}?{query}"),
        }
    }
}

fn add(query: &mut form_urlencoded::Serializer<'_, String>, name: &str, value: &str) {
    query.append_pair(name, value);
}

fn page(text: Option<&str>) -> Result<usize, UrlError> {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(1) };
    text.parse().ok().filter(|page| (1..=MAX_PAGE).contains(page)).ok_or_else(|| {
        let shown: String = text.chars().take(20).collect();
        UrlError::InvalidParameter(format!("page is {shown:?}: it must be from 1 to {MAX_PAGE}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn urls_are_parsed_back() {
        for (query, ask) in [
            ("", AlertsView::Active { rule: None, page: 1 }),
            ("rule=a%26b", AlertsView::Active { rule: some("a&b"), page: 1 }),
            ("rule=cpu&page=2", AlertsView::Active { rule: some("cpu"), page: 2 }),
            ("view=history&page=1", AlertsView::History { rule: None, page: 1 }),
            ("view=history&rule=cpu&page=3", AlertsView::History { rule: some("cpu"), page: 3 }),
            ("view=rules", AlertsView::Rules),
            ("view=rule&new", AlertsView::Rule { id: None }),
            ("view=rule&id=cpu", AlertsView::Rule { id: some("cpu") }),
            ("view=silences", AlertsView::Silences),
            ("view=channels", AlertsView::Channels),
            ("view=deliveries", AlertsView::Deliveries),
        ] {
            assert_eq!(AlertsView::parse(query).unwrap(), (ask.clone(), None));
            let address = if query.is_empty() { PATH.to_owned() } else { format!("{PATH}?{query}") };
            assert_eq!(ask.url(None), address);
        }
        let (ask, said) = AlertsView::parse("view=rules&done=rule-save&window=5m").unwrap();
        assert_eq!((ask, said.unwrap().is_success), (AlertsView::Rules, true));
        assert_eq!(AlertsView::Rules.url(Some(AlertsAction::RuleSave)), "/alerts?view=rules&done=rule-save");
        assert_eq!(
            AlertsView::parse("view=active&done=nonsense").unwrap(),
            (AlertsView::Active { rule: None, page: 1 }, None)
        );
    }

    #[test]
    fn errors_name_the_invalid_parameter() {
        for (query, expected) in [
            ("view=nothing".to_owned(), "Unknown view \"nothing\""),
            ("view=rule".to_owned(), "id is missing"),
            ("view=history&page=0".to_owned(), "page is \"0\""),
            ("view=history&page=x".to_owned(), "page is \"x\""),
            (format!("rule={}", "x".repeat(65)), "rule is too long"),
            ("x".repeat(5000), "5000 bytes long"),
        ] {
            let error = AlertsView::parse(&query).unwrap_err().to_string();
            assert!(error.contains(expected), "{query}: {error}");
        }
    }
}
