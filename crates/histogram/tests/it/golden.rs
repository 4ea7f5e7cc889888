//! Golden files of the stored forms; update them with `UPDATE_GOLDEN=1 cargo test -p watchglass-histogram`. A difference
//! is a change of the format and needs another version.

use std::path::Path;
use watchglass_histogram::{Flavor, Histogram, Schema, SequenceReader, SequenceWriter};

fn assert_golden(name: &str, bytes: &[u8]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, bytes).unwrap();
    }
    assert_eq!(std::fs::read(&path).unwrap(), bytes, "{name}");
}

/// Whole counts, all kinds of buckets, NaN.
fn exponential() -> Histogram {
    let mut found = Histogram::exponential(Flavor::Counter, Schema::new(3).unwrap(), 0.001).unwrap();
    for (value, number) in
        [(0.25, 3.0), (0.26, 70.0), (5.0, 1.0), (-2.0, 4.0), (0.0, 9.0), (f64::INFINITY, 1.0)]
    {
        found.observe_many(value, number);
    }
    found
}

fn custom() -> Histogram {
    Histogram::from_classic(Flavor::Counter, &[(0.1, 5.0), (1.0, 8.0), (f64::INFINITY, 9.0)], 4.5).unwrap()
}

/// Counts with fractions.
fn rate() -> Histogram {
    let mut found = exponential();
    found.set_flavor(Flavor::Gauge);
    found.scale(0.25);
    found
}

#[test]
fn stored_histograms_are_the_golden_ones() {
    let mut with_nan = exponential();
    with_nan.observe(f64::NAN);
    let mut lowest = Histogram::exponential(Flavor::Gauge, Schema::MIN, 2_f64.powi(-128)).unwrap();
    lowest.observe(1e-300);
    for (name, histogram) in [
        ("exponential-v1.bin", exponential()),
        ("nan-v1.bin", with_nan),
        ("lowest-v1.bin", lowest),
        ("custom-v1.bin", custom()),
        ("rate-v1.bin", rate()),
        ("stale-v1.bin", Histogram::stale(Flavor::Gauge)),
    ] {
        let bytes = histogram.encode();
        assert_golden(name, &bytes);
        assert_eq!(Histogram::decode(&bytes), Ok(histogram), "{name}");
    }
}

#[test]
fn stored_sequence_is_the_golden_one() {
    let mut samples = vec![custom(), Histogram::stale(Flavor::Counter), rate()];
    let mut now = exponential();
    for sample in 0..20 {
        now.observe_many(0.25, f64::from(sample));
        now.observe(0.26);
        if sample % 5 == 0 {
            now.observe_many(f64::from(sample) - 7.5, 2.0);
        }
        samples.push(now.clone());
    }
    // A reset.
    samples.push(Histogram::exponential(Flavor::Counter, Schema::new(3).unwrap(), 0.001).unwrap());
    samples.push(exponential());
    let mut writer = SequenceWriter::new();
    assert!(samples.iter().all(|sample| writer.push(sample)));
    assert_golden("sequence-v1.bin", writer.bytes());
    let found: Result<Vec<_>, _> = SequenceReader::new(writer.bytes()).unwrap().collect();
    assert_eq!(found, Ok(samples));
}
