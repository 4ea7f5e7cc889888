//! What records must contain.

use crate::record::{Field, Value};
use crate::words::{MIN_WORD_BYTES, has_word, hash, inner_words, is_word_byte};

/// What records must contain: all of it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Search<'a> {
    /// Whole words of the body or of text fields: runs of letters, digits and `_`. Case of ASCII letters does not count.
    pub words: &'a [&'a str],
    /// Parts of the body.
    pub substrings: &'a [&'a [u8]],
}

impl Search<'_> {
    /// Whether all records match.
    pub(crate) fn is_empty(&self) -> bool {
        self.words.is_empty() && self.substrings.is_empty()
    }

    /// Hashes of words that matching records have.
    pub(crate) fn filter_hashes(&self) -> Vec<u64> {
        let is_word = |word: &&&str| word.len() >= MIN_WORD_BYTES && word.bytes().all(is_word_byte);
        let words = self.words.iter().filter(is_word).map(|word| hash(word.as_bytes()));
        let inner = self.substrings.iter().flat_map(|part| inner_words(part)).map(hash);
        words.chain(inner).collect()
    }

    /// Whether a record matches.
    pub(crate) fn matches(&self, fields: &[Field<'_>], body: &[u8]) -> bool {
        let in_fields = |word: &str| {
            fields.iter().any(|(_, value)| match value {
                Value::Text(text) => has_word(text.as_bytes(), word.as_bytes()),
                _ => false,
            })
        };
        self.substrings.iter().all(|part| memchr::memmem::find(body, part).is_some())
            && self.words.iter().all(|word| has_word(body, word.as_bytes()) || in_fields(word))
    }
}
