//! How well a part does, as word, colour and sign.

use super::words::{CRITICAL, WARNING};
use leptos::prelude::*;

/// How well something does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// It is not watched.
    Absent,
    /// There is no value.
    #[default]
    Unknown,
    /// All is well.
    Good,
    /// It is near its limit, or something warns.
    Near,
    /// It is beyond its limit or down, or something is critical.
    Bad,
}

/// A tick in a ring, a dash in a ring, a ring of dashes: shapes that tell states apart without their colours.
const GOOD: &str = "<circle cx=\"8\" cy=\"8\" r=\"6.6\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"1.6\"></circle>\
    <path d=\"M4.8 8.2l2.2 2.3 4.2-4.6\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"1.6\"></path>";
const UNKNOWN: &str = "<circle cx=\"8\" cy=\"8\" r=\"6.6\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"1.6\"></circle>\
    <path d=\"M5 8h6\" stroke=\"currentColor\" stroke-width=\"1.6\"></path>";
const ABSENT: &str = "<circle cx=\"8\" cy=\"8\" r=\"6.6\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"1.6\" \
    stroke-dasharray=\"2.2 2\"></circle>";

impl State {
    /// What the style sheet calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Unknown => "unknown",
            Self::Good => "good",
            Self::Near => "near",
            Self::Bad => "bad",
        }
    }

    /// What it is called by people.
    fn word(self) -> &'static str {
        match self {
            Self::Absent => "Not set up",
            Self::Unknown => "No data",
            Self::Good => "Good",
            Self::Near => "Near its limit",
            Self::Bad => "Bad",
        }
    }

    /// Its sign alone, for those who see it beside a word.
    pub(super) fn sign(self) -> AnyView {
        let sign = match self {
            Self::Absent => ABSENT,
            Self::Unknown => UNKNOWN,
            Self::Good => GOOD,
            Self::Near => WARNING,
            Self::Bad => CRITICAL,
        };
        view! { <svg class="sign" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" inner_html=sign></svg> }
            .into_any()
    }

    /// Sign and word.
    pub(super) fn marked(self) -> AnyView {
        view! { <span class="condition" data-state=self.name()>{self.sign()}{self.word()}</span> }.into_any()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fragments::words::Written;

    #[test]
    fn each_state_has_a_word_and_a_sign_of_its_own_and_the_worst_is_the_greatest() {
        let all = [State::Absent, State::Unknown, State::Good, State::Near, State::Bad];
        let mut seen: Vec<String> = all.iter().map(|state| state.sign().html()).collect();
        seen.dedup();
        assert_eq!(seen.len(), all.len());
        assert!(all.is_sorted());
        for state in all {
            let html = state.marked().html();
            assert!(html.contains(state.word()) && html.contains("<svg"), "{html}");
        }
    }
}
