//! Tests of the Redis store with a test server.

mod faults;
mod golden;
mod names;
mod pair;
mod servers;

use super::*;
use crate::conformance::{self, World};
use crate::{EmbeddedHistory, Options};
use std::path::Path;
use std::sync::atomic::AtomicUsize;
use tempfile::TempDir;
use watchglass_test_servers::RedisServer;

const WEEK: Duration = Duration::from_secs(7 * 86_400);

fn redis() -> RedisServer {
    RedisServer::start(&["--save", "", "--appendonly", "no"]).unwrap()
}

fn options(prefix: &str, source: &str) -> RedisOptions {
    RedisOptions { prefix: prefix.to_owned(), source: source.to_owned(), retention: WEEK, instance: None }
}

fn open(folder: &Path, url: &str, options: &RedisOptions, limit: usize) -> RedisHistory {
    let local = Options { series_limit: limit, ..Options::default() };
    let local = EmbeddedHistory::open(folder, local).unwrap();
    RedisHistory::open(Arc::new(local), Target::parse(url).unwrap(), options).unwrap()
}

/// Redis store in a temporary folder.
#[derive(Debug)]
struct Temporary {
    history: RedisHistory,
    _folder: TempDir,
}

impl Temporary {
    fn new(url: &str, options: &RedisOptions, limit: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let history = open(folder.path(), url, options, limit);
        Self { history, _folder: folder }
    }
}

impl History for Temporary {
    fn append(&self, batch: &Batch, series: &[Series], catalogue: &Catalogue) {
        self.history.append(batch, series, catalogue);
    }

    fn end_series(&self, ended: &[SeriesId]) {
        self.history.end_series(ended);
    }

    fn query(&self, query: &Query) -> Result<Columns, QueryError> {
        self.history.query(query)
    }

    fn raw(&self, selector: &Selector, range: TimeRange, visit: &mut Visit<'_>) -> Result<(), QueryError> {
        self.history.raw(selector, range, visit)
    }

    fn newest(&self) -> Option<Timestamp> {
        self.history.newest()
    }

    fn series(&self, selector: &Selector) -> Result<Vec<Arc<StoredSeries>>, QueryError> {
        self.history.series(selector)
    }

    fn status(&self) -> Status {
        self.history.status()
    }

    fn close(&self) {
        self.history.close();
    }
}

static NEXT: AtomicUsize = AtomicUsize::new(0);

/// Unique prefix.
fn prefix() -> String {
    format!("test-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

#[test]
fn conforms() {
    let redis = redis();
    conformance::check(&|limit| Box::new(Temporary::new(&redis.url(), &options(&prefix(), "one"), limit)));
}

#[test]
fn conforms_without_redis() {
    // Nothing listens on this port.
    conformance::check(&|limit| {
        Box::new(Temporary::new("redis://127.0.0.1:1", &options(&prefix(), "one"), limit))
    });
}

/// All samples of all series.
fn everything(history: &dyn History) -> std::collections::BTreeMap<(u32, i64), f64> {
    World::new().samples(history, (0, 4_000_000_000_000))
}
