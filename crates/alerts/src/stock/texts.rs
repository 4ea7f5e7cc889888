//! What the stock rules mean, and what to do first: for somebody who was asleep a minute ago.

/// The sentences of one rule.
pub(super) struct Text {
    /// Its id.
    pub(super) rule: &'static str,
    /// What it means.
    pub(super) summary: &'static str,
    /// What to do first.
    pub(super) action: &'static str,
}

const fn text(rule: &'static str, summary: &'static str, action: &'static str) -> Text {
    Text { rule, summary, action }
}

/// One for each stock rule.
pub(super) static TEXTS: [Text; 19] = [
    text(
        "cpu",
        "The processors have been busy for a minute; what needs them now waits, and answers become slow.",
        "Look at the busiest processes on the overview: stop or restart the one that should not be there, or wait for a job that ends by itself.",
    ),
    text(
        "memory",
        "Most of the memory is in use; when it runs out, the system kills a process to go on.",
        "Look at the largest processes on the overview and restart the one that grows; if all are as usual, the host needs more memory.",
    ),
    text(
        "disk",
        "A file system is nearly full; when it is, whatever writes to it fails: databases stop, and uploads and logs are lost.",
        "Find what grew with `du -xhd1` below the mount point: usually logs, backups or temporary files; delete or move these first.",
    ),
    text(
        "response-time-high",
        "One request in twenty takes longer than two seconds: users see it now.",
        "Compare the slowest routes on the performance page with an hour ago, and undo the last deploy if it began with that; otherwise look at the database.",
    ),
    text(
        "response-time",
        "One request in twenty has taken longer than a second for five minutes: users begin to notice.",
        "Look at the slowest routes on the performance page and at the slowest statements on the database page; no need to hurry if it does not grow.",
    ),
    text(
        "errors",
        "More than one request in ten has failed by a fault of the server for two minutes: users see errors.",
        "Read the last errors in the application's log, and undo the last deploy if they began with it; check that PostgreSQL and Redis are up.",
    ),
    text(
        "database-latency",
        "PostgreSQL takes more than a second to answer the simplest question: every page that needs it is slow.",
        "Look on the database page for statements that block others or run for long, and end these; then look at the disks and processors of its host.",
    ),
    text(
        "redis-hit-ratio",
        "Many reads of Redis have found nothing for ten minutes: the database does the work that the cache should.",
        "Check on the cache page whether keys were evicted or Redis was restarted; after a restart it fills by itself, with evictions it needs more memory.",
    ),
    text(
        "cache-hit-rate",
        "Many reads of the application's cache have found nothing for ten minutes: the database does the work that the cache should.",
        "Check whether the cache was emptied by a deploy, or entries expire too soon; start a warming if it does not fill by itself.",
    ),
    text(
        "cache-penetration",
        "Many requests ask the cache for what does not exist, and every one of them reaches the database: a fault, or an attack.",
        "Look for one route or one client that asks for ids that do not exist, and limit it; check that missing entries are cached as missing.",
    ),
    text(
        "cache-warming",
        "Warming the cache took too long: until it is done, the database answers what the cache should.",
        "Check that the database is not slow, then warm fewer entries at a time; nothing is broken if answers are quick.",
    ),
    text(
        "application-down",
        "An application has not reported for a minute: it has stopped, hangs, or cannot reach this server.",
        "Open the application; if it does not answer, read the end of its log and restart it. If it does, check the network between it and this server.",
    ),
    text(
        "postgresql-down",
        "PostgreSQL has not answered for a minute: whatever needs the database fails.",
        "Check that its process runs and that its disk is not full, read the end of its log, then start it. Do not delete anything in its data folder.",
    ),
    text(
        "redis-down",
        "Redis has not answered for a minute: cache and sessions are gone, and the database carries all the load.",
        "Check that its process runs and was not killed for its memory (`dmesg`), then start it; watch the database until the cache has filled.",
    ),
    text(
        "probe",
        "A part of the monitoring has given no data for a minute: what it watches may be well or not, nobody knows.",
        "Read the reason in the message: mostly a permission or a path that has changed. Nothing else is broken by it.",
    ),
    text(
        "history-refused",
        "Samples could not be stored: the charts will have gaps, and what is judged over the past misses them.",
        "Check that the disk of the data folder is not full and can be written to; what is live is judged all the same.",
    ),
    text(
        "certificate",
        "The certificate that this server encrypts with ends in days, and was not renewed: then no browser opens its pages.",
        "Read the log of what renews it, and renew it by hand if need be; the server takes the new files without a restart.",
    ),
    text(
        "message-volume",
        "Users have been writing more than a hundred messages a second for five minutes: success, or somebody who floods.",
        "Nothing needs to be done while answers are quick; look whether a few users write most of them.",
    ),
    text(
        "registration-rate",
        "More than ten users a second have been registering for five minutes: a campaign, or a machine that makes accounts.",
        "Ask whether a campaign has begun; if not, look whether the new accounts come from few addresses and limit these.",
    ),
];
