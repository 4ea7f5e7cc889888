//! Fuzzing entry points for the parsers of stored and received bytes. A panic is a bug.

use crate::embedded::block_reader::{Block, Wanted};
use crate::embedded::resolution::Resolution;
use crate::embedded::{column, key, wal_replay};
use crate::head::Head;
use crate::redis::{minute_format, rows_format};
use crate::{Matcher, Operator, Selector, StoredSeries};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use watchglass_model::Kind;

/// File names of the examples of each resolution: the time in a file must match its name.
const NAMES: [&str; 3] = ["raw-1700006400.seg", "minute-1700006400.seg", "quarter-1700006400.seg"];

/// Parses a block file of any resolution, written into the folder first. The first byte selects the resolution.
pub fn block(bytes: &[u8], folder: &Path) {
    let Some((&which, bytes)) = bytes.split_first() else { return };
    let name = NAMES.get(usize::from(which) % NAMES.len()).copied().unwrap_or_default();
    let path = folder.join(name);
    let Some((resolution, index)) = Resolution::parse(name).filter(|_| fs::write(&path, bytes).is_ok())
    else {
        return;
    };
    let Ok(block) = Block::open(&path, resolution, index, Wanted::All) else { return };
    for chunk in &block.chunks {
        if let Ok((times, columns)) = block.read(chunk) {
            assert!(columns.iter().all(|column| column.len() == times.len()), "columns of one length");
        }
    }
}

/// Parses a WAL file, written into the folder first.
pub fn wal(bytes: &[u8], folder: &Path) {
    let path = folder.join("log-0.wal");
    if fs::write(&path, bytes).is_ok() {
        let _ = wal_replay::replay(&path, &mut Head::new(100), |_| {});
    }
}

/// Parses columns and series keys: the first two bytes are the number of values.
pub fn columns(bytes: &[u8]) {
    let Some((count, bytes)) = bytes.split_first_chunk() else { return };
    let count = usize::from(u16::from_le_bytes(*count));
    let lengths = [
        column::decode(bytes, count).map(|found| found.len()),
        column::decode_places(bytes, count).map(|found| found.len()),
        column::decode_times(bytes, count).map(|found| found.len()),
    ];
    assert!(lengths.into_iter().flatten().all(|length| length == count), "as many as were asked for");
    if let Ok(series) = key::decode(bytes) {
        assert_eq!(key::decode(&key::encode(&series)).as_ref(), Ok(&series));
    }
}

/// Parses data of other servers from Redis.
pub fn shared(bytes: &[u8]) {
    let mut found = BTreeMap::new();
    if minute_format::decode(bytes, 28_333_440, |_| true, &mut found).is_err() {
        assert!(found.values().all(Vec::is_empty), "damaged data adds nothing");
    }
    let _ = rows_format::decode(bytes, &mut rows_format::IndexCache::default());
}

/// Compiles a regular expression of a selector.
pub fn selector(text: &str) {
    let matcher = Matcher { label: "a".to_owned(), operator: Operator::Regex, value: text.to_owned() };
    if let Ok(test) = (Selector { matchers: vec![matcher], ..Selector::default() }).compile() {
        let labels = [("a", "abc-123")].into_iter().collect();
        let _ = test.matches(&StoredSeries { metric: "m".to_owned(), labels, kind: Kind::Gauge });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn golden(folder: &str) -> Vec<u8> {
        fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder).join("log-0.wal")).unwrap()
    }

    #[test]
    fn prefixes_of_the_wal_are_read_in_all_versions() {
        let folder = tempfile::tempdir().unwrap();
        for (version, golden_folder) in [(1, "golden-v1"), (2, "golden-v2"), (3, "golden-v3"), (4, "golden")]
        {
            let log = golden(golden_folder);
            assert_eq!(log[8], version, "version of the golden file");
            for end in 0..=log.len() {
                wal(&log[..end], folder.path());
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn changed_wal_is_read(changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..9)) {
            let (folder, mut log) = (tempfile::tempdir().unwrap(), golden("golden"));
            for (at, byte) in changes {
                let at = at.index(log.len());
                log[at] = byte;
            }
            wal(&log, folder.path());
        }
    }
}
