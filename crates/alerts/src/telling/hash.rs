//! A hash that is the same on every machine and for ever: [FNV-1a] with 128 bits. Ids are made with it; it is no protection
//! from somebody who looks for two texts with the same hash.
//!
//! [FNV-1a]: https://datatracker.ietf.org/doc/html/draft-eastlake-fnv-21

const OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;

/// A hash in the making.
#[derive(Debug)]
pub(super) struct Hash128(u128);

impl Hash128 {
    /// Begins with what kind of thing follows.
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

    /// Adds a text, and where it ends: `ab`, `c` is not `a`, `bc`.
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
    fn is_the_one_of_the_draft() {
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
    fn texts_end() {
        let hash = |texts: [&str; 2]| {
            let mut hash = Hash128::new(1);
            texts.iter().for_each(|text| hash.text(text));
            hash.finish()
        };
        assert_ne!(hash(["ab", "c"]), hash(["a", "bc"]));
    }
}
