//! Restarts of Redis, and SIGKILL of the server.

use crate::context::{Context, now_millis};
use crate::server::Server;
use std::time::{Duration, Instant};
use watchglass_test_servers::RedisServer;

/// Time for which Redis is down.
const REDIS_DOWN: Duration = Duration::from_secs(5);

/// Times of the next faults.
#[derive(Debug)]
pub(crate) struct Faults {
    redis_interval: Duration,
    kill_interval: Duration,
    next_redis: Instant,
    next_kill: Instant,
}

impl Faults {
    /// The first faults are one interval from now; those of the server half a minute later, so that they do not coincide.
    pub(crate) fn new(redis_minutes: u32, kill_minutes: u32) -> Self {
        let [redis_interval, kill_interval] =
            [redis_minutes, kill_minutes].map(|minutes| Duration::from_secs(60 * u64::from(minutes)));
        let now = Instant::now();
        let next_kill = now + kill_interval + Duration::from_secs(30);
        Self { redis_interval, kill_interval, next_redis: now + redis_interval, next_kill }
    }

    /// Causes the faults that are due.
    pub(crate) fn act(&mut self, context: &Context, server: &mut Server, redis: &mut RedisServer) {
        let now = Instant::now();
        if now >= self.next_redis {
            self.next_redis = now + self.redis_interval;
            let begun = now_millis() / 1000;
            redis.kill();
            std::thread::sleep(REDIS_DOWN);
            redis.restart();
            context.record(|record| record.redis_down.push((begun, now_millis() / 1000)));
        }
        if now >= self.next_kill {
            self.next_kill = now + self.kill_interval;
            let begun = now_millis() / 1000;
            let result = server.kill_and_restart();
            context.record(|record| {
                record.server_down.push((begun, now_millis() / 1000));
                record.notes.extend(result.err().map(|error| error.to_string()));
            });
        }
    }
}
