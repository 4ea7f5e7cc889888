//! Status of a monitored database or cache, and what replaces a list that is not available.

use super::view::{ListView, ServiceView};
use crate::ui::time_tag;
use leptos::prelude::*;
use watchglass_model::{Problem, Timestamp, format};

/// Status of a monitored instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ServiceStatus {
    /// No response yet.
    Pending,
    /// Up.
    Up,
    /// Down.
    Down {
        /// Since when.
        since: Timestamp,
        /// Error of the probe.
        reason: String,
    },
}

impl ServiceStatus {
    /// Status of the instance, given the failing probes.
    pub(super) fn from_problems(view: &ServiceView, problems: &[Problem]) -> Self {
        match problems.iter().find(|problem| problem.probe == view.probe) {
            Some(problem) => Self::Down { since: problem.since, reason: problem.reason.clone() },
            None if view.is_known => Self::Up,
            None => Self::Pending,
        }
    }

    /// Value of `data-state`, for style sheets and tests.
    pub(super) fn data_state(&self) -> &'static str {
        match self {
            Self::Pending => "asked",
            Self::Up => "up",
            Self::Down { .. } => "down",
        }
    }

    /// Status text; `newest` is the time of the newest values.
    pub(super) fn view(&self, newest: Option<Timestamp>) -> AnyView {
        match self {
            Self::Pending => "Waiting for the first response".into_any(),
            Self::Up => "Up".into_any(),
            Self::Down { since, .. } => {
                let age = format::age(newest.map_or(0, |newest| newest.millis_since(*since)));
                view! { "Down since "{time_tag(*since)}" · "{age} }.into_any()
            }
        }
    }

    /// Error of the probe; empty unless it is down.
    pub(super) fn reason(&self) -> String {
        match self {
            Self::Down { reason, .. } => reason.clone(),
            Self::Pending | Self::Up => String::new(),
        }
    }

    /// Number of rows of a list; a dash if unknown.
    pub(super) fn count(&self, list: &ListView) -> String {
        match (self, &list.rows) {
            (Self::Up, Some(rows)) => rows.len().to_string(),
            _ => "–".to_owned(),
        }
    }

    /// Text that replaces a list without rows; `None` if it has rows.
    pub(super) fn placeholder(&self, list: &ListView, has_notes: bool) -> Option<&'static str> {
        match (self, &list.rows) {
            (Self::Down { .. }, _) => Some("No data while the server is down."),
            (Self::Pending, _) => Some("Waiting for the first response."),
            (Self::Up, Some(rows)) => rows.is_empty().then_some(list.kind.empty),
            (Self::Up, None) if has_notes => {
                Some("Not available. The notes above say which permission or setting is missing.")
            }
            (Self::Up, None) => Some(list.kind.not_queried),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services::view::ListKind;
    use crate::ui::StaticHtml;
    use crate::ui::{Cell, Sort, text_column};

    static KIND: ListKind = ListKind {
        title: "List",
        columns: &[text_column("Word")],
        sort: Sort::largest_first(0),
        empty: "empty",
        not_queried: "not yet",
    };

    fn view(is_known: bool) -> ServiceView {
        ServiceView {
            probe: "redis:cache:6379".to_owned(),
            instance: "cache:6379".to_owned(),
            is_known,
            facts: String::new(),
            notes: Vec::new(),
            lists: Vec::new(),
        }
    }

    fn problem(probe: &str) -> Problem {
        Problem {
            probe: probe.to_owned(),
            since: Timestamp::from_millis(60_000),
            reason: "refused".to_owned(),
        }
    }

    fn down() -> ServiceStatus {
        ServiceStatus::Down { since: Timestamp::from_millis(60_000), reason: "refused".to_owned() }
    }

    #[test]
    fn status_is_down_if_the_probe_fails_else_up_after_a_response() {
        for (is_known, problems, expected, word) in [
            (false, vec![], ServiceStatus::Pending, "asked"),
            (true, vec![], ServiceStatus::Up, "up"),
            (true, vec![problem("redis:cache:6380"), problem("disk")], ServiceStatus::Up, "up"),
            (true, vec![problem("disk"), problem("redis:cache:6379")], down(), "down"),
            (false, vec![problem("redis:cache:6379")], down(), "down"),
        ] {
            let found = ServiceStatus::from_problems(&view(is_known), &problems);
            assert_eq!((&found, found.data_state()), (&expected, word));
            assert_eq!(found.reason().is_empty(), word != "down");
        }
    }

    #[test]
    fn status_text_shows_since_when() {
        let at = |seconds: i64| Some(Timestamp::from_millis(seconds * 1000));
        const SINCE: &str = "Down since <time datetime=\"1970-01-01T00:01:00Z\">1 Jan 00:01:00 UTC</time> · ";
        for (condition, newest, expected) in [
            (ServiceStatus::Pending, at(0), "Waiting for the first response".to_owned()),
            (ServiceStatus::Up, at(0), "Up".to_owned()),
            (down(), at(65), format!("{SINCE}5 s")),
            (down(), at(60 + 3 * 86_400), format!("{SINCE}3 d")),
            (down(), None, format!("{SINCE}0 s")),
        ] {
            let html = condition.view(newest).html().replace('\u{a0}', " ").replace("<!>", "");
            assert_eq!(html, expected);
        }
    }

    #[test]
    fn lists_without_rows_say_why_and_have_no_count() {
        let some = Some(vec![vec![Cell::Text("a".to_owned())]]);
        for (condition, rows, has_notes, expected, count) in [
            (ServiceStatus::Up, some.clone(), true, None, "1"),
            (ServiceStatus::Up, Some(Vec::new()), true, Some("empty"), "0"),
            (ServiceStatus::Up, None, false, Some("not yet"), "–"),
            (ServiceStatus::Up, None, true, Some("Not available. The notes above"), "–"),
            (ServiceStatus::Pending, None, false, Some("Waiting for the first response"), "–"),
            (down(), some, false, Some("No data while the server is down"), "–"),
        ] {
            let list = ListView { kind: &KIND, rows };
            let text = condition.placeholder(&list, has_notes);
            assert_eq!(
                (text.is_some(), condition.count(&list).as_str()),
                (expected.is_some(), count),
                "{text:?}"
            );
            assert!(text.unwrap_or_default().starts_with(expected.unwrap_or_default()), "{text:?}");
        }
    }
}
