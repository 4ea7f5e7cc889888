//! Compiled selectors and their cache.

use super::automaton::Automaton;
use crate::selector::CompiledSelector;
use crate::value_matcher::ValueMatcher;
use crate::{QueryError, Selector};
use std::sync::{Arc, Mutex, PoisonError};
use thiserror::Error;

/// Maximum number of matchers of a selector.
const MAX_MATCHERS: usize = 64;
/// Maximum number of cached selectors.
const MAX_CACHED: usize = 64;
/// Maximum size of the automata of cached selectors in bytes, when their state caches are full.
const MAX_CACHED_BYTES: usize = 32 * 1024 * 1024;

/// Invalid selector.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum SelectError {
    /// Too many matchers.
    #[error("the selector has {0} matchers: at most {MAX_MATCHERS} are allowed")]
    TooManyMatchers(usize),
    /// Invalid regular expression, one of more than 4096 bytes, or one of more than 256 KiB when compiled.
    #[error(transparent)]
    Regex(#[from] QueryError),
}

/// Compiled selector with the automata of its matchers.
#[derive(Debug)]
pub(super) struct Compiled {
    pub(super) selector: CompiledSelector,
    /// One per matcher; `None` for cheap ones.
    pub(super) automata: Vec<Option<Automaton>>,
}

impl Compiled {
    fn new(selector: &Selector) -> Result<Self, QueryError> {
        let selector = selector.compile()?;
        let automata = selector.tests().map(|(_, wanted, _)| match wanted {
            ValueMatcher::Regex(regex, _) => Automaton::new(regex.as_str()),
            // Reads only what differs from the value before.
            ValueMatcher::Contains(text) => {
                Automaton::new(&format!("^(?s:.*{}.*)$", regex_syntax::escape(text)))
            }
            ValueMatcher::Words(_) | ValueMatcher::Prefix(..) => None,
        });
        let automata = automata.collect();
        Ok(Self { selector, automata })
    }

    fn size(&self) -> usize {
        self.automata.iter().flatten().map(Automaton::size).sum()
    }
}

/// Selectors that were used last, the latest at the end.
#[derive(Debug, Default)]
pub(super) struct SelectorCache(Mutex<Vec<(Selector, Arc<Compiled>)>>);

impl SelectorCache {
    /// The compiled form of a selector.
    pub(super) fn compile(&self, selector: &Selector) -> Result<Arc<Compiled>, SelectError> {
        if selector.matchers.len() > MAX_MATCHERS {
            return Err(SelectError::TooManyMatchers(selector.matchers.len()));
        }
        if let Some(found) = self.find(selector) {
            return Ok(found);
        }
        // Compiled without the lock: an expression can take milliseconds.
        let compiled = Arc::new(Compiled::new(selector)?);
        if compiled.automata.iter().any(Option::is_some) {
            self.add(selector, &compiled);
        }
        Ok(compiled)
    }

    fn find(&self, selector: &Selector) -> Option<Arc<Compiled>> {
        let mut cached = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let place = cached.iter().position(|(other, _)| other == selector)?;
        let entry = cached.remove(place);
        let found = Arc::clone(&entry.1);
        cached.push(entry);
        Some(found)
    }

    fn add(&self, selector: &Selector, compiled: &Arc<Compiled>) {
        let mut cached = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        cached.push((selector.clone(), Arc::clone(compiled)));
        let mut bytes = 0;
        let fits = |(_, compiled): &&(Selector, Arc<Compiled>)| {
            bytes += compiled.size();
            bytes <= MAX_CACHED_BYTES
        };
        let kept = cached.iter().rev().take(MAX_CACHED).take_while(fits).count();
        let dropped = cached.len() - kept;
        cached.drain(..dropped);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Operator::{Equal, Regex};

    #[test]
    fn equal_selectors_are_compiled_once() {
        let cache = SelectorCache::default();
        let selector = |number: usize| Selector::default().with("a", Regex, &format!(".*{number}.b"));
        let first = cache.compile(&selector(0)).unwrap();
        assert!(Arc::ptr_eq(&first, &cache.compile(&selector(0)).unwrap()));
        (1..=MAX_CACHED).for_each(|number| assert!(cache.compile(&selector(number)).is_ok()));
        assert!(!Arc::ptr_eq(&first, &cache.compile(&selector(0)).unwrap()));
        let cached = cache.0.lock().unwrap();
        assert!(cached.len() > 10 && cached.len() <= MAX_CACHED);
        assert!(cached.iter().map(|(_, compiled)| compiled.size()).sum::<usize>() <= MAX_CACHED_BYTES);
    }

    #[test]
    fn limits_are_errors() {
        let cache = SelectorCache::default();
        let many = |count| (0..count).fold(Selector::default(), |selector, _| selector.with("a", Equal, "b"));
        assert!(cache.compile(&many(MAX_MATCHERS)).is_ok());
        let error = cache.compile(&many(65)).unwrap_err();
        assert_eq!(error.to_string(), "the selector has 65 matchers: at most 64 are allowed");
        for (pattern, reason) in
            [("(", "unclosed group"), (&"x".repeat(5000), "at most 4096"), (r"\w{1000}", "size limit")]
        {
            let error = cache.compile(&Selector::default().with("a", Regex, pattern)).unwrap_err();
            assert!(matches!(error, SelectError::Regex(_)) && error.to_string().contains(reason), "{error}");
        }
    }
}
