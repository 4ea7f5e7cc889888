//! Properties of sums and differences.

use proptest::collection::vec;
use proptest::prelude::*;
use watchglass_histogram::{Flavor, Histogram, PRECISE_BUCKETS, Schema};

/// Whole numbers, so that sums do not depend on the order.
fn values() -> impl Strategy<Value = Vec<f64>> {
    vec(prop_oneof![3 => 1_i32..100, 1 => -1000_i32..100_000].prop_map(f64::from), 0..40)
}

fn of(schema: i32, zero_threshold: f64, values: &[f64]) -> Histogram {
    let schema = Schema::new(schema).unwrap();
    let mut found = Histogram::exponential(Flavor::Counter, schema, zero_threshold).unwrap();
    values.iter().for_each(|value| found.observe(*value));
    found
}

fn exponential() -> impl Strategy<Value = Histogram> {
    (-4..=8, values()).prop_map(|(schema, values)| of(schema, 0.0, &values))
}

/// Zero thresholds that divide buckets, and others.
fn with_zero_threshold() -> impl Strategy<Value = Histogram> {
    let threshold = proptest::sample::select(vec![0.0, 0.5, 1.0, 1.5, 3.0, 50.0, 64.0]);
    (-4..=8, threshold, values()).prop_map(|(schema, threshold, values)| of(schema, threshold, &values))
}

fn custom() -> impl Strategy<Value = Histogram> {
    (proptest::sample::subsequence(vec![-10.0, 0.0, 1.0, 5.0, 25.0, 100.0, 5000.0], 0..=7), values())
        .prop_map(|(bounds, values)| {
            let mut found = Histogram::custom(Flavor::Counter, &bounds).unwrap();
            values.iter().for_each(|value| found.observe(*value));
            found
        })
}

fn sum<'a>(all: impl IntoIterator<Item = &'a Histogram>, limit: usize) -> Histogram {
    let mut all = all.into_iter();
    let mut sum = all.next().cloned().unwrap();
    all.for_each(|one| sum.add(one, limit));
    sum
}

fn total(found: &Histogram) -> f64 {
    found.buckets().map(|bucket| bucket.count).sum()
}

proptest! {
    #[test]
    fn sums_of_exponential_histograms_do_not_depend_on_the_order(
        all in vec(exponential(), 3), limit in 1..PRECISE_BUCKETS,
    ) {
        let [one, two, three] = all.as_slice() else { return Ok(()) };
        prop_assert_eq!(sum([one, two], limit), sum([two, one], limit));
        let expected = sum([one, two, three], limit);
        prop_assert_eq!(&sum([one, &sum([two, three], limit)], limit), &expected);
        prop_assert_eq!(&sum([three, two, one], limit), &expected);
        prop_assert_eq!(&sum([two, three, one], limit), &expected);
        prop_assert!(expected.len() <= limit.max(266));
    }

    #[test]
    fn sums_of_custom_histograms_do_not_depend_on_the_order(all in vec(custom(), 3)) {
        let [one, two, three] = all.as_slice() else { return Ok(()) };
        prop_assert_eq!(sum([one, two], 1), sum([two, one], 1));
        let expected = sum([one, two, three], 1);
        prop_assert_eq!(&sum([one, &sum([two, three], 1)], 1), &expected);
        prop_assert_eq!(&sum([three, two, one], 1), &expected);
    }

    #[test]
    fn sums_with_zero_buckets_keep_all_observations(all in vec(with_zero_threshold(), 3)) {
        let [one, two, three] = all.as_slice() else { return Ok(()) };
        let pair = sum([one, two], PRECISE_BUCKETS);
        prop_assert_eq!(&pair, &sum([two, one], PRECISE_BUCKETS));
        let sums = [sum([&pair, three], PRECISE_BUCKETS), sum([one, &sum([two, three], PRECISE_BUCKETS)], PRECISE_BUCKETS)];
        for found in sums {
            prop_assert_eq!(total(&found), total(one) + total(two) + total(three));
            prop_assert_eq!(found.count(), one.count() + two.count() + three.count());
            prop_assert_eq!(found.sum(), one.sum() + two.sum() + three.sum());
        }
    }

    #[test]
    fn sums_of_both_kinds_keep_all_observations(exponential in exponential(), custom in custom()) {
        for found in [sum([&exponential, &custom], PRECISE_BUCKETS), sum([&custom, &exponential], PRECISE_BUCKETS)] {
            let expected = total(&exponential) + total(&custom);
            prop_assert!((total(&found) - expected).abs() <= 1e-9 * expected, "{} for {}", total(&found), expected);
            prop_assert_eq!(found.count(), exponential.count() + custom.count());
            prop_assert_eq!(found.sum(), exponential.sum() + custom.sum());
        }
    }

    #[test]
    fn merged_histogram_equals_recording_everything_in_one(
        schemas in vec(-4..=8, 2), left in values(), right in values(),
    ) {
        let merged = sum([&of(schemas[0], 0.0, &left), &of(schemas[1], 0.0, &right)], usize::MAX);
        prop_assert_eq!(merged, of(schemas[0].min(schemas[1]), 0.0, &[left, right].concat()));
    }

    #[test]
    fn increase_is_what_was_observed_in_between(schema in -4..=8, before in values(), later in values()) {
        let earlier = of(schema, 0.0, &before);
        let mut now = earlier.clone();
        later.iter().for_each(|value| now.observe(*value));
        let increase = now.increase_since(&earlier);
        let mut expected = of(schema, 0.0, &later);
        expected.set_flavor(Flavor::Gauge);
        prop_assert_eq!(increase, Some(expected));
        prop_assert_eq!(earlier.is_reset_since(&now), !later.is_empty());
    }
}
