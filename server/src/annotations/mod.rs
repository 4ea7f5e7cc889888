//! Annotations of charts: deploys and notes that clients post, and restarts that this server detects.
//!
//! Stored in `annotations.json` in the data directory, which a background writer replaces as a whole.

mod chart_marks;
mod live_events;
mod restarts;
mod store;

pub(crate) use live_events::{add_and_publish, annotate_restarts, remove_and_publish};
pub(crate) use store::{AnnotationError, NewAnnotation};

use crate::persist::background_writer::{BackgroundWriter, Persist};
use crate::persist::{NotSaved, SAVE_TIMEOUT, atomic_file};
use restarts::RestartDetector;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use store::AnnotationStore;
use watchglass_model::{Annotation, AnnotationKind, TimeRange, Timestamp, Unit};
use watchglass_reports::Current;

/// Limit of a list, above the number of annotations that can be stored.
pub(crate) const MAX_LISTED: usize = 2000;
const FILE_NAME: &str = "annotations.json";
const DEFAULT_RETENTION: Duration = Duration::from_secs(7 * 86_400);

/// All annotations.
#[derive(Debug)]
pub(crate) struct Annotations {
    state: Mutex<State>,
    /// Background writer and data directory; without them nothing is saved.
    writer: Option<(BackgroundWriter<PendingWrite>, PathBuf)>,
}

#[derive(Debug)]
struct State {
    store: AnnotationStore,
    restarts: RestartDetector,
    /// Time of the last samples before the start, until the restart annotation is added.
    previous_run: Option<Timestamp>,
}

/// Annotations to write.
#[derive(Debug)]
struct PendingWrite {
    store: AnnotationStore,
    folder: PathBuf,
}

impl Persist for PendingWrite {
    fn merge(&mut self, newer: Self) {
        *self = newer;
    }

    fn write(&mut self) -> io::Result<()> {
        atomic_file::replace(
            &self.folder,
            FILE_NAME,
            self.store.to_json().map_err(io::Error::other)?.as_bytes(),
        )
    }
}

impl Default for Annotations {
    fn default() -> Self {
        Self::new(AnnotationStore::new(DEFAULT_RETENTION), None, None)
    }
}

impl Annotations {
    fn new(
        store: AnnotationStore,
        before: Option<Timestamp>,
        writer: Option<(BackgroundWriter<PendingWrite>, PathBuf)>,
    ) -> Self {
        let state = Mutex::new(State { store, restarts: RestartDetector::default(), previous_run: before });
        Self { state, writer }
    }

    /// Loads the annotations in `folder`, and keeps them for `retention`. An unreadable file is renamed and logged. `before` is
    /// the time of the last samples of the previous run, if any.
    ///
    /// # Errors
    /// The directory cannot be read, or the writer thread cannot be started.
    pub(crate) fn open(folder: &Path, retention: Duration, before: Option<Timestamp>) -> io::Result<Self> {
        let read = atomic_file::read(folder, FILE_NAME)?
            .map(|text| AnnotationStore::from_json(&text, retention))
            .transpose();
        let store =
            read.or_else(|reason| atomic_file::quarantine(folder, FILE_NAME, &reason).map(|()| None))?;
        let store = store.unwrap_or_else(|| AnnotationStore::new(retention));
        Ok(Self::new(store, before, Some((BackgroundWriter::start("annotations")?, folder.to_owned()))))
    }

    /// Adds an annotation.
    ///
    /// # Errors
    /// Invalid field.
    pub(crate) fn add(&self, new: NewAnnotation, now: Timestamp) -> Result<Annotation, AnnotationError> {
        let mut state = self.lock();
        let added = state.store.add(new, now)?;
        self.save(&state);
        Ok(added)
    }

    /// Removes an annotation; `None` for an unknown id.
    pub(crate) fn remove(&self, id: u64) -> Option<Annotation> {
        let mut state = self.lock();
        let removed = state.store.remove(id)?;
        self.save(&state);
        Some(removed)
    }

    /// At most `most` annotations that overlap `range`, its end included, newest first.
    pub(crate) fn in_range(&self, range: TimeRange, most: usize) -> Vec<Annotation> {
        self.lock().store.in_range(range, most)
    }

    /// Detects restarts in the samples of `now`, and returns the annotations added for them.
    pub(crate) fn observe(&self, now: Timestamp, current: &Current<'_>) -> Vec<Annotation> {
        let mut state = self.lock();
        let own = state.previous_run.take().map(|before| (own_restart(now, before), now));
        let others = state.restarts.observe(current).into_iter();
        let others = others.map(|(name, time)| (format!("{name} restarted"), time));
        let found: Vec<(String, Timestamp)> = own.into_iter().chain(others).collect();
        let added: Vec<Annotation> = found
            .into_iter()
            .filter_map(|(text, time)| {
                let time = Some(time);
                let new =
                    NewAnnotation { text, kind: AnnotationKind::Restart, time, ..NewAnnotation::default() };
                // An invalid time, as from a server with a wrong clock, is ignored.
                state.store.add(new, now).ok()
            })
            .collect();
        if !added.is_empty() {
            self.save(&state);
        }
        added
    }

    /// Waits until all changes are on disk.
    ///
    /// # Errors
    /// They are in memory only.
    pub(crate) fn wait_saved(&self) -> Result<(), NotSaved> {
        self.writer.as_ref().map_or(Ok(()), |(writer, _)| writer.wait_saved(SAVE_TIMEOUT))
    }

    /// Writes pending changes and ends the writer thread.
    ///
    /// # Errors
    /// The newest state is not on disk, and will be lost.
    pub(crate) fn close(&self) -> Result<(), NotSaved> {
        self.writer.as_ref().map_or(Ok(()), |(writer, _)| writer.close())
    }

    /// Saves all annotations into a new data directory, in the background.
    pub(crate) fn save_all(&self) {
        self.save(&self.lock());
    }

    fn save(&self, state: &State) {
        if let Some((writer, folder)) = &self.writer {
            writer.submit(PendingWrite { store: state.store.clone(), folder: folder.clone() });
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn own_restart(now: Timestamp, before: Timestamp) -> String {
    let version = env!("CARGO_PKG_VERSION");
    let silent = now.millis_since(before).max(0) as f64 / 1e3;
    format!("Watchglass {version} restarted; no data for {} before", Unit::Seconds.format(silent))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use std::fs;
    use watchglass_model::Catalogue;
    use watchglass_tsdb::Latest;

    const RETENTION: Duration = Duration::from_secs(86_400);

    fn at(second: i64) -> Timestamp {
        Timestamp::from_millis(second * 1000)
    }

    fn note(text: &str) -> NewAnnotation {
        NewAnnotation { text: text.to_owned(), ..NewAnnotation::default() }
    }

    fn texts(annotations: &Annotations) -> Vec<String> {
        let all = annotations.in_range(TimeRange { start: at(0), end: at(9_000) }, 9);
        all.into_iter().map(|annotation| annotation.text.replace('\u{a0}', " ")).collect()
    }

    #[test]
    fn annotations_survive_a_restart_and_the_restart_is_added() {
        let folder = tempfile::tempdir().unwrap();
        let first = Annotations::open(folder.path(), RETENTION, None).unwrap();
        let id = first.add(note("first"), at(1000)).unwrap().id;
        first.add(note("second"), at(1001)).unwrap();
        first.remove(id).unwrap();
        first.close().unwrap();

        let second = Annotations::open(folder.path(), RETENTION, Some(at(1002))).unwrap();
        let (catalogue, latest, paces) = (Catalogue::default(), Latest::default(), BTreeMap::new());
        let current = Current {
            catalogue: &catalogue,
            series: &[],
            version: 1,
            latest: &latest,
            tick_millis: 1000,
            intervals: &paces,
        };
        assert_eq!(second.observe(at(1014), &current).len(), 1);
        assert_eq!(second.observe(at(1015), &current), []);
        let [restart, note_text] = &texts(&second)[..] else { panic!("{:?}", texts(&second)) };
        assert!(restart.ends_with("restarted; no data for 12.0 s before"), "{restart}");
        assert_eq!(note_text, "second");
        second.close().unwrap();
        let third = Annotations::open(folder.path(), RETENTION, None).unwrap();
        assert_eq!(texts(&third).len(), 2);
        assert_eq!(third.observe(at(1016), &current), [], "the first start is not a restart");
    }

    #[test]
    fn unreadable_files_are_renamed() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(FILE_NAME), "{").unwrap();
        let annotations = Annotations::open(folder.path(), RETENTION, None).unwrap();
        assert_eq!(texts(&annotations), [""; 0]);
        assert!(folder.path().join("annotations.json.damaged").exists());
    }
}
