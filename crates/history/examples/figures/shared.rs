//! The same samples shared through a Redis: what that takes there, and what it takes to read them from there alone.

use crate::question::{Question, Times, row};
use crate::store::Asked;
use crate::{ROUNDS, pair};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use watchglass_history::{EmbeddedHistory, Options, RedisHistory, RedisOptions};
use watchglass_remote::redis::Target;
use watchglass_test_servers::RedisServer;

/// A history that is shared through the Redis at `url`.
pub(crate) fn open(local: EmbeddedHistory, url: &str, source: &str) -> RedisHistory {
    let options = RedisOptions {
        prefix: "watchglass".to_owned(),
        source: source.to_owned(),
        retention: Duration::from_secs(7 * 86_400),
    };
    RedisHistory::open(Arc::new(local), Target::parse(url).unwrap(), &options).unwrap()
}

/// Sends all that the store in `history` has, and asks a reader with an empty store of its own.
pub(crate) fn measure(history: &Path, temporary: &Path, questions: &[(u64, Question)], samples: u64) {
    let redis = RedisServer::start(&["--save", "", "--appendonly", "no"]).unwrap();
    let used = || redis.info().get("used_memory").unwrap().parse::<f64>().unwrap();
    let (started, before) = (Instant::now(), used());
    let local = EmbeddedHistory::open(history, Options::default()).unwrap();
    let writer = open(local, &redis.url(), "writer");
    while !writer.settle() {}
    let taken = used() - before;
    row("Redis: sending all of it", started.elapsed().as_secs_f64() * 1e3, None, "ms");
    row("Redis: memory", taken / 1e6, None, "MB");
    row("Redis: memory for each sample", taken / samples as f64, None, "bytes");
    drop(writer);
    let mut asked = Asked::start(&temporary.join("reader"), Some(&redis.url()));
    for (hours, question) in questions {
        let mut times = Times::default();
        let series = asked.ask(question).1;
        (0..ROUNDS).for_each(|_| times.add(asked.ask(question).0));
        pair(&format!("Redis: {hours} h, {series} series, from Redis alone"), &times, None);
    }
    row("Redis: PSS of the reader", asked.memory().pss, None, "MB");
}
