//! Current problems of the store, for [`Status::problems`](crate::Status::problems).

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Maximum number of listed problems.
const MAX_LISTED: usize = 20;

/// Problems by key.
#[derive(Debug, Default)]
pub(crate) struct Problems(Mutex<BTreeMap<String, String>>);

impl Problems {
    /// Sets the problem of a key.
    pub(crate) fn set(&self, name: &str, text: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), text);
    }

    /// Clears the problem of a key.
    pub(crate) fn clear(&self, name: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
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
