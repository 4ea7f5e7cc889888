//! Whether a server that is watched answers, and what is said in place of a list that it does not give.

use super::service_view::{ListView, ServiceView};
use super::words::moment;
use leptos::prelude::*;
use watchglass_model::{Problem, Timestamp, format};

/// Whether a server answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Condition {
    /// It was asked, or is about to be, and there is no answer yet.
    Asked,
    /// It answers.
    Up,
    /// It does not.
    Down {
        /// When that began.
        since: Timestamp,
        /// What went wrong, and what would be right.
        reason: String,
    },
}

impl Condition {
    /// The condition of a server while there are these problems.
    pub(super) fn of(view: &ServiceView, problems: &[Problem]) -> Self {
        match problems.iter().find(|problem| problem.probe == view.probe) {
            Some(problem) => Self::Down { since: problem.since, reason: problem.reason.clone() },
            None if view.is_known => Self::Up,
            None => Self::Asked,
        }
    }

    /// One word for style sheets and tests.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Up => "up",
            Self::Down { .. } => "down",
        }
    }

    /// What is said of it when the newest values are of `newest`.
    pub(super) fn view(&self, newest: Option<Timestamp>) -> AnyView {
        match self {
            Self::Asked => "Not answered yet".into_any(),
            Self::Up => "Up".into_any(),
            Self::Down { since, .. } => {
                let age = format::age(newest.map_or(0, |newest| newest.millis_since(*since)));
                view! { "Down since "{moment(*since)}" · "{age} }.into_any()
            }
        }
    }

    /// Why it is down; empty when it is not.
    pub(super) fn reason(&self) -> String {
        match self {
            Self::Down { reason, .. } => reason.clone(),
            Self::Asked | Self::Up => String::new(),
        }
    }

    /// How many rows a list has; a dash where that is not known.
    pub(super) fn count(&self, list: &ListView) -> String {
        match (self, &list.rows) {
            (Self::Up, Some(rows)) => rows.len().to_string(),
            _ => "–".to_owned(),
        }
    }

    /// What is said in place of a list that has nothing to show; `None` when it has.
    pub(super) fn instead_of(&self, list: &ListView, has_notes: bool) -> Option<&'static str> {
        match (self, &list.rows) {
            (Self::Down { .. }, _) => Some("Not known while the server is down."),
            (Self::Asked, _) => Some("The server has not answered yet."),
            (Self::Up, Some(rows)) => rows.is_empty().then_some(list.kind.empty),
            (Self::Up, None) if has_notes => {
                Some("Not known. The notes above say what is left out, and what would let it be read.")
            }
            (Self::Up, None) => Some(list.kind.not_yet),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fragments::service_view::ListKind;
    use crate::fragments::table::{Cell, Sort, words};
    use crate::fragments::words::Written;

    static KIND: ListKind = ListKind {
        title: "List",
        columns: &[words("Word")],
        sort: Sort::largest(0),
        empty: "empty",
        not_yet: "not yet",
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

    fn down() -> Condition {
        Condition::Down { since: Timestamp::from_millis(60_000), reason: "refused".to_owned() }
    }

    #[test]
    fn a_server_is_down_when_its_probe_fails_and_up_once_it_has_answered() {
        for (is_known, problems, expected, word) in [
            (false, vec![], Condition::Asked, "asked"),
            (true, vec![], Condition::Up, "up"),
            (true, vec![problem("redis:cache:6380"), problem("disk")], Condition::Up, "up"),
            (true, vec![problem("disk"), problem("redis:cache:6379")], down(), "down"),
            (false, vec![problem("redis:cache:6379")], down(), "down"),
        ] {
            let found = Condition::of(&view(is_known), &problems);
            assert_eq!((&found, found.word()), (&expected, word));
            assert_eq!(found.reason().is_empty(), word != "down");
        }
    }

    #[test]
    fn says_since_when() {
        let at = |seconds: i64| Some(Timestamp::from_millis(seconds * 1000));
        const SINCE: &str = "Down since <time datetime=\"1970-01-01T00:01:00Z\">1 Jan 00:01:00 UTC</time> · ";
        for (condition, newest, expected) in [
            (Condition::Asked, at(0), "Not answered yet".to_owned()),
            (Condition::Up, at(0), "Up".to_owned()),
            (down(), at(65), format!("{SINCE}5 s")),
            (down(), at(60 + 3 * 86_400), format!("{SINCE}3 d")),
            (down(), None, format!("{SINCE}0 s")),
        ] {
            let html = condition.view(newest).html().replace('\u{a0}', " ").replace("<!>", "");
            assert_eq!(html, expected);
        }
    }

    #[test]
    fn a_list_without_rows_says_why_and_no_number_is_made_up() {
        let some = Some(vec![vec![Cell::Text("a".to_owned())]]);
        for (condition, rows, has_notes, expected, count) in [
            (Condition::Up, some.clone(), true, None, "1"),
            (Condition::Up, Some(Vec::new()), true, Some("empty"), "0"),
            (Condition::Up, None, false, Some("not yet"), "–"),
            (Condition::Up, None, true, Some("Not known. The notes above"), "–"),
            (Condition::Asked, None, false, Some("The server has not answered"), "–"),
            (down(), some, false, Some("Not known while the server is down"), "–"),
        ] {
            let list = ListView { kind: &KIND, rows };
            let said = condition.instead_of(&list, has_notes);
            assert_eq!(
                (said.is_some(), condition.count(&list).as_str()),
                (expected.is_some(), count),
                "{said:?}"
            );
            assert!(said.unwrap_or_default().starts_with(expected.unwrap_or_default()), "{said:?}");
        }
    }
}
