//! Tests of the codec of the pages of the head.

use super::*;
use proptest::collection::vec;
use proptest::prelude::*;

const STALE: u64 = 0x7ff0_0000_0000_0002;

fn bits(values: &[f64]) -> Vec<u64> {
    values.iter().map(|value| value.to_bits()).collect()
}

/// Encodes and decodes values. Returns the bytes.
fn round_trip(values: &[f64]) -> Vec<u8> {
    let bytes = encode(values);
    let mut found = vec![5.0];
    decode(&bytes, values.len(), &mut Buffer::new(), &mut found).unwrap();
    assert_eq!(bits(&found[1..]), bits(values));
    bytes
}

fn special() -> impl Strategy<Value = f64> {
    prop_oneof![
        Just(f64::from_bits(STALE)),
        Just(f64::NAN),
        Just(-f64::NAN),
        Just(f64::INFINITY),
        Just(f64::NEG_INFINITY),
        Just(-0.0),
        Just(f64::MIN_POSITIVE),
        Just(f64::MAX),
    ]
}

/// Sequences as metrics have them.
fn metric() -> impl Strategy<Value = Vec<f64>> {
    let decimal = |digits: u8| move |number: i32| f64::from(number) / scale(digits);
    let decimals =
        (1_u8..5).prop_flat_map(move |digits| vec((-99_999..99_999).prop_map(decimal(digits)), 1..600));
    let counter = (0_u32..99, vec(0_u32..5000, 1..600)).prop_map(|(first, steps)| {
        let next = |total: &mut f64, step: u32| {
            *total += f64::from(step);
            Some(*total)
        };
        steps.into_iter().scan(f64::from(first), next).collect()
    });
    let ratios = vec((0_u32..99, 90_u32..99), 1..600)
        .prop_map(|all| all.into_iter().map(|(one, other)| f64::from(one) / f64::from(other)).collect());
    prop_oneof![
        vec(any::<u64>().prop_map(f64::from_bits), 0..600),
        vec((-5000..5000).prop_map(f64::from), 1..600),
        vec(any::<i64>().prop_map(|number| number as f64), 1..600),
        vec(0.0..1.0_f64, 1..600),
        (any::<f64>(), 1_usize..600).prop_map(|(value, count)| vec![value; count]),
        decimals,
        counter,
        ratios,
    ]
}

/// Parts of several metrics with special values between them.
fn mix() -> impl Strategy<Value = Vec<f64>> {
    let changes = vec((any::<prop::sample::Index>(), special()), 0..20);
    (vec(metric(), 1..3), changes).prop_map(|(parts, changes)| {
        let mut values = parts.concat();
        for (place, value) in changes {
            if !values.is_empty() {
                let place = place.index(values.len());
                values[place] = value;
            }
        }
        values
    })
}

#[test]
fn encodings_are_chosen_by_size() {
    let all = |value: &dyn Fn(u32) -> f64| (0..512).map(value).collect::<Vec<_>>();
    let waves = all(&|n| (f64::from(n) / 9.0).sin());
    let cases: [(&str, Vec<f64>, u8, usize); 8] = [
        ("constant", all(&|_| 0.1), SAME, 9),
        ("stale markers", all(&|_| f64::from_bits(STALE)), SAME, 9),
        ("steady counter", all(&|n| f64::from(n) * 250.0 + 1e9), DECIMALS, 20),
        ("integers below 100", all(&|n| f64::from(n * 7919 % 100)), DECIMALS, 470),
        ("two decimals", all(&|n| f64::from(n * 7919 % 1000) / 100.0), DECIMALS, 660),
        (
            "two decimals with stale markers",
            all(&|n| if n % 100 == 7 { f64::from_bits(STALE) } else { f64::from(n % 8) / 100.0 }),
            DECIMALS,
            300,
        ),
        ("ratios", all(&|n| f64::from(n * 31 % 17) / 97.0), DICTIONARY, 470),
        ("waves", waves, BITS, 4096),
    ];
    for (name, values, encoding, most) in cases {
        let bytes = round_trip(&values);
        assert_eq!(bytes[0], encoding, "{name}");
        assert!(bytes.len() <= most, "{name}: {} bytes", bytes.len());
    }
}

#[test]
fn bits_have_the_order_of_the_values() {
    let values = [f64::NEG_INFINITY, -2.0, -1.0, -0.0, 0.0, 1e-300, 1.0, 2.0, f64::INFINITY];
    assert!(values.is_sorted_by_key(|value| ordered(value.to_bits()) as i64));
    assert!(values.iter().all(|value| ordered(ordered(value.to_bits())) == value.to_bits()));
}

proptest! {
    #[test]
    fn values_round_trip_bit_by_bit(values in mix()) {
        round_trip(&values);
    }

    #[test]
    fn corrupt_bytes_never_panic(values in mix(), changes in vec((any::<prop::sample::Index>(), any::<u8>()), 1..9), count in 0_usize..700) {
        let mut bytes = encode(&values);
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        for count in [count, values.len()] {
            let mut found = vec![5.0];
            let result = decode(&bytes, count, &mut Buffer::new(), &mut found);
            prop_assert_eq!(found.len(), if result.is_ok() { count + 1 } else { 1 });
        }
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes: Vec<u8>, count in 0_usize..700) {
        let _ = decode(&bytes, count, &mut Buffer::new(), &mut Vec::new());
    }
}
