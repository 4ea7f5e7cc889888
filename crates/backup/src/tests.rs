//! Archive tests: round trips, damage, limits.

use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::io;

const CREATED_MS: u64 = 1_700_000_000_123;

/// Files in memory.
#[derive(Debug, Default)]
struct MemorySink {
    files: BTreeMap<String, Vec<u8>>,
    open: Option<String>,
}

impl Sink for MemorySink {
    fn begin(&mut self, entry: &Entry) -> io::Result<()> {
        self.files.insert(entry.name.clone(), Vec::new());
        self.open = Some(entry.name.clone());
        Ok(())
    }

    fn bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.files.get_mut(self.open.as_ref().unwrap()).unwrap().extend(bytes);
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        self.open = None;
        Ok(())
    }
}

fn manifest(files: &BTreeMap<String, Vec<u8>>) -> Result<Manifest, ArchiveError> {
    let entry =
        |(name, bytes): (&String, &Vec<u8>)| Entry::hash(name, bytes.len() as u64, &mut bytes.as_slice());
    let entries: Result<_, _> = files.iter().map(entry).collect();
    Manifest::new("watchglass 0.1.0", CREATED_MS, entries?)
}

fn archive(files: &BTreeMap<String, Vec<u8>>) -> Vec<u8> {
    let mut archive = Vec::new();
    write(&mut archive, &manifest(files).unwrap(), |entry| Ok(files[&entry.name].as_slice())).unwrap();
    archive
}

fn files(files: &[(&str, &[u8])]) -> BTreeMap<String, Vec<u8>> {
    files.iter().map(|(name, bytes)| ((*name).to_owned(), bytes.to_vec())).collect()
}

fn example() -> BTreeMap<String, Vec<u8>> {
    files(&[("access.json", b"{}"), ("empty", b""), ("history/log-1.wal", &[7; 1500]), ("key", &[9; 512])])
}

#[test]
fn every_changed_byte_is_detected() {
    let whole = archive(&example());
    assert_eq!(read(whole.as_slice(), &mut Discard).unwrap(), manifest(&example()).unwrap());
    for at in 0..whole.len() {
        for change in [1, 0x80, 0xff] {
            let mut damaged = whole.clone();
            damaged[at] ^= change;
            assert!(read(damaged.as_slice(), &mut Discard).is_err(), "byte {at} xor {change}");
        }
    }
}

#[test]
fn truncated_or_extended_archive_is_rejected() {
    let whole = archive(&example());
    for length in 0..whole.len() {
        assert!(read(&whole[..length], &mut Discard).is_err(), "{length} bytes");
    }
    let more = [whole.as_slice(), &[0]].concat();
    assert!(matches!(read(more.as_slice(), &mut Discard), Err(ArchiveError::Damaged(_))));
    assert!(matches!(read([0_u8; 4096].as_slice(), &mut Discard), Err(ArchiveError::NotABackup)));
}

#[test]
fn unsafe_names_are_rejected() {
    let long = "a".repeat(100);
    for name in [
        "",
        ".",
        "..",
        "../a",
        "a/../b",
        "/etc/passwd",
        "a//b",
        "a/",
        ".hidden",
        "a/.b",
        "a\\b",
        "a b",
        "a\0b",
        "ä",
        "a/b/c/d",
        "-/\n",
        long.as_str(),
        MANIFEST,
        CHECKSUM,
    ] {
        let found = Entry::hash(name, 0, &mut io::empty());
        assert!(matches!(found, Err(ArchiveError::Name { .. })), "{name:?}");
        // Nor are they accepted in a crafted manifest.
        let json = serde_json::json!({
            "format": 1, "program": "p", "made": 0, "files": [{ "name": name, "size": 0, "sha256": "0".repeat(64) }]
        });
        assert!(Manifest::parse(json.to_string().as_bytes()).is_err(), "{name:?}");
    }
    let digest = "0".repeat(64);
    let entry = |name: &str| Entry { name: name.to_owned(), size: 0, sha256: digest.clone() };
    for (one, other) in [("a", "a"), ("a", "a/b"), ("a/b", "a/b/c")] {
        for names in [[one, other], [other, one]] {
            // A name that sorts in between hides nothing.
            let mut entries: Vec<Entry> = names.into_iter().map(entry).collect();
            entries.push(entry("a-"));
            assert!(Manifest::new("p", 0, entries).is_err(), "{names:?}");
        }
    }
}

#[test]
fn manifest_limits_and_version_are_checked() {
    let with = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut json = serde_json::to_value(manifest(&example()).unwrap()).unwrap();
        change(&mut json);
        Manifest::parse(json.to_string().as_bytes()).map(|_| ()).map_err(|error| error.to_string())
    };
    assert_eq!(with(&|_| {}), Ok(()));
    type Change = fn(&mut serde_json::Value);
    let changes: [(Change, &str); 7] = [
        (|json| json["format"] = 2.into(), "backup format 2 is not supported (only 1)"),
        (|json| json["more"] = 1.into(), "unknown field `more`"),
        (|json| json["program"] = "a\nb".into(), "invalid program name"),
        (|json| json["files"][0]["size"] = (1_u64 << 40).into(), "bytes in one file"),
        (|json| json["files"][0]["size"] = (-1).into(), "manifest is damaged"),
        (|json| json["files"][0]["sha256"] = "AA".into(), "invalid SHA-256 of access.json"),
        (
            |json| json["files"] = vec![json["files"][0].clone(); 100_001].into(),
            "100001 files: the maximum is 100000",
        ),
    ];
    for (change, expected) in changes {
        let error = with(&change).unwrap_err();
        assert!(error.contains(expected), "{expected}: {error}");
    }
}

#[test]
fn changed_file_is_named() {
    let files = example();
    let manifest = manifest(&files).unwrap();
    for changed in [&b"xx"[..], b"x"] {
        let open =
            |entry: &Entry| Ok(if entry.name == "access.json" { changed } else { &files[&entry.name] });
        let error = write(io::sink(), &manifest, open).unwrap_err();
        assert!(matches!(error, ArchiveError::Changed(name) if name == "access.json"));
    }
    assert!(matches!(Entry::hash("a", 3, &mut &b"ab"[..]), Err(ArchiveError::Changed(_))));
    // Data appended after the length was read is not included.
    assert_eq!(Entry::hash("a", 1, &mut &b"ab"[..]).unwrap(), Entry::hash("a", 1, &mut &b"ac"[..]).unwrap());
}

#[test]
fn format_matches_the_golden_file() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/backup.tar");
    let files = files(&[("access.json", b"{}\n"), ("history/log-0.wal", b"WGLASLOG")]);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, archive(&files)).unwrap();
    }
    let golden = std::fs::read(&path).unwrap();
    assert_eq!(archive(&files), golden);
    let mut sink = MemorySink::default();
    read(golden.as_slice(), &mut sink).unwrap();
    assert_eq!(sink.files, files);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn archive_round_trips(
        files in prop::collection::btree_map("[a-z0-9]{1,9}(/[a-z0-9]{1,9}\\.seg){0,1}", prop::collection::vec(any::<u8>(), 0..3000), 0..8)
    ) {
        prop_assume!(manifest(&files).is_ok());
        let archive = archive(&files);
        prop_assert_eq!(archive.len() % 512, 0);
        let mut sink = MemorySink::default();
        let found = read(archive.as_slice(), &mut sink).unwrap();
        prop_assert_eq!(found, manifest(&files).unwrap());
        prop_assert_eq!(sink.files, files);
    }

    #[test]
    fn malformed_input_does_not_panic(bytes in prop::collection::vec(any::<u8>(), 0..2000), at in 0_usize..5000) {
        let mut archive = archive(&example());
        let at = at % archive.len();
        let end = (at + bytes.len()).min(archive.len());
        archive.splice(at..end, bytes.iter().copied());
        let _ = read(archive.as_slice(), &mut Discard);
        let _ = read(bytes.as_slice(), &mut Discard);
    }
}
