//! Quantiles against those of all values.

use crate::latencies::{Shape, histogram, sorted};
use watchglass_histogram::{Flavor, Histogram, LogBins, PRECISE_BUCKETS, Schema};

const QUANTILES: [f64; 9] = [0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999];
const NUMBER: usize = 9_996;

/// The largest relative error of all quantiles.
fn error(found: &Histogram, sorted: &[f64]) -> f64 {
    let errors = QUANTILES.map(|quantile| {
        let rank = (quantile * sorted.len() as f64).ceil() as usize;
        (found.quantile(quantile).unwrap() / sorted[rank - 1] - 1.0).abs()
    });
    errors.into_iter().fold(0.0, f64::max)
}

#[test]
fn quantiles_are_within_the_error_of_their_schema() {
    for shape in Shape::ALL {
        let values = sorted(shape, NUMBER);
        for schema in -4..=8 {
            let found = histogram(schema, values.iter().copied());
            let (error, most) = (error(&found, &values), found.schema().unwrap().factor() - 1.0);
            assert!(error <= most, "{shape:?}, schema {schema}: {error}, at most {most}");
            assert!(schema < 5 || error <= 0.02, "{shape:?}, schema {schema}: {error}");
        }
    }
}

/// Servers of one application, with the schemas that their libraries chose.
#[test]
fn quantiles_of_merged_histograms_are_within_two_percent() {
    for shape in Shape::ALL {
        let values = sorted(shape, NUMBER);
        let mut merged = histogram(8, []);
        for (server, schema) in (0..12).zip([5, 6, 7, 8].into_iter().cycle()) {
            merged.add(&histogram(schema, values.iter().copied().skip(server).step_by(12)), PRECISE_BUCKETS);
        }
        assert_eq!((merged.count(), merged.schema()), (NUMBER as f64, Schema::new(5)));
        assert_eq!(merged.positive(), histogram(5, values.iter().copied()).positive(), "{shape:?}");
        let found = error(&merged, &values);
        assert!(found <= 0.02, "{shape:?}: {found}");
    }
}

#[test]
fn quantiles_of_converted_sketches_are_within_two_percent() {
    for shape in Shape::ALL {
        let values = sorted(shape, NUMBER);
        let sketch = |values: &[f64]| {
            let bins = values.iter().map(|value| (LogBins::LATENCY.bin(*value), 1));
            let sum = values.iter().sum();
            Histogram::from_log_bins(Flavor::Counter, LogBins::SCHEMA, &LogBins::LATENCY, bins, sum)
        };
        let found = error(&sketch(&values), &values);
        assert!(found <= 0.013, "{shape:?}: {found}");

        let mut merged = sketch(&values[..NUMBER / 2]);
        merged.add(&histogram(8, values[NUMBER / 2..].iter().copied()), PRECISE_BUCKETS);
        let found = error(&merged, &values);
        assert!(found <= 0.02, "{shape:?}, merged with a histogram of schema {:?}: {found}", merged.schema());
    }
}

/// A sketch of a histogram has its own error besides that of the histogram.
#[test]
fn quantiles_of_sketches_of_histograms_are_within_two_percent() {
    for shape in Shape::ALL {
        let values = sorted(shape, NUMBER);
        let bins = histogram(8, values.iter().copied()).to_log_bins(&LogBins::LATENCY);
        let total: f64 = bins.iter().map(|(_, count)| count).sum();
        assert_eq!(total, NUMBER as f64);
        for quantile in QUANTILES {
            let mut seen = 0.0;
            let bin = bins.iter().find(|(_, count)| {
                seen += count;
                seen >= quantile * total
            });
            let exact = values[(quantile * total).ceil() as usize - 1];
            let error = (LogBins::LATENCY.value(bin.unwrap().0) / exact - 1.0).abs();
            assert!(error <= 0.02, "{shape:?}, {quantile}: {error}");
        }
    }
}

/// The share of requests up to a time, as in service level objectives.
#[test]
fn fractions_are_within_one_bucket() {
    for shape in Shape::ALL {
        let values = sorted(shape, NUMBER);
        let found = histogram(5, values.iter().copied());
        for bound in [0.002, 0.01, 0.05, 0.25, 0.3, 1.0] {
            let up_to = |bound: f64| values.partition_point(|value| *value <= bound) as f64 / NUMBER as f64;
            let fraction = found.fraction_below(bound).unwrap();
            let (least, most) = (up_to(bound / 1.022), up_to(bound * 1.022));
            assert!(least - 1e-9 <= fraction && fraction <= most + 1e-9, "{shape:?}, {bound}: {fraction}");
        }
    }
}
