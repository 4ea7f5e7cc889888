//! Whether a server that is watched answers, and what is said in place of a list that it does not give.

use crate::clock::local_time;
use crate::service_view::{ListView, ServiceView};
use watchglass_model::{Problem, Timestamp, format};

/// Whether a server answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Condition {
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
    pub(crate) fn of(view: &ServiceView, problems: &[Problem]) -> Self {
        match problems.iter().find(|problem| problem.probe == view.probe) {
            Some(problem) => Self::Down { since: problem.since, reason: problem.reason.clone() },
            None if view.is_known => Self::Up,
            None => Self::Asked,
        }
    }

    /// One word for style sheets and tests.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Up => "up",
            Self::Down { .. } => "down",
        }
    }

    /// What is said of it when the newest values are of `newest`, to a reader who is `offset` minutes ahead of UTC.
    pub(crate) fn text(&self, newest: Option<Timestamp>, offset: Option<i32>) -> String {
        match self {
            Self::Asked => "Not answered yet".to_owned(),
            Self::Up => "Up".to_owned(),
            Self::Down { since, .. } => {
                let age = format::age(newest.map_or(0, |newest| newest.millis_since(*since)));
                format!("Down since {} · {age}", local_time(*since, offset))
            }
        }
    }

    /// Why it is down; empty when it is not.
    pub(crate) fn reason(&self) -> String {
        match self {
            Self::Down { reason, .. } => reason.clone(),
            Self::Asked | Self::Up => String::new(),
        }
    }

    /// How many rows a list has; a dash where that is not known.
    pub(crate) fn count(&self, list: &ListView) -> String {
        match (self, &list.rows) {
            (Self::Up, Some(rows)) => rows.len().to_string(),
            _ => "–".to_owned(),
        }
    }

    /// What is said in place of a list that has nothing to show; `None` when it has.
    pub(crate) fn instead_of(&self, list: &ListView, has_notes: bool) -> Option<&'static str> {
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
    use crate::service_view::ListKind;
    use crate::table::{Cell, Sort, words};

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
        for (condition, newest, offset, expected) in [
            (Condition::Asked, at(0), None, "Not answered yet"),
            (Condition::Up, at(0), None, "Up"),
            (down(), at(65), None, "Down since 00:01:00 UTC · 5 s"),
            (down(), at(60 + 3 * 86_400), Some(60), "Down since 01:01:00 · 3 d"),
            (down(), None, Some(0), "Down since 00:01:00 · 0 s"),
        ] {
            assert_eq!(condition.text(newest, offset).replace('\u{a0}', " "), expected);
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
