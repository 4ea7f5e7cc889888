//! Latencies in seconds of three shapes, the same in each run.

use watchglass_histogram::{Flavor, Histogram, Schema};

/// Distribution of latencies.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shape {
    /// 10 ms to 1 s.
    Uniform,
    /// Median 50 ms; 99.9 % are below 1 s.
    LogNormal,
    /// Two in three are hits of a cache, about 2 ms, others about 300 ms.
    Bimodal,
}

impl Shape {
    pub(crate) const ALL: [Self; 3] = [Self::Uniform, Self::LogNormal, Self::Bimodal];
}

/// Random numbers from 0 to 1 by SplitMix64: Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators",
/// OOPSLA 2014, <https://doi.org/10.1145/2660193.2660195>.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn number(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) >> 11) as f64 / 2_f64.powi(53)
    }

    /// About normal, with mean 0 and deviation 1: the sum of twelve uniform numbers.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.number()).sum::<f64>() - 6.0
    }

    pub(crate) fn latency(&mut self, shape: Shape) -> f64 {
        match shape {
            Shape::Uniform => 0.01 + 0.99 * self.number(),
            Shape::LogNormal => 0.05 * (0.9 * self.normal()).exp(),
            Shape::Bimodal if self.number() < 2.0 / 3.0 => 0.002 * (0.2 * self.normal()).exp(),
            Shape::Bimodal => 0.3 * (0.3 * self.normal()).exp(),
        }
    }
}

/// Latencies in ascending order.
pub(crate) fn sorted(shape: Shape, number: usize) -> Vec<f64> {
    let mut random = Random(7);
    let mut values: Vec<f64> = (0..number).map(|_| random.latency(shape)).collect();
    values.sort_by(f64::total_cmp);
    values
}

pub(crate) fn histogram(schema: i32, values: impl IntoIterator<Item = f64>) -> Histogram {
    let schema = Schema::new(schema).unwrap();
    let mut found = Histogram::exponential(Flavor::Counter, schema, 0.0).unwrap();
    values.into_iter().for_each(|value| found.observe(value));
    found
}
