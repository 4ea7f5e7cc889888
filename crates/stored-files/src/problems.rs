//! Bounded list of the current problems of a store.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Maximum number of listed problems.
const MAX_LISTED: usize = 20;
/// Maximum number of problems: with more, something else is wrong, and memory stays bounded.
const MAX_PROBLEMS: usize = 1000;

/// Problems by key: usually the name of a file, or of an operation that may succeed later.
#[derive(Debug, Default)]
pub struct Problems(Mutex<BTreeMap<String, String>>);

impl Problems {
    /// Sets the problem of a key. Above a thousand, new ones are dropped.
    pub fn set(&self, key: &str, text: String) {
        let mut problems = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if problems.len() < MAX_PROBLEMS || problems.contains_key(key) {
            problems.insert(key.to_owned(), text);
        }
    }

    /// Clears the problem of a key.
    pub fn clear(&self, key: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }

    /// Clears the problems of a file and of its parts: their keys start with its name.
    pub fn clear_file(&self, name: &str) {
        let mut problems = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        problems.retain(|key, _| !key.starts_with(name));
    }

    /// The first 20 problems, and the number of the others.
    pub fn list(&self) -> Vec<String> {
        let problems = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut list: Vec<String> = problems.values().take(MAX_LISTED).cloned().collect();
        if problems.len() > MAX_LISTED {
            list.push(format!("… and {} more", problems.len() - MAX_LISTED));
        }
        list
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn list_is_bounded_and_counts_the_others() {
        let problems = Problems::default();
        for number in 0..MAX_PROBLEMS + 5 {
            problems.set(&format!("file-{number:04}"), format!("damage {number}"));
        }
        let list = problems.list();
        assert_eq!((list.len(), list[0].as_str()), (MAX_LISTED + 1, "damage 0"));
        assert_eq!(list[MAX_LISTED], format!("… and {} more", MAX_PROBLEMS - MAX_LISTED));
        problems.set("file-0000", "other damage".to_owned());
        assert_eq!(problems.list()[0], "other damage", "a known one is replaced");
    }

    #[test]
    fn problems_of_a_file_are_cleared_with_those_of_its_parts() {
        let problems = Problems::default();
        for key in ["a", "a.blk", "a.blk 16", "b.blk"] {
            problems.set(key, key.to_owned());
        }
        problems.clear_file("a.blk");
        assert_eq!(problems.list(), ["a", "b.blk"]);
        problems.clear("a");
        assert_eq!(problems.list(), ["b.blk"]);
    }
}
