//! Dashboard layouts per user: the layout itself, and its file.

mod file;
mod layout;

pub(crate) use layout::{Layout, LayoutChange, Width, sections};

use file::LayoutsFile;
use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use thiserror::Error;

/// Limit of stored layouts.
const MAX_LAYOUTS: usize = 1000;

/// Layouts of all users.
#[derive(Debug, Default)]
pub(crate) struct Layouts {
    /// `None` in tests that save no layouts.
    file: Option<LayoutsFile>,
    layouts: Mutex<BTreeMap<String, Arc<Layout>>>,
}

/// Error of saving a layout.
#[derive(Debug, Error)]
pub(crate) enum SaveLayoutError {
    #[error("limit of {MAX_LAYOUTS} layouts reached; reset the layout of another user first")]
    TooMany,
    #[error("cannot save the layout: {0}")]
    Write(#[from] io::Error),
}

impl Layouts {
    /// Loads the layouts in the data directory.
    ///
    /// # Errors
    /// The file cannot be read.
    pub(crate) fn open(folder: &Path) -> io::Result<Self> {
        let file = LayoutsFile::new(folder);
        let layouts = file.read()?.into_iter().map(|(user, layout)| (user, Arc::new(layout))).collect();
        Ok(Self { file: Some(file), layouts: Mutex::new(layouts) })
    }

    /// Layout of a user; `None` for the default one.
    pub(crate) fn get(&self, user: &str) -> Option<Arc<Layout>> {
        self.layouts().get(user).cloned()
    }

    /// Saves the layout of a user; `None` resets it. Blocks on disk I/O.
    ///
    /// # Errors
    /// Too many layouts, or a failed write; then nothing has changed.
    pub(crate) fn save(&self, user: &str, layout: Option<Layout>) -> Result<(), SaveLayoutError> {
        let mut layouts = self.layouts();
        let mut next = layouts.clone();
        match layout {
            Some(layout) => next.insert(user.to_owned(), Arc::new(layout)),
            None => next.remove(user),
        };
        if next.len() > MAX_LAYOUTS {
            return Err(SaveLayoutError::TooMany);
        }
        if let Some(file) = &self.file {
            file.write(&next)?;
        }
        *layouts = next;
        Ok(())
    }

    /// Writes all layouts into a new data directory.
    ///
    /// # Errors
    /// Failed write.
    pub(crate) fn save_all(&self) -> io::Result<()> {
        let layouts = self.layouts();
        self.file.as_ref().filter(|_| !layouts.is_empty()).map_or(Ok(()), |file| file.write(&layouts))
    }

    fn layouts(&self) -> MutexGuard<'_, BTreeMap<String, Arc<Layout>>> {
        self.layouts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
