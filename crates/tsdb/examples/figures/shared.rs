//! The same samples in Redis: memory usage, and query times of a reader without files.

use crate::query::{RangeQuery, Times, row};
use crate::store::QueryProcess;
use crate::{ROUNDS, pair};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use watchglass_remote::redis::Target;
use watchglass_test_servers::RedisServer;
use watchglass_tsdb::{EmbeddedHistory, Options, RedisHistory, RedisOptions};

/// A history store that shares its samples through Redis.
pub(crate) fn open(local: EmbeddedHistory, url: &str, source: &str) -> RedisHistory {
    let options = RedisOptions {
        prefix: "watchglass".to_owned(),
        source: source.to_owned(),
        retention: Duration::from_secs(7 * 86_400),
        instance: None,
    };
    RedisHistory::open(Arc::new(local), Target::parse(url).unwrap(), &options).unwrap()
}

/// Uploads the store in `history`, and queries a reader with an empty store.
pub(crate) fn measure(history: &Path, temporary: &Path, queries: &[(u64, RangeQuery)], samples: u64) {
    let redis = RedisServer::start(&["--save", "", "--appendonly", "no"]).unwrap();
    let used = || redis.info().get("used_memory").unwrap().parse::<f64>().unwrap();
    let (started, before) = (Instant::now(), used());
    let local = EmbeddedHistory::open(history, Options::default()).unwrap();
    let writer = open(local, &redis.url(), "writer");
    while !writer.flush() {}
    let taken = used() - before;
    row("Redis: sending all of it", started.elapsed().as_secs_f64() * 1e3, None, "ms");
    row("Redis: memory", taken / 1e6, None, "MB");
    row("Redis: memory for each sample", taken / samples as f64, None, "bytes");
    drop(writer);
    let mut process = QueryProcess::start(&temporary.join("reader"), Some(&redis.url()));
    for (hours, query) in queries {
        let mut times = Times::default();
        let series = process.execute(query).1;
        (0..ROUNDS).for_each(|_| times.add(process.execute(query).0));
        pair(&format!("Redis: {hours} h, {series} series, from Redis alone"), &times, None);
    }
    row("Redis: PSS of the reader", process.memory().pss, None, "MB");
}
