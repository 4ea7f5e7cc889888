//! Fuzz targets of the record store and of stored histograms.

use crate::examples::{files, numbered};
use crate::targets::folder;
use std::fs;
use std::ops::ControlFlow;
use std::sync::Arc;
use watchglass_histogram::{Histogram, SequenceReader};
use watchglass_records::{Options, Query, RecordStore, SystemDisk};

/// Files of a record store: with the first byte the input says which one it is.
const RECORD_FILES: [&str; 3] = ["records-1-1.0.blk", "log-2.wal", "deletions"];

/// Samples of a sequence that are read at most: one that repeats the sample before takes two bits.
const MAX_SAMPLES: usize = 1000;

/// Opens a record store with that file and the examples of the others, and reads all records.
pub(crate) fn records(bytes: &[u8]) {
    let Some((&which, bytes)) = bytes.split_first() else { return };
    let folder = folder().join("below").join("records");
    // Files of the input before.
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("there is a folder for files");
    for (number, (name, example)) in RECORD_FILES.into_iter().zip(record_examples()).enumerate() {
        let is_input = number == usize::from(which) % RECORD_FILES.len();
        let content = if is_input { bytes } else { example.as_slice() };
        fs::write(folder.join(name), content).expect("the folder takes files");
    }
    let Ok(store) = RecordStore::open(&folder, Options::default(), Arc::new(SystemDisk::default())) else {
        return;
    };
    let mut last = None;
    let read = store.query(&Query::default(), &mut |record| {
        assert!(last.replace(record.time).is_none_or(|last| last <= record.time), "the order of time");
        ControlFlow::Continue(())
    });
    assert!(read.is_ok(), "{read:?}");
    store.close();
}

fn record_examples() -> Vec<Vec<u8>> {
    files(&RECORD_FILES.map(|name| format!("crates/records/golden/{name}")).each_ref().map(String::as_str))
}

/// The examples with the byte of their file.
pub(crate) fn numbered_record_examples() -> Vec<Vec<u8>> {
    numbered(record_examples())
}

/// Decodes one histogram and a sequence of them.
pub(crate) fn histograms(bytes: &[u8]) {
    if let Ok(histogram) = Histogram::decode(bytes) {
        check(&histogram);
    }
    if let Ok(samples) = SequenceReader::new(bytes) {
        samples.take(MAX_SAMPLES).flatten().for_each(|histogram| check(&histogram));
    }
}

fn check(histogram: &Histogram) {
    let written = histogram.encode();
    let read = Histogram::decode(&written).map(|histogram| histogram.encode());
    assert_eq!(read, Ok(written), "{histogram:?}");
    let _ = [0.0, 0.5, 0.99, 1.0].map(|quantile| histogram.quantile(quantile));
    let mut sum = histogram.clone();
    sum.add(histogram, 160);
    let _ = sum.increase_since(histogram);
}

pub(crate) fn histogram_examples() -> Vec<Vec<u8>> {
    let names = ["custom", "exponential", "lowest", "nan", "rate", "sequence", "stale"];
    let paths = names.map(|name| format!("crates/histogram/tests/golden/{name}-v1.bin"));
    files(&paths.each_ref().map(String::as_str))
}
