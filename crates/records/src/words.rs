//! Words of texts, and the filter of the words of a block.
//!
//! A word is a longest run of ASCII letters, digits, `_` and bytes above 127, of two bytes or more. Case of ASCII letters
//! does not count. The hash of a word is FNV-1a with 64 bits, mixed by the finaliser of SplitMix64. The filter is a
//! [Bloom filter](https://en.wikipedia.org/wiki/Bloom_filter) with four bits per word and eight bits of space: 2.4 % of
//! absent words seem to be present. Bit number i of a hash is (low half + i × high half, made odd) modulo the bits.

use std::collections::HashSet;
use std::hash::{BuildHasherDefault, Hasher};

/// Shorter words are not in the filter.
pub(crate) const MIN_WORD_BYTES: usize = 2;
const BITS_PER_WORD: u64 = 4;

/// Whether a byte is part of a word.
pub(crate) fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// Words of a text.
pub(crate) fn words(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|&byte| !is_word_byte(byte)).filter(|word| word.len() >= MIN_WORD_BYTES)
}

/// Hash of a word.
pub(crate) fn hash(word: &[u8]) -> u64 {
    let start = 0xcbf2_9ce4_8422_2325_u64;
    let hash = word.iter().fold(start, |hash, byte| {
        (hash ^ u64::from(byte.to_ascii_lowercase())).wrapping_mul(0x0100_0000_01b3)
    });
    let hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}

/// Words that every text with this substring has: not those at its ends, which may be parts of longer ones.
pub(crate) fn inner_words(substring: &[u8]) -> impl Iterator<Item = &[u8]> {
    let start = substring.iter().position(|&byte| !is_word_byte(byte)).unwrap_or(substring.len());
    let end = substring.iter().rposition(|&byte| !is_word_byte(byte)).unwrap_or(start);
    words(substring.get(start..end).unwrap_or_default())
}

/// Whether a text has a word; case of ASCII letters does not count.
pub(crate) fn has_word(text: &[u8], word: &[u8]) -> bool {
    text.split(|&byte| !is_word_byte(byte)).any(|found| found.eq_ignore_ascii_case(word))
}

/// Hashes of words are not hashed again.
#[derive(Debug, Default)]
pub(crate) struct NoHash(u64);

impl Hasher for NoHash {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = hash(bytes);
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }
}

/// Hashes of the words of a block.
pub(crate) type WordSet = HashSet<u64, BuildHasherDefault<NoHash>>;

fn places(hash: u64, bits: u64) -> impl Iterator<Item = u64> {
    let (low, high) = (hash & 0xffff_ffff, hash >> 32 | 1);
    (0..BITS_PER_WORD).map(move |n| (low + n * high) % bits)
}

/// Filter of these words, a byte for each; empty without words.
pub(crate) fn filter(words: &WordSet) -> Vec<u8> {
    let mut filter = vec![0_u8; words.len()];
    let bits = filter.len() as u64 * 8;
    for place in words.iter().flat_map(|&hash| places(hash, bits)) {
        if let Some(byte) = filter.get_mut((place / 8) as usize) {
            *byte |= 1 << (place % 8);
        }
    }
    filter
}

/// Whether a block with this filter can have a word.
pub(crate) fn may_have(filter: &[u8], hash: u64) -> bool {
    let bits = filter.len() as u64 * 8;
    bits > 0
        && places(hash, bits)
            .all(|place| filter.get((place / 8) as usize).is_some_and(|byte| byte & (1 << (place % 8)) != 0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn found(text: &str) -> Vec<&str> {
        words(text.as_bytes()).map(|word| std::str::from_utf8(word).unwrap()).collect()
    }

    #[test]
    fn words_are_runs_of_letters_and_digits() {
        assert_eq!(found("GET /a/über_1?x=42,-7 é"), ["GET", "über_1", "42", "é"]);
        let inner = |text: &str| inner_words(text.as_bytes()).map(<[u8]>::to_vec).collect::<Vec<_>>();
        assert_eq!(inner("ab cd-ef gh"), [b"cd", b"ef"]);
        assert_eq!(inner(" ab"), Vec::<Vec<u8>>::new());
        assert_eq!(inner("ab"), Vec::<Vec<u8>>::new());
        assert_eq!(inner(" ab "), [b"ab"]);
    }

    #[test]
    fn few_absent_words_seem_present() {
        let present: WordSet = (0..5000).map(|n| hash(format!("w{n}").as_bytes())).collect();
        let filter = filter(&present);
        assert_eq!(filter.len(), 5000);
        assert!(present.iter().all(|&hash| may_have(&filter, hash)));
        let wrong = (0..10_000).filter(|n| may_have(&filter, hash(format!("x{n}").as_bytes()))).count();
        assert!((100..400).contains(&wrong), "{wrong} of 10,000");
    }

    proptest! {
        #[test]
        fn inner_words_are_words_of_every_text_around(a in "[ab .]{0,5}", b in "[ab .]{0,9}", c in "[ab .]{0,5}") {
            let text = format!("{a}{b}{c}");
            for word in inner_words(b.as_bytes()) {
                prop_assert!(has_word(text.as_bytes(), word));
                prop_assert!(words(text.as_bytes()).any(|found| hash(found) == hash(word)));
            }
        }
    }
}
