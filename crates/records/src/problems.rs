//! Current problems of the store, for [`Status::problems`](crate::Status::problems).

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Maximum number of listed problems.
const MAX_LISTED: usize = 20;
/// Maximum number of problems: with more, something else is wrong, and memory stays bounded.
const MAX_PROBLEMS: usize = 1000;

/// Problems by key.
#[derive(Debug, Default)]
pub(crate) struct Problems(Mutex<BTreeMap<String, String>>);

impl Problems {
    /// Sets the problem of a key.
    pub(crate) fn set(&self, key: &str, text: String) {
        let mut problems = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if problems.len() < MAX_PROBLEMS || problems.contains_key(key) {
            problems.insert(key.to_owned(), text);
        }
    }

    /// Clears the problem of a key.
    pub(crate) fn clear(&self, key: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }

    /// Clears the problems of a file and of its blocks: their keys start with its name.
    pub(crate) fn clear_file(&self, name: &str) {
        let mut problems = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        problems.retain(|key, _| !key.starts_with(name));
    }

    /// The first problems and the number of the others.
    pub(crate) fn list(&self) -> Vec<String> {
        let problems = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut list: Vec<String> = problems.values().take(MAX_LISTED).cloned().collect();
        if problems.len() > MAX_LISTED {
            list.push(format!("… and {} more", problems.len() - MAX_LISTED));
        }
        list
    }
}
