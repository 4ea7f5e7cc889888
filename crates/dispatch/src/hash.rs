//! Stable hash for ids: 128-bit [FNV-1a], the same on every machine and in every version. It does not resist an attacker
//! who searches for collisions.
//!
//! [FNV-1a]: https://datatracker.ietf.org/doc/html/draft-eastlake-fnv-21

const OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;

/// Hash state.
#[derive(Debug)]
pub(super) struct Hash128(u128);

impl Hash128 {
    /// Starts with the kind of the hashed object.
    pub(super) fn new(kind: u8) -> Self {
        let mut hash = Self(OFFSET);
        hash.bytes(&[kind]);
        hash
    }

    fn bytes(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u128::from(*byte)).wrapping_mul(PRIME);
        }
    }

    /// Adds a text with a terminator: `ab`, `c` differs from `a`, `bc`.
    pub(super) fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
        self.bytes(&[0xff]);
    }

    /// Adds a number.
    pub(super) fn number(&mut self, number: i64) {
        self.bytes(&number.to_be_bytes());
    }

    /// 32 hexadecimal digits.
    pub(super) fn finish(&self) -> String {
        format!("{:032x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hash_matches_the_draft() {
        let hash = |text: &str| {
            let mut hash = Hash128(OFFSET);
            hash.bytes(text.as_bytes());
            hash.finish()
        };
        assert_eq!(hash(""), "6c62272e07bb014262b821756295c58d");
        assert_eq!(hash("a"), "d228cb696f1a8caf78912b704e4a8964");
        assert_eq!(hash("foobar"), "343e1662793c64bf6f0d3597ba446f18");
    }

    #[test]
    fn texts_are_terminated() {
        let hash = |texts: [&str; 2]| {
            let mut hash = Hash128::new(1);
            texts.iter().for_each(|text| hash.text(text));
            hash.finish()
        };
        assert_ne!(hash(["ab", "c"]), hash(["a", "bc"]));
    }
}
