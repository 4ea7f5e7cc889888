//! What is wrong with the store, for [`Status::problems`](crate::Status::problems).

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// The most problems that are listed one by one.
const MOST: usize = 20;

/// Problems, each under the name of what has it.
#[derive(Debug, Default)]
pub(crate) struct Problems(Mutex<BTreeMap<String, String>>);

impl Problems {
    /// Notes a problem, in place of one that the same thing had.
    pub(crate) fn set(&self, name: &str, text: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), text);
    }

    /// Takes back what was said of something.
    pub(crate) fn clear(&self, name: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
    }

    /// The problems; of very many the first.
    pub(crate) fn list(&self) -> Vec<String> {
        let problems = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut list: Vec<String> = problems.values().take(MOST).cloned().collect();
        if problems.len() > MOST {
            list.push(format!("… and {} more", problems.len() - MOST));
        }
        list
    }
}
