//! The stored and sent formats with their examples.

/// Location of the version in an example.
#[derive(Clone, Copy)]
pub(super) enum VersionAt {
    /// Field `version` of a JSON document or of the first JSON line.
    Json,
    /// Two bytes after the 8-byte magic number, little-endian.
    Header,
    /// The byte with this index.
    Byte(usize),
    /// First byte of the base64url-decoded token.
    Token,
    /// Digit after the first letter.
    Prefix,
    /// Field `format` of the manifest, the first file of the archive.
    Manifest,
    /// Part of the file name of the example.
    Name,
    /// No version: the file name identifies the format.
    Unversioned,
}

/// Format, its file in the data directory or its reader, its example, the location of the version, and the versions that this
/// program reads.
pub(super) const FORMATS: &[(&str, &str, &str, VersionAt, &str)] = &[
    ("Users, tokens, sessions", "`access.json`", "crates/auth/golden/access.json", VersionAt::Json, "1, 2"),
    (
        "Users, tokens, sessions (before clustering)",
        "`access.json` before 0.1.0",
        "crates/auth/golden/access-v1.json",
        VersionAt::Json,
        "1, 2",
    ),
    ("Changed and custom rules", "`rules.json`", "server/golden/rules.json", VersionAt::Json, "1, 2"),
    (
        "Changed and custom rules (without versions)",
        "`rules.json` before 0.1.0",
        "server/golden/rules-v1.json",
        VersionAt::Json,
        "1, 2",
    ),
    ("Annotations", "`annotations.json`", "server/golden/annotations.json", VersionAt::Json, "1"),
    ("Expected heartbeats", "`heartbeats.json`", "server/golden/heartbeats.json", VersionAt::Json, "1"),
    ("Dashboard layouts per user", "`layouts.json`", "server/golden/layouts.json", VersionAt::Json, "1"),
    ("Audit log", "`audit.jsonl`, `audit.N.jsonl`", "server/golden/audit.jsonl", VersionAt::Json, "1"),
    ("Alerts", "`alerts.json`", "crates/rules/golden/engine.json", VersionAt::Json, "1, 2"),
    (
        "Alerts (without removed series)",
        "`alerts.json` before 0.2.0",
        "crates/rules/golden/engine-v1.json",
        VersionAt::Json,
        "1, 2",
    ),
    (
        "Notification state, silences",
        "in the outbox",
        "crates/dispatch/golden/desk.json",
        VersionAt::Json,
        "1",
    ),
    (
        "Outbox: messages, notification state",
        "`outbox/outbox.1`",
        "crates/notify/golden/outbox-v3.bin",
        VersionAt::Header,
        "1, 2, 3",
    ),
    (
        "Outbox (without superseded messages)",
        "`outbox/outbox.1`",
        "crates/notify/golden/outbox-v2.bin",
        VersionAt::Header,
        "1, 2, 3",
    ),
    (
        "Outbox (without notification state)",
        "`outbox/outbox.1` of 0.1.0",
        "crates/notify/golden/outbox.1",
        VersionAt::Header,
        "1, 2, 3",
    ),
    (
        "Write-ahead log of the history",
        "`history/log-N.wal`",
        "crates/tsdb/golden/log-0.wal",
        VersionAt::Header,
        "1, 2, 3, 4",
    ),
    (
        "Write-ahead log with a group",
        "`history/log-N.wal`",
        "crates/tsdb/golden-groups/log-0.wal",
        VersionAt::Header,
        "1, 2, 3, 4",
    ),
    (
        "Write-ahead log (without groups)",
        "`history/log-N.wal`",
        "crates/tsdb/golden-v3/log-0.wal",
        VersionAt::Header,
        "1, 2, 3, 4",
    ),
    (
        "Write-ahead log (header without checksum)",
        "`history/log-N.wal`",
        "crates/tsdb/golden-v2/log-0.wal",
        VersionAt::Header,
        "1, 2, 3, 4",
    ),
    (
        "Write-ahead log (without complete records)",
        "`history/log-N.wal` of 0.1.0",
        "crates/tsdb/golden-v1/log-0.wal",
        VersionAt::Header,
        "1, 2, 3, 4",
    ),
    (
        "Raw samples, 1 hour per file",
        "`history/raw-T.seg`",
        "crates/tsdb/golden/raw-1700006400.seg",
        VersionAt::Header,
        "1, 2",
    ),
    (
        "Raw samples (same times for all series)",
        "`history/raw-T.seg` before 0.2.0",
        "crates/tsdb/golden-v1/raw-1700006400.seg",
        VersionAt::Header,
        "1, 2",
    ),
    (
        "1-minute rows, 1 day per file",
        "`history/minute-T.seg`",
        "crates/tsdb/golden/minute-1700006400.seg",
        VersionAt::Header,
        "1, 2",
    ),
    (
        "1-minute rows (same times for all series)",
        "`history/minute-T.seg` before 0.2.0",
        "crates/tsdb/golden-v1/minute-1700006400.seg",
        VersionAt::Header,
        "1, 2",
    ),
    (
        "15-minute rows",
        "`history/quarter-T.seg`",
        "crates/tsdb/golden/quarter-1700006400.seg",
        VersionAt::Header,
        "1, 2",
    ),
    (
        "15-minute rows (same times for all series)",
        "`history/quarter-T.seg` before 0.2.0",
        "crates/tsdb/golden-v1/quarter-1700006400.seg",
        VersionAt::Header,
        "1, 2",
    ),
    (
        "Records",
        "`records/records-A-B.R.blk`",
        "crates/records/golden/records-1-1.0.blk",
        VersionAt::Header,
        "1",
    ),
    (
        "Write-ahead log of the records",
        "`records/log-N.wal`",
        "crates/records/golden/log-2.wal",
        VersionAt::Header,
        "1",
    ),
    ("Process tables", "in the records", "crates/process-table/golden/whole-v1.bin", VersionAt::Name, "1"),
    (
        "Changes of process tables",
        "in the records",
        "crates/process-table/golden/changes-v1.bin",
        VersionAt::Name,
        "1",
    ),
    (
        "Deletions of records",
        "`records/deletions`",
        "crates/records/golden/deletions",
        VersionAt::Header,
        "1",
    ),
    ("Shared history", "Redis", "crates/tsdb/golden-redis/keys.txt", VersionAt::Unversioned, "1"),
    ("Shared alerts", "Redis", "crates/dispatch/golden/board.json", VersionAt::Json, "1"),
    ("Shared resolved alerts", "Redis", "crates/dispatch/golden/past.json", VersionAt::Json, "1"),
    ("Shared sessions", "Redis", "crates/auth/golden/sessions.jsonl", VersionAt::Json, "1"),
    ("Shared notification log", "Redis", "crates/dispatch/golden/ledger.json", VersionAt::Json, "1"),
    (
        "Action links in messages",
        "recipients, for a day",
        "crates/notify/golden/deeds.txt",
        VersionAt::Token,
        "1",
    ),
    (
        "Cookie of known browsers",
        "browsers, for a year",
        "crates/auth/golden/browser-cookie.txt",
        VersionAt::Prefix,
        "1",
    ),
    ("Webhooks", "webhook receivers", "crates/notify/golden/webhook.json", VersionAt::Json, "written only"),
    (
        "Application reports",
        "`POST /api/ingest`",
        "crates/instrument/golden/report-v1.json",
        VersionAt::Json,
        "1",
    ),
    ("Live frames", "`watchglass.binary.v1`", "crates/live/golden/metrics.bin", VersionAt::Byte(1), "1"),
    ("Live frames", "`watchglass.json.v1`", "crates/live/golden/hello.json", VersionAt::Name, "1"),
    ("Backups", "`watchglass backup FILE`", "crates/backup/golden/backup.tar", VersionAt::Manifest, "1"),
];

/// Examples of rendered images and messages, which have no version, and of formats that another example stands for.
pub(super) const NOT_STORED: &[&str] = &[
    "crates/chart/golden/picture.svg",
    "crates/dispatch/golden/notices.json",
    "crates/notify/golden/attachments.json",
    "crates/notify/golden/discord.json",
    "crates/notify/golden/google-chat.json",
    "crates/notify/golden/message-alerts.json",
    "crates/notify/golden/message.html",
    "crates/notify/golden/message.txt",
    "crates/notify/golden/ntfy.json",
    "crates/notify/golden/pagerduty.json",
    "crates/notify/golden/pushover.txt",
    "crates/notify/golden/slack.json",
    "crates/notify/golden/sms.txt",
    "crates/notify/golden/teams.json",
    "crates/notify/golden/telegram.json",
    "crates/notify/golden/webhook-alertmanager.json",
];
