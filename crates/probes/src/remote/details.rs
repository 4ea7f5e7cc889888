//! Latest details of a server, shared between its probe and readers.

use std::sync::{Arc, Mutex, PoisonError};

/// Latest details of a server, shared between its probe and readers.
#[derive(Debug)]
pub struct Details<T>(Arc<Mutex<Arc<T>>>);

impl<T> Clone for Details<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Details<T> {
    pub(crate) fn new(first: T) -> Self {
        Self(Arc::new(Mutex::new(Arc::new(first))))
    }

    /// The latest details. Never blocks for long: the lock only protects a pointer copy.
    pub fn get(&self) -> Arc<T> {
        Arc::clone(&self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn set(&self, newest: T) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(newest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn updates_are_visible_to_all_clones() {
        let details = Details::new(1);
        let other = details.clone();
        details.set(2);
        assert_eq!((*details.get(), *other.get()), (2, 2));
    }
}
