//! Tests of the column encodings.

use super::*;
use proptest::collection::vec;
use proptest::prelude::*;

#[test]
fn each_kind_of_numbers_has_its_encoding() {
    let thirds = |n: usize| (0..n).map(|i| (i * 7 % 90) as f64 / 199.0).collect::<Vec<_>>();
    for (values, tag, most) in [
        (vec![0.1; 3600], SAME, 9),
        (vec![1.5, 2.5], PLAIN, 17),
        ((0..3600).map(|i| (i * 1000) as f64).collect(), WHOLE, 64),
        ((0..3600).map(|i| f64::from(i % 50) / 100.0).collect(), WHOLE, 3600),
        ((0..3600).map(|i| f64::from(i).sin()).collect(), FLOATS, 3600 * 8),
        (thirds(3600), CHOICE, 4500),
        (vec![-0.0, 0.0, -0.0, 0.0, -0.0, 0.0, -0.0, 0.0, 0.0], FLOATS, 73),
        (vec![], SAME, 9),
        (vec![f64::NAN; 3600], SAME, 9),
        ((0..3600).map(|i| if i == 3599 { STALE } else { f64::from(i) * 0.5 }).collect(), SPECIAL, 99),
    ] {
        let bytes = encode(&values);
        assert_eq!(bytes[0], tag, "{:?}", values.get(..3));
        assert!(bytes.len() <= most, "{} bytes, tag {tag}", bytes.len());
        let bits = |values: &[f64]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&decode(&bytes, values.len()).unwrap()), bits(&values));
    }
}

/// Prometheus' stale marker.
const STALE: f64 = f64::from_bits(0x7ff0_0000_0000_0002);

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<u64>().prop_map(f64::from_bits),
        prop_oneof![Just(STALE), Just(f64::NAN), Just(f64::INFINITY), Just(f64::NEG_INFINITY)],
        (-1000_i32..1000).prop_map(f64::from),
        (0_i32..9, 1_i32..300).prop_map(|(a, b)| f64::from(a) / f64::from(b)),
    ]
}

proptest! {
    #[test]
    fn numbers_round_trip(values in prop_oneof![vec(number(), 0..80), vec((0..100_i32).prop_map(f64::from), 0..80)]) {
        let bits = |values: &[f64]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
        for bytes in [encode(&values), encode_plain(&values)] {
            prop_assert_eq!(bits(&decode(&bytes, values.len()).unwrap()), bits(&values));
        }
    }

    #[test]
    fn indices_and_times_round_trip(steps in vec(1_u32..5, 0..80)) {
        let places: Vec<u32> = steps.iter().scan(0, |sum, step| { *sum += step; Some(*sum) }).collect();
        let times: Vec<i64> = places.iter().map(|&place| i64::from(place) * 1000 - 7).collect();
        prop_assert_eq!(decode_places(&encode_places(&places), places.len()), Ok(places));
        prop_assert_eq!(decode_times(&encode_times(&times), times.len()), Ok(times));
    }

    #[test]
    fn arbitrary_bytes_never_panic(mut bytes in vec(any::<u8>(), 0..60), tag in 0_u8..6, count in 0_usize..5000) {
        bytes.insert(0, tag);
        let _ = (decode(&bytes, count), decode_places(&bytes, count), decode_times(&bytes, count));
    }

    #[test]
    fn changed_bytes_never_panic(values in vec(number(), 0..80), at: usize, xor in 1_u8..) {
        let mut bytes = encode(&values);
        let at = at % bytes.len();
        bytes[at] ^= xor;
        let _ = decode(&bytes, values.len());
    }
}
