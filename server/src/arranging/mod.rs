//! How people have arranged the panels, kept for each of them: `layout.rs` is the pure part, `file.rs` what is kept,
//! `reader.rs` the data of a page as its reader has arranged it.

mod file;
mod layout;
mod reader;

pub(crate) use layout::{Change, Layout, Width, sections};
pub(crate) use reader::Reader;

use file::LayoutsFile;
use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use thiserror::Error;

/// The most people whose layouts are kept.
const MOST: usize = 1000;

/// The layouts of all people.
#[derive(Debug, Default)]
pub(crate) struct Layouts {
    /// Nowhere in tests of what does not keep any.
    file: Option<LayoutsFile>,
    held: Mutex<BTreeMap<String, Arc<Layout>>>,
}

/// Why a layout is not kept.
#[derive(Debug, Error)]
pub(crate) enum LayoutError {
    /// There are too many.
    #[error("there are layouts of {MOST} people already: one of them must take theirs back first")]
    TooMany,
    /// The disk does not take it.
    #[error("it cannot be written down: {0}")]
    Write(#[from] io::Error),
}

impl Layouts {
    /// Those that are kept in the data folder.
    ///
    /// # Errors
    /// The system cannot read them.
    pub(crate) fn open(folder: &Path) -> io::Result<Self> {
        let file = LayoutsFile::new(folder);
        let held = file.read()?.into_iter().map(|(user, layout)| (user, Arc::new(layout))).collect();
        Ok(Self { file: Some(file), held: Mutex::new(held) })
    }

    /// That of one person; `None` where they have arranged nothing.
    pub(crate) fn of(&self, user: &str) -> Option<Arc<Layout>> {
        self.held().get(user).cloned()
    }

    /// Keeps what one person has arranged; `None` takes it back. Waits for the disk.
    ///
    /// # Errors
    /// There are too many, or the disk does not take it: then nothing has changed.
    pub(crate) fn keep(&self, user: &str, layout: Option<Layout>) -> Result<(), LayoutError> {
        let mut held = self.held();
        let mut next = held.clone();
        match layout {
            Some(layout) => next.insert(user.to_owned(), Arc::new(layout)),
            None => next.remove(user),
        };
        if next.len() > MOST {
            return Err(LayoutError::TooMany);
        }
        if let Some(file) = &self.file {
            file.write(&next)?;
        }
        *held = next;
        Ok(())
    }

    fn held(&self) -> MutexGuard<'_, BTreeMap<String, Arc<Layout>>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
