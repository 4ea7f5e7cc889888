//! Files that are no longer part of the store and still exist: a query reads them, or they could not be removed.

use crate::disk::Disk;
use crate::problems::Problems;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Files to remove. A deletion is complete when there are none.
#[derive(Debug)]
pub(crate) struct Leftovers {
    disk: Arc<dyn Disk>,
    problems: Arc<Problems>,
    /// Whether each file is unused and can be removed.
    files: Mutex<BTreeMap<PathBuf, bool>>,
}

impl Leftovers {
    pub(crate) fn new(disk: Arc<dyn Disk>, problems: Arc<Problems>) -> Self {
        Self { disk, problems, files: Mutex::default() }
    }

    fn files(&self) -> MutexGuard<'_, BTreeMap<PathBuf, bool>> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a file that may still be in use.
    pub(crate) fn add(&self, path: &Path) {
        self.files().insert(path.to_owned(), false);
    }

    /// Removes an unused file; later, if that fails.
    pub(crate) fn remove(&self, path: &Path) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        match self.disk.remove(path) {
            Ok(()) => {
                self.files().remove(path);
                self.problems.clear(&name);
            }
            Err(error) => {
                self.files().insert(path.to_owned(), true);
                self.problems.set(&name, format!("{name} cannot be removed: {error}"));
            }
        }
    }

    /// A file with this name is part of the store again.
    pub(crate) fn keep(&self, path: &Path) {
        self.files().remove(path);
    }

    /// Removes unused files; returns whether there are no leftovers any more.
    pub(crate) fn retry(&self) -> bool {
        let unused: Vec<PathBuf> =
            self.files().iter().filter(|(_, is_unused)| **is_unused).map(|(path, _)| path.clone()).collect();
        unused.iter().for_each(|path| self.remove(path));
        self.files().is_empty()
    }
}
