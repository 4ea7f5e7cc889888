//! Stored sizes of the samples of one series.

use crate::latencies::{Random, Shape, histogram};
use watchglass_histogram::{Histogram, NativeHistogram, SequenceWriter};

/// Stored bytes of a sample and populated buckets, for an hour of samples every 15 s.
fn size(first: &Histogram, shape: Shape, requests: impl Fn(usize) -> usize) -> (f64, usize) {
    const SAMPLES: usize = 240;
    let (mut now, mut writer, mut random) = (first.clone(), SequenceWriter::new(), Random(3));
    for sample in 0..SAMPLES {
        (0..requests(sample)).for_each(|_| now.observe(random.latency(shape)));
        assert!(writer.push(&now));
    }
    (writer.bytes().len() as f64 / SAMPLES as f64, now.len())
}

#[test]
fn steady_series_take_few_bits_a_bucket() {
    for (shape, requests, most) in [
        (Shape::LogNormal, 0, 0.8),
        (Shape::LogNormal, 3, 20.0),
        (Shape::LogNormal, 300, 80.0),
        (Shape::Bimodal, 300, 80.0),
        (Shape::Uniform, 300, 80.0),
    ] {
        let (bytes, buckets) = size(&histogram(4, [0.01, 0.02, 0.4]), shape, |_| requests);
        println!("{shape:?}, {requests} requests, schema 4: {bytes:.1} bytes a sample, {buckets} buckets");
        assert!(bytes <= most, "{shape:?}, {requests} requests: {bytes} bytes");
    }
}

#[test]
fn classic_histograms_take_few_bytes() {
    let bounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
    let first = Histogram::custom(watchglass_histogram::Flavor::Counter, &bounds).unwrap();
    let (bytes, _) = size(&first, Shape::LogNormal, |sample| 100 + sample % 7);
    println!("classic: {bytes:.1} bytes a sample");
    assert!(bytes <= 20.0, "{bytes}");
    let plain = NativeHistogram::from(&first);
    assert_eq!(plain.custom_bounds, bounds);
}
