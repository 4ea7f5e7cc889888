//! What explains charts: deploys and notes that somebody posts, and restarts that this server sees by itself.
//!
//! They are kept in `annotations.json` in the data folder, which a thread of its own replaces as a whole.

mod book;
mod restarts;

pub(crate) use book::{AnnotationError, NewAnnotation};

use crate::files;
use crate::keeper::{Keep, Keeper};
use book::Book;
use restarts::Restarts;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use watchglass_export::Current;
use watchglass_model::{Annotation, AnnotationKind, TimeRange, Timestamp, Unit};

const FILE: &str = "annotations.json";
/// For how long they are kept where nothing is said.
const USUAL_RETENTION: Duration = Duration::from_secs(7 * 86_400);

/// All annotations.
#[derive(Debug)]
pub(crate) struct Annotations {
    state: Mutex<State>,
    /// Who writes, and where to; nothing is kept without them.
    keeper: Option<(Keeper<Kept>, PathBuf)>,
}

#[derive(Debug)]
struct State {
    book: Book,
    restarts: Restarts,
    /// When this server measured last before it was started, until that is told.
    before: Option<Timestamp>,
}

/// The book to be written.
#[derive(Debug)]
struct Kept {
    book: Book,
    folder: PathBuf,
}

impl Keep for Kept {
    fn absorb(&mut self, newer: Self) {
        *self = newer;
    }

    fn write(&mut self) -> io::Result<()> {
        files::replace(&self.folder, FILE, self.book.to_json().map_err(io::Error::other)?.as_bytes())
    }
}

impl Default for Annotations {
    fn default() -> Self {
        Self::of(Book::new(USUAL_RETENTION), None, None)
    }
}

impl Annotations {
    fn of(book: Book, before: Option<Timestamp>, keeper: Option<(Keeper<Kept>, PathBuf)>) -> Self {
        let state = Mutex::new(State { book, restarts: Restarts::default(), before });
        Self { state, keeper }
    }

    /// Goes on from what is in `folder`, and keeps everything there for `retention`. A file that cannot be understood is set
    /// aside, and the log says so. `before` is when this server measured last, if it ever did.
    ///
    /// # Errors
    /// A folder that cannot be read, or no thread left to write with.
    pub(crate) fn open(folder: &Path, retention: Duration, before: Option<Timestamp>) -> io::Result<Self> {
        let read = files::read(folder, FILE)?.map(|text| Book::from_json(&text, retention)).transpose();
        let book = read.or_else(|reason| files::set_aside(folder, FILE, &reason).map(|()| None))?;
        let book = book.unwrap_or_else(|| Book::new(retention));
        Ok(Self::of(book, before, Some((Keeper::start("annotations")?, folder.to_owned()))))
    }

    /// Adds one.
    ///
    /// # Errors
    /// What cannot be marked.
    pub(crate) fn add(&self, new: NewAnnotation, now: Timestamp) -> Result<Annotation, AnnotationError> {
        let mut state = self.lock();
        let added = state.book.add(new, now)?;
        self.keep(&state);
        Ok(added)
    }

    /// Takes one away. `None` when there is none with that id.
    pub(crate) fn remove(&self, id: u64) -> Option<Annotation> {
        let mut state = self.lock();
        let removed = state.book.remove(id)?;
        self.keep(&state);
        Some(removed)
    }

    /// Those that reach into `range`, its end included, the latest first, at most so many.
    pub(crate) fn within(&self, range: TimeRange, most: usize) -> Vec<Annotation> {
        self.lock().book.within(range, most)
    }

    /// Adds the restarts that are seen in what was measured at `now`, and tells them.
    pub(crate) fn observe(&self, now: Timestamp, current: &Current<'_>) -> Vec<Annotation> {
        let mut state = self.lock();
        let own = state.before.take().map(|before| (own_restart(now, before), now));
        let others = state.restarts.observe(current).into_iter();
        let others = others.map(|(name, time)| (format!("{name} was restarted"), time));
        let found: Vec<(String, Timestamp)> = own.into_iter().chain(others).collect();
        let added: Vec<Annotation> = found
            .into_iter()
            .filter_map(|(text, time)| {
                let time = Some(time);
                let new =
                    NewAnnotation { text, kind: AnnotationKind::Restart, time, ..NewAnnotation::default() };
                // One that cannot be marked, such as of a server whose clock is wrong, is no loss.
                state.book.add(new, now).ok()
            })
            .collect();
        if !added.is_empty() {
            self.keep(&state);
        }
        added
    }

    /// Writes down what is not written yet, and ends.
    pub(crate) fn close(&self) {
        if let Some((keeper, _)) = &self.keeper {
            keeper.close();
        }
    }

    fn keep(&self, state: &State) {
        if let Some((keeper, folder)) = &self.keeper {
            keeper.keep(Kept { book: state.book.clone(), folder: folder.clone() });
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn own_restart(now: Timestamp, before: Timestamp) -> String {
    let version = env!("CARGO_PKG_VERSION");
    let silent = now.millis_since(before).max(0) as f64 / 1e3;
    format!(
        "Watchglass {version} was started; nothing was measured for {} before",
        Unit::Seconds.text(silent)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use std::fs;
    use watchglass_history::Latest;
    use watchglass_model::Catalogue;

    const RETENTION: Duration = Duration::from_secs(86_400);

    fn at(second: i64) -> Timestamp {
        Timestamp::from_millis(second * 1000)
    }

    fn note(text: &str) -> NewAnnotation {
        NewAnnotation { text: text.to_owned(), ..NewAnnotation::default() }
    }

    fn texts(annotations: &Annotations) -> Vec<String> {
        let all = annotations.within(TimeRange { start: at(0), end: at(9_000) }, 9);
        all.into_iter().map(|annotation| annotation.text.replace('\u{a0}', " ")).collect()
    }

    #[test]
    fn what_was_said_is_there_after_a_restart_and_so_is_the_restart() {
        let folder = tempfile::tempdir().unwrap();
        let first = Annotations::open(folder.path(), RETENTION, None).unwrap();
        let id = first.add(note("first"), at(1000)).unwrap().id;
        first.add(note("second"), at(1001)).unwrap();
        first.remove(id).unwrap();
        first.close();

        let second = Annotations::open(folder.path(), RETENTION, Some(at(1002))).unwrap();
        let (catalogue, latest, paces) = (Catalogue::default(), Latest::default(), BTreeMap::new());
        let current =
            Current { catalogue: &catalogue, series: &[], latest: &latest, tick_millis: 1000, paces: &paces };
        assert_eq!(second.observe(at(1014), &current).len(), 1);
        assert_eq!(second.observe(at(1015), &current), []);
        let [restart, said] = &texts(&second)[..] else { panic!("{:?}", texts(&second)) };
        assert!(restart.ends_with("was started; nothing was measured for 12.0 s before"), "{restart}");
        assert_eq!(said, "second");
        second.close();
        let third = Annotations::open(folder.path(), RETENTION, None).unwrap();
        assert_eq!(texts(&third).len(), 2);
        assert_eq!(third.observe(at(1016), &current), [], "the first start is no restart");
    }

    #[test]
    fn a_file_that_cannot_be_read_is_set_aside() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(FILE), "{").unwrap();
        let annotations = Annotations::open(folder.path(), RETENTION, None).unwrap();
        assert_eq!(texts(&annotations), [""; 0]);
        assert!(folder.path().join("annotations.json.damaged").exists());
    }
}
