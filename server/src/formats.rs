//! Generates `docs/formats.md` from the examples of stored and sent formats. The tests fail for a format whose version changes
//! or that is not listed.

mod list;

use list::{FORMATS, NOT_STORED, VersionAt};
use serde_json::Value;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn version(example: &str, at: VersionAt) -> Option<u64> {
    let bytes = fs::read(root().join(example)).unwrap_or_else(|error| panic!("{example}: {error}"));
    let json = |text: &[u8], field: &str| {
        let value = serde_json::Deserializer::from_slice(text).into_iter::<Value>().next()?.ok()?;
        value.get(field)?.as_u64()
    };
    match at {
        VersionAt::Json => json(&bytes, "version"),
        VersionAt::Header => Some(u64::from(u16::from_le_bytes([bytes[8], bytes[9]]))),
        VersionAt::Byte(index) => Some(u64::from(bytes[index])),
        VersionAt::Prefix => Some(u64::from(bytes[1] - b'0')),
        // `AQ` decodes to a first byte of 1.
        VersionAt::Token => bytes.starts_with(b"AQ").then_some(1),
        VersionAt::Manifest => json(&bytes[512..], "format"),
        VersionAt::Name => Some(1),
        VersionAt::Unversioned => None,
    }
}

#[test]
fn documentation_lists_every_format_with_its_version() {
    let mut page = String::from(
        "# Formats\n\n\
         All formats that are stored, or exchanged between program versions. Generated from the examples; update with\n\
         `UPDATE_GOLDEN=1 cargo test -p watchglass`.\n\n\
         Each version reads the formats of all earlier versions since 0.1.0, and writes the newest one at the next change.\n\
         Newer formats are not read:\n\n\
         - users, history, records and outbox: the server does not start;\n\
         - `rules.json` and `alerts.json`: the file is renamed to `NAME.damaged`, with a log event;\n\
         - notification state: it is saved as `telling.json.damaged`, with a log event;\n\
         - `restore`: nothing is changed.\n\n\
         To downgrade, restore a backup made with the older version.\n\n\
         Version 0.1.0 had the notification state in `telling.json`. It is read as long as the outbox has no state, and removed\n\
         at the next start.\n\n\
         | Format | Location or reader | Written version | Read versions | Example |\n|---|---|---|---|---|\n",
    );
    for &(what, place, example, at, read) in FORMATS {
        let found = version(example, at);
        let written = found.map_or("in the keys".to_owned(), |version| version.to_string());
        let is_read = found.is_none_or(|version| read.split(", ").any(|known| known == version.to_string()));
        assert!(is_read || read == "written only", "{example}: version {found:?} is not among {read}");
        writeln!(page, "| {what} | {place} | {written} | {read} | `{example}` |").unwrap();
    }
    page.push_str(
        "\n`alerts-past.jsonl` (one resolved alert per line), `server-id` (32 hexadecimal digits), `link.key` and `browser.key`\n\
         (keys) have no version: a changed format would get a new file name.\n",
    );
    let path = root().join("docs/formats.md");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, &page).unwrap();
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), page);
}

#[test]
fn every_example_is_listed() {
    let mut missing = Vec::new();
    let folders = fs::read_dir(root().join("crates")).unwrap().map(|entry| entry.unwrap().path());
    for folder in folders.chain([root().join("server")]) {
        for golden in ["golden", "golden-redis"] {
            let Ok(files) = fs::read_dir(folder.join(golden)) else { continue };
            for file in files.map(|file| file.unwrap().path()) {
                let name = file.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
                // One live frame stands for all: they have the same header.
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
