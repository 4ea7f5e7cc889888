//! The laws, for maps of at most four entries that are often full.

use crate::test_value::{Plain, TestValue, values};
use crate::testing::{check_encoding, check_laws};
use proptest::prelude::*;
use watchglass_model::Timestamp;

fn times() -> impl Strategy<Value = Timestamp> {
    // Some tombstones have expired, or all, or none.
    (0..20_i64).prop_map(Timestamp::from_millis)
}

#[test]
fn maps_satisfy_the_laws() {
    check_laws("[a-g]", values::<0>(), times()).unwrap();
}

#[test]
fn maps_with_irrelevant_updates_satisfy_the_laws() {
    check_laws("[a-g]", values::<3>(), times()).unwrap();
}

#[test]
fn encoding_is_checked() {
    check_encoding(values::<0>()).unwrap();
}

/// Value whose order is no total order: the content is ignored.
mod broken {
    use super::*;
    use crate::Replicated;
    use std::cmp::Ordering;

    #[derive(Clone, Debug, PartialEq)]
    struct Broken(Plain);

    impl Replicated for Broken {
        const MAX_ENTRIES: usize = 4;

        fn precedence(&self, other: &Self) -> Ordering {
            self.0.time.cmp(&other.0.time)
        }

        fn is_expired(&self, _: Timestamp) -> bool {
            false
        }
    }

    #[test]
    fn violations_are_found() {
        let error = check_laws("[a-g]", values().prop_map(Broken), times()).unwrap_err();
        assert!(error.contains("equal by one only"), "{error}");
    }
}

proptest! {
    #[test]
    fn malformed_values_do_not_panic(stored in prop::collection::vec(any::<u8>(), 0..60)) {
        let _ = <TestValue<0> as crate::StoredValue>::decode(&stored);
    }
}
