//! Distributions of observations, such as response times in seconds or sizes in bytes.
//!
//! A [`Histogram`] is one sample of a series: the number and the sum of observations, and how many were in each bucket.
//! Buckets have exponential bounds, as in native histograms of
//! [Prometheus](https://prometheus.io/docs/specs/native_histograms/) and exponential histograms of
//! [OpenTelemetry](https://opentelemetry.io/docs/specs/otel/metrics/data-model/#exponentialhistogram), or custom bounds, as
//! in classic histograms (`le`). Histograms can be merged, subtracted and stored; quantiles are computed from what is left.
//!
//! ```
//! use watchglass_histogram::{Flavor, Histogram, Schema};
//!
//! let mut latency = Histogram::exponential(Flavor::Counter, Schema::MAX, 0.0)?;
//! (1..=1000).for_each(|millis| latency.observe(f64::from(millis) / 1e3));
//! let earlier = latency.clone();
//! (1..=1000).for_each(|_| latency.observe(2.0));
//!
//! let last_minute = latency.increase_since(&earlier).expect("no reset");
//! assert_eq!(last_minute.count(), 1000.0);
//! let median = last_minute.quantile(0.5).expect("observations");
//! assert!((median / 2.0 - 1.0).abs() < 0.003);
//! let stored = latency.encode();
//! assert_eq!(Histogram::decode(&stored), Ok(latency));
//! # Ok::<(), watchglass_histogram::InvalidHistogram>(())
//! ```
//!
//! # Counts
//!
//! Counts are `f64`, because rates and merged classic buckets have fractions. Whole numbers up to 2^53 are exact, so that
//! sums of them do not depend on the order. A NaN observation is in [`count`](Histogram::count) only, so `count` may be
//! above the total of the buckets; an infinite one is in the outermost bucket.
//!
//! # Errors of quantiles
//!
//! A quantile is in the same bucket as the exact one, so its relative error is at most the width of a bucket, b − 1 in the
//! table of [`Schema`]: 2.19 % for schema 5, 1.09 % for schema 6. Buckets are interpolated exponentially, which is closer
//! for smooth distributions with many observations.
//!
//! The number of buckets is the number of powers of two that the observations cover, times 2^schema: 160 buckets
//! ([`USUAL_BUCKETS`], the default of OpenTelemetry) are 5 powers of two of schema 5, but 20 of schema 3. Latencies from
//! 1 ms to 10 s need 425 buckets of schema 5: use [`PRECISE_BUCKETS`] where percentiles must be within 2 %.

mod arithmetic;
mod buckets;
mod classic;
mod counter;
mod encoding;
mod error;
mod estimate;
mod fractions;
mod histogram;
mod log_bins;
mod native;
mod observe;
mod resolution;
mod schema;
#[cfg(test)]
mod test_support;
mod to_exponential;

pub use buckets::{Buckets, Span};
pub use encoding::{MAX_SAMPLES, SequenceReader, SequenceWriter};
pub use error::{DecodeError, InvalidHistogram};
pub use histogram::{Bounds, Bucket, Flavor, Histogram};
pub use log_bins::LogBins;
pub use native::{CUSTOM_SCHEMA, NativeHistogram};
pub use resolution::{PRECISE_BUCKETS, USUAL_BUCKETS};
pub use schema::Schema;

/// Maximum number of populated buckets of a histogram with exponential bounds; beyond it, the schema is lowered.
pub const MAX_BUCKETS: usize = 8192;

/// Maximum number of upper bounds of a histogram with custom bounds.
pub const MAX_CUSTOM_BOUNDS: usize = 1024;

/// Sum of a [stale marker](Histogram::stale): the NaN that Prometheus uses.
pub const STALE_NAN: f64 = f64::from_bits(0x7ff0_0000_0000_0002);
