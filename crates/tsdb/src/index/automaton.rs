//! Regular expression over sorted values.
//!
//! A lazily built DFA keeps its state after each byte of a value. Of the next value, only the bytes after the common
//! prefix are read, and none if no match begins with this prefix. That takes a fraction of the time of single searches.

use regex::Regex;
use regex_automata::hybrid::LazyStateID;
use regex_automata::hybrid::dfa::{Cache, DFA};
use regex_automata::nfa::thompson::{self, WhichCaptures};
use regex_automata::{Anchored, Input};
use std::sync::{Mutex, PoisonError};

/// Maximum size of the NFA in bytes: that of the expressions of a selector.
const MAX_NFA_BYTES: usize = 256 * 1024;
/// Size of the state cache in bytes. A full cache is emptied.
const CACHE_BYTES: usize = 512 * 1024;

/// DFA of an anchored expression.
#[derive(Debug)]
pub(super) struct Automaton {
    dfa: DFA,
    /// State cache of the last search.
    cache: Mutex<Option<Cache>>,
}

impl Automaton {
    /// Compiles an expression that has its anchors; `None` if it is too large or has a feature that needs a `Regex`.
    pub(super) fn new(pattern: &str) -> Option<Self> {
        Self::with_cache(pattern, CACHE_BYTES)
    }

    fn with_cache(pattern: &str, cache_bytes: usize) -> Option<Self> {
        let nfa =
            thompson::Config::new().nfa_size_limit(Some(MAX_NFA_BYTES)).which_captures(WhichCaptures::None);
        let config = DFA::config()
            .cache_capacity(cache_bytes)
            .skip_cache_capacity_check(true)
            .unicode_word_boundary(true);
        let dfa = DFA::builder().configure(config).thompson(nfa).build(pattern).ok()?;
        Some(Self { dfa, cache: Mutex::new(None) })
    }

    /// Size in bytes, with a full state cache.
    pub(super) fn size(&self) -> usize {
        self.dfa.get_nfa().memory_usage() + self.dfa.memory_usage() + CACHE_BYTES
    }

    /// Starts a search.
    pub(super) fn search(&self) -> Search<'_> {
        let cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner).take();
        let cache = cache.unwrap_or_else(|| self.dfa.create_cache());
        Search { automaton: self, clears: cache.clear_count(), cache, states: Vec::new(), before: "" }
    }

    /// Keeps the state cache of a search for the next one.
    fn keep(&self, cache: Cache) {
        *self.cache.lock().unwrap_or_else(PoisonError::into_inner) = Some(cache);
    }
}

/// Search in values, fastest in sorted order.
pub(super) struct Search<'a> {
    automaton: &'a Automaton,
    cache: Cache,
    clears: usize,
    /// States after 0, 1, … bytes of the value before, up to its end or a state without matches. They are valid until
    /// the cache is emptied.
    states: Vec<LazyStateID>,
    before: &'a str,
}

impl<'a> Search<'a> {
    /// Whether a value matches. `regex` is the same expression, for values on which the DFA gives up.
    pub(super) fn has(&mut self, value: &'a str, regex: Option<&Regex>) -> bool {
        let found = self.walk(value);
        let clears = self.cache.clear_count();
        if found.is_none() || clears != self.clears {
            self.states.clear();
            self.clears = clears;
        }
        self.before = value;
        found.unwrap_or_else(|| regex.is_some_and(|regex| regex.is_match(value)))
    }

    /// `None` if the DFA gives up: at a word boundary beside a character that is not ASCII.
    fn walk(&mut self, value: &'a str) -> Option<bool> {
        let dfa = &self.automaton.dfa;
        let mut state = if self.states.is_empty() {
            let start = Input::new(value).anchored(Anchored::Yes);
            let state = dfa.start_state_forward(&mut self.cache, &start).ok()?;
            self.states.push(state);
            state
        } else {
            let known = self.states.len().saturating_sub(1);
            let common = common_prefix(value.as_bytes(), self.before.as_bytes()).min(known);
            self.states.truncate(common + 1);
            *self.states.last()?
        };
        let read = self.states.len().saturating_sub(1);
        for byte in value.as_bytes().get(read..)? {
            if state.is_tagged() {
                if state.is_dead() {
                    return Some(false);
                }
                if state.is_quit() {
                    return None;
                }
            }
            state = dfa.next_state(&mut self.cache, state, *byte).ok()?;
            self.states.push(state);
        }
        if state.is_quit() {
            return None;
        }
        // Matches are known one byte late, here at the end.
        Some(dfa.next_eoi_state(&mut self.cache, state).ok()?.is_match())
    }

    /// Ends the search and keeps its states for the next one.
    pub(super) fn finish(self) {
        self.automaton.keep(self.cache);
    }
}

/// Number of equal bytes at the start of two values.
fn common_prefix(a: &[u8], b: &[u8]) -> usize {
    let ((words, _), (others, _)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    let start = 8 * words.iter().zip(others).take_while(|(word, other)| word == other).count();
    let rest = a.iter().skip(start).zip(b.iter().skip(start));
    start + rest.take_while(|(byte, other)| byte == other).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PATTERNS: [&str; 12] = [
        "a.*b.*",
        "[ab]+",
        ".*b",
        "(a|ab)(c|bc)*",
        r"[[:alpha:]]+\d?",
        r".*\bé.*",
        r".*b\b.*",
        "(?i)A[^b]*",
        "",
        "é?.{1,3}",
        "a$|b",
        r"(?:.*a.{3}|b+)",
    ];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn searches_agree_with_the_expression(
            pattern in prop::sample::select(&PATTERNS[..]),
            mut values in prop::collection::vec("[abc é-]{0,6}", 1..60),
            is_sorted: bool,
            is_small: bool,
        ) {
            let pattern = format!("^(?s:{pattern})$");
            let regex = Regex::new(&pattern).unwrap();
            let automaton = Automaton::with_cache(&pattern, if is_small { 0 } else { CACHE_BYTES }).unwrap();
            if is_sorted {
                values.sort();
            }
            for _ in 0..2 {
                let mut search = automaton.search();
                for value in &values {
                    prop_assert_eq!(search.has(value, Some(&regex)), regex.is_match(value), "{} {:?}", pattern, value);
                }
                search.finish();
            }
        }
    }

    #[test]
    fn states_are_computed_again_after_the_cache_was_emptied() {
        let automaton = Automaton::with_cache("^(?s:.*a.{5}b.*)$", 0).unwrap();
        let values: Vec<String> = (0..1000_u32)
            .map(|number| format!("{number:010b}").replace('0', "a").replace('1', "b"))
            .collect();
        let mut search = automaton.search();
        for value in &values {
            let expected = value.bytes().zip(value.bytes().skip(6)).any(|pair| pair == (b'a', b'b'));
            assert_eq!(search.has(value, None), expected, "{value}");
        }
        assert!(search.cache.clear_count() > 0);
    }
}
