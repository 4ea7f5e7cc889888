//! Histograms for tests.

use crate::{Flavor, Histogram, Schema};

/// An exponential histogram with these observations.
pub(crate) fn of(schema: i32, zero_threshold: f64, values: &[f64]) -> Histogram {
    let schema = Schema::new(schema).unwrap();
    let mut found = Histogram::exponential(Flavor::Counter, schema, zero_threshold).unwrap();
    values.iter().for_each(|value| found.observe(*value));
    found
}
