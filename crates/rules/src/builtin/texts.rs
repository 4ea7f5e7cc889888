//! Summaries and next steps of the built-in rules, written for an engineer on call.

/// Texts of one rule.
pub(super) struct RuleText {
    /// Rule id.
    pub(super) rule: &'static str,
    /// Summary.
    pub(super) summary: &'static str,
    /// Next steps.
    pub(super) next_steps: &'static str,
}

const fn text(rule: &'static str, summary: &'static str, next_steps: &'static str) -> RuleText {
    RuleText { rule, summary, next_steps }
}

/// One entry per built-in rule.
pub(super) static TEXTS: &[RuleText] = &[
    text(
        "cpu",
        "Average CPU usage has been high for a minute; processes wait for CPU time and responses slow down.",
        "Check the busiest processes on the overview: stop or restart an unexpected one, or wait for a job that ends by itself.",
    ),
    text(
        "memory",
        "Most of the memory is in use; when it runs out, the kernel kills a process.",
        "Check the largest processes on the overview and restart the one that keeps growing; if all are as usual, add memory to the host.",
    ),
    text(
        "disk",
        "A filesystem is almost full; when it is full, every write to it fails: databases stop, and uploads and logs are lost.",
        "Find what grew with `du -xhd1` below the mount point: usually logs, backups or temporary files; delete or move these first.",
    ),
    text(
        "response-time-high",
        "5 % of the requests take longer than 2 s: users notice it now.",
        "Compare the slowest routes on the performance page with one hour ago, and roll back the last deploy if it started then; otherwise check the database.",
    ),
    text(
        "response-time",
        "5 % of the requests have taken longer than 1 s for five minutes: users start to notice.",
        "Check the slowest routes on the performance page and the slowest queries on the database page; not urgent while it does not grow.",
    ),
    text(
        "errors",
        "More than 10 % of the requests have failed with a server error (5xx) for two minutes: users see errors.",
        "Read the last errors in the application log, and roll back the last deploy if they started then; check that PostgreSQL and Redis are up.",
    ),
    text(
        "database-latency",
        "PostgreSQL takes more than 1 s to answer `SELECT 1`: every page that needs it is slow.",
        "Check the database page for blocking sessions and long-running queries, and end these; then check disk and CPU of its host.",
    ),
    text(
        "redis-hit-ratio",
        "Many Redis reads have been misses for ten minutes: the load moves to the database.",
        "Check the cache page for evicted keys or a Redis restart; after a restart the cache refills by itself, with evictions it needs more memory.",
    ),
    text(
        "cache-hit-rate",
        "Many reads of the application cache have been misses for ten minutes: the load moves to the database.",
        "Check whether a deploy emptied the cache or entries expire too early; start a warm-up if it does not refill by itself.",
    ),
    text(
        "cache-penetration",
        "Many cache reads ask for keys that do not exist, and each of them reaches the database: a bug or an attack.",
        "Look for one route or one client that requests missing ids, and rate-limit it; check that misses are cached.",
    ),
    text(
        "cache-warming",
        "The cache warm-up took too long: until it completes, the database serves these reads.",
        "Check that the database is not slow, then warm up fewer entries at a time; no action is needed while response times are normal.",
    ),
    text(
        "application-down",
        "An application has not reported for a minute: it has stopped, hangs, or cannot reach this server.",
        "Open the application; if it does not respond, read the end of its log and restart it. If it responds, check the network between it and this server.",
    ),
    text(
        "postgresql-down",
        "PostgreSQL has not responded for a minute: everything that needs the database fails.",
        "Check that its process runs and its disk is not full, read the end of its log, then start it. Do not delete anything in its data directory.",
    ),
    text(
        "redis-down",
        "Redis has not responded for a minute: cache and sessions are unavailable, and the database carries the full load.",
        "Check that its process runs and was not killed by the OOM killer (`dmesg`), then start it; watch the database until the cache has refilled.",
    ),
    text(
        "postgresql-standby",
        "A PostgreSQL standby has received nothing from its primary for a minute: it falls behind, and a failover to it would lose data.",
        "Read the end of the standby's log for why the WAL receiver does not connect: usually the network, the password, or WAL that the primary has already removed.",
    ),
    text(
        "redis-replica",
        "A Redis replica has not been connected to its master for a minute: it serves old data, and a failover to it would lose writes.",
        "Check that the master runs and the replica reaches it, then read the end of the replica's log: usually the network, the password, or a full resync that fails.",
    ),
    text(
        "redis-save",
        "Redis could not save its data to disk for a minute: it may reject all writes (MISCONF), and a restart loses what is not saved.",
        "Do not restart it. Read the end of its log: usually a full disk, a folder that is not writable, or too little memory to fork; then run `BGSAVE`.",
    ),
    text(
        "probe",
        "A collector has returned no data for a minute: the state of what it monitors is unknown.",
        "Read the error in the message: usually a permission or a path that has changed. Nothing else is affected.",
    ),
    text(
        "history-refused",
        "Samples could not be stored: charts will have gaps, and rules over past data miss these samples.",
        "Check that the disk of the data directory is not full and is writable; live data is still evaluated.",
    ),
    text(
        "series-refused",
        "The series limit of this server is reached: new series of this source have no charts, no history and no alerts.",
        "Find out which label grew, such as routes with ids in them or short-lived interfaces; series without samples for 10 minutes make room.",
    ),
    text(
        "data-directory",
        "This server cannot write to its data directory: history, alerts and sessions are kept in memory, and a stop would lose them.",
        "Free space on its disk, make it writable, or create it again, empty, if it was deleted; the server then saves what it has in memory. Do not restart it before.",
    ),
    text(
        "certificate",
        "The TLS certificate of this server expires within days and was not renewed; after that, browsers refuse its pages.",
        "Read the log of the renewal job and renew the certificate manually if needed; the server reloads the files without a restart.",
    ),
    text(
        "heartbeat-late",
        "A job, such as a backup, has not sent its heartbeat within period and grace, or has reported that it failed.",
        "Check the log of the job, and whether its timer is active and the machine is up; the heartbeats are on the alerts page.",
    ),
    text(
        "message-volume",
        "Users have sent more than 100 messages per second for five minutes: high traffic or spam.",
        "No action is needed while response times are normal; check whether a few users send most of the messages.",
    ),
    text(
        "registration-rate",
        "More than 10 users per second have signed up for five minutes: a campaign, or a bot that creates accounts.",
        "Ask whether a campaign has started; if not, check whether the new accounts come from few addresses, and rate-limit these.",
    ),
];
