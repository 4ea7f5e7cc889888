//! `docs/formats.md` is made from the examples of what is stored and sent: a format whose version changes, or that nobody has
//! written down there, fails here.

use serde_json::Value;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// Where an example says its version.
#[derive(Clone, Copy)]
enum At {
    /// The field `version` of JSON, of a text or of its first line.
    Json,
    /// Two bytes behind eight that say what it is, little-endian.
    Header,
    /// That byte.
    Byte(usize),
    /// The first byte of base64url.
    Token,
    /// The field `format` of the manifest, the first file of the archive.
    Manifest,
    /// A part of the name of the example.
    Name,
    /// There is none: the name of the file says what it is.
    Nowhere,
}

/// What it is, where it is in the data folder or by whom it is read, its example, where that says its version, and which
/// versions this program reads.
const FORMATS: &[(&str, &str, &str, At, &str)] = &[
    ("People, tokens, sessions", "`access.json`", "crates/access/golden/access.json", At::Json, "1, 2"),
    (
        "People, of servers on their own",
        "`access.json` of before 0.1.0",
        "crates/access/golden/access-v1.json",
        At::Json,
        "1, 2",
    ),
    ("Rules that were changed or made", "`rules.json`", "server/golden/rules.json", At::Json, "1, 2"),
    (
        "Rules, without stamps",
        "`rules.json` of before 0.1.0",
        "server/golden/rules-v1.json",
        At::Json,
        "1, 2",
    ),
    ("What explains charts", "`annotations.json`", "server/golden/annotations.json", At::Json, "1"),
    ("How people arrange panels", "`layouts.json`", "server/golden/layouts.json", At::Json, "1"),
    ("Who has changed what", "`audit.jsonl`, `audit.N.jsonl`", "server/golden/audit.jsonl", At::Json, "1"),
    ("What is wrong", "`alerts.json`", "crates/alerts/golden/engine.json", At::Json, "1"),
    ("Who was told what, silences", "`telling.json`", "crates/alerts/golden/desk.json", At::Json, "1"),
    ("What is to be sent", "`outbox/outbox.N`", "crates/notify/golden/outbox.1", At::Header, "1"),
    ("Log of the history", "`history/log-N.wal`", "crates/history/golden/log-0.wal", At::Header, "1"),
    (
        "Samples of an hour",
        "`history/raw-T.seg`",
        "crates/history/golden/raw-1700006400.seg",
        At::Header,
        "1",
    ),
    (
        "Minutes of a day",
        "`history/minute-T.seg`",
        "crates/history/golden/minute-1700006400.seg",
        At::Header,
        "1",
    ),
    (
        "Quarters of an hour",
        "`history/quarter-T.seg`",
        "crates/history/golden/quarter-1700006400.seg",
        At::Header,
        "1",
    ),
    ("History that is shared", "Redis", "crates/history/golden-redis/keys.txt", At::Nowhere, "1"),
    ("Alerts that are shared", "Redis", "crates/alerts/golden/board.json", At::Json, "1"),
    ("Past alerts that are shared", "Redis", "crates/alerts/golden/past.json", At::Json, "1"),
    ("Sessions that are shared", "Redis", "crates/access/golden/sessions.jsonl", At::Json, "1"),
    ("Who tells what", "Redis", "crates/alerts/golden/ledger.json", At::Json, "1"),
    ("Links of messages", "people, for a day", "crates/notify/golden/deeds.txt", At::Token, "1"),
    ("Webhooks", "other programs", "crates/notify/golden/webhook.json", At::Json, "written only"),
    (
        "Reports of applications",
        "`POST /api/ingest`",
        "crates/instrument/golden/report-v1.json",
        At::Json,
        "1",
    ),
    ("Live frames", "`watchglass.binary.v1`", "crates/live/golden/metrics.bin", At::Byte(1), "1"),
    ("Live frames", "`watchglass.json.v1`", "crates/live/golden/hello.json", At::Name, "1"),
    ("Backups", "`watchglass backup FILE`", "crates/backup/golden/backup.tar", At::Manifest, "1"),
];

/// Folders whose examples are of pictures and texts for people, or are listed by another file of the same format.
const NOT_STORED: &[&str] = &[
    "crates/chart/golden/picture.svg",
    "crates/alerts/golden/notices.json",
    "crates/notify/golden/message.html",
    "crates/notify/golden/message.txt",
    "crates/notify/golden/slack.json",
    "crates/notify/golden/sms.txt",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn version(example: &str, at: At) -> Option<u64> {
    let bytes = fs::read(root().join(example)).unwrap_or_else(|error| panic!("{example}: {error}"));
    let json = |text: &[u8], field: &str| {
        let value = serde_json::Deserializer::from_slice(text).into_iter::<Value>().next()?.ok()?;
        value.get(field)?.as_u64()
    };
    match at {
        At::Json => json(&bytes, "version"),
        At::Header => Some(u64::from(u16::from_le_bytes([bytes[8], bytes[9]]))),
        At::Byte(index) => Some(u64::from(bytes[index])),
        // `A` is six bits of nothing, the next letter has the last two of the first byte: Q is 16.
        At::Token => bytes.starts_with(b"AQ").then_some(1),
        At::Manifest => json(&bytes[512..], "format"),
        At::Name => Some(1),
        At::Nowhere => None,
    }
}

#[test]
fn the_documentation_lists_every_format_with_its_version() {
    let mut page = String::from(
        "# Formats\n\n\
         Everything that is stored or sent between versions of this program, made from examples of each; renew it with\n\
         `UPDATE_GOLDEN=1 cargo test -p watchglass`.\n\n\
         A program reads what every version from this release on has written: what is of an older version is written in the\n\
         newest one the next time. What is of a later version is not read: for people, the history and the outbox the server does\n\
         not start; `rules.json`, `alerts.json` and `telling.json` are set aside as `NAME.damaged`, and the log says so; `restore`\n\
         changes nothing. To go back to an older version of the program, restore a backup that was made with it.\n\n\
         | what | where | version that is written | versions that are read | example |\n|---|---|---|---|---|\n",
    );
    for &(what, place, example, at, read) in FORMATS {
        let found = version(example, at);
        let written = found.map_or("in the keys".to_owned(), |version| version.to_string());
        let is_read = found.is_none_or(|version| read.split(", ").any(|known| known == version.to_string()));
        assert!(is_read || read == "written only", "{example}: version {found:?} is not among {read}");
        writeln!(page, "| {what} | {place} | {written} | {read} | `{example}` |").unwrap();
    }
    page.push_str(
        "\n`alerts-past.jsonl` (one past alert in each line), `server-id` (32 hexadecimal digits) and `link.key` (a key) have no version:\n\
         another form of one would have another name.\n",
    );
    let path = root().join("docs/formats.md");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, &page).unwrap();
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), page);
}

#[test]
fn every_example_is_among_them() {
    let mut missing = Vec::new();
    let folders = fs::read_dir(root().join("crates")).unwrap().map(|entry| entry.unwrap().path());
    for folder in folders.chain([root().join("server")]) {
        for golden in ["golden", "golden-redis"] {
            let Ok(files) = fs::read_dir(folder.join(golden)) else { continue };
            for file in files.map(|file| file.unwrap().path()) {
                let name = file.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
                // Of the live frames one stands for all: they have the same front.
                let is_known = FORMATS.iter().any(|(_, _, example, ..)| *example == name)
                    || NOT_STORED.contains(&name.as_str())
                    || name.starts_with("crates/live/");
                if !is_known {
                    missing.push(name);
                }
            }
        }
    }
    assert!(missing.is_empty(), "{missing:?}");
}
