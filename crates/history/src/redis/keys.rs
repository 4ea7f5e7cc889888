//! Names of the keys.
//!
//! All begin with the prefix in braces, which makes it their hash tag: in a cluster all are in one slot, and commands
//! may have several of them.

/// The longest that is taken for a prefix or for the name of a source, in bytes.
const MOST_BYTES: usize = 255;

/// Names the keys of one source: the series that one server measures.
#[derive(Clone, Debug)]
pub(crate) struct Keys {
    prefix: String,
    source: String,
}

impl Keys {
    /// The keys of `source` under `prefix`.
    pub(crate) fn new(prefix: &str, source: &str) -> Self {
        Self { prefix: escape(prefix), source: escape(source) }
    }

    /// The same under the same prefix for a source as [`sources`](Self::sources) lists it.
    pub(crate) fn of(&self, source: &str) -> Self {
        Self { prefix: self.prefix.clone(), source: source.to_owned() }
    }

    /// The source, as [`sources`](Self::sources) lists it.
    pub(crate) fn source(&self) -> &str {
        &self.source
    }

    /// Sorted set: the sources, by the time of their newest sample in milliseconds.
    pub(crate) fn sources(&self) -> String {
        format!("{{{}}}:sources", self.prefix)
    }

    fn of_source(&self, rest: &str) -> String {
        format!("{{{}}}:{}:{rest}", self.prefix, self.source)
    }

    /// Hash: `format`, the version of all that follows; `sent`, the minute before which everything was sent.
    pub(crate) fn state(&self) -> String {
        self.of_source("state")
    }

    /// Hash: the series as bytes, by their numbers.
    pub(crate) fn series(&self) -> String {
        self.of_source("series")
    }

    /// Sorted set: the hours with samples, by themselves.
    pub(crate) fn hours(&self) -> String {
        self.of_source("hours")
    }

    /// Sorted set: the hours that are not rolled up, or not as they are now, by themselves.
    pub(crate) fn open(&self) -> String {
        self.of_source("open")
    }

    /// String: the samples of a minute, given in minutes since the Unix epoch.
    pub(crate) fn minute(&self, minute: i64) -> String {
        self.of_source(&format!("m:{minute}"))
    }

    /// Hash: an hour's rows of a minute, by the numbers of the series; hours since the Unix epoch.
    pub(crate) fn minute_rows(&self, hour: i64) -> String {
        self.of_source(&format!("h:{hour}"))
    }

    /// Hash: a day's rows of a quarter of an hour, by the numbers of the series; days since the Unix epoch.
    pub(crate) fn quarter_rows(&self, day: i64) -> String {
        self.of_source(&format!("d:{day}"))
    }
}

/// A name without what has a meaning in a key: anything but letters, digits and `.-_` becomes `%` and two hexadecimal digits.
fn escape(name: &str) -> String {
    let mut escaped = String::new();
    for byte in name.bytes().take(MOST_BYTES) {
        if byte.is_ascii_alphanumeric() || b".-_".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("%{byte:02x}"));
        }
    }
    // Braces with nothing between them are no hash tag.
    if escaped.is_empty() { "%".to_owned() } else { escaped }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_leave_the_prefix() {
        for (prefix, source, expected) in [
            ("watchglass", "web-1", "{watchglass}:web-1:m:5"),
            ("a}b", "x:y é", "{a%7db}:x%3ay%20%c3%a9:m:5"),
            ("", "", "{%}:%:m:5"),
        ] {
            let keys = Keys::new(prefix, source);
            assert_eq!(keys.minute(5), expected);
            assert_eq!(keys.of(keys.source()).minute(5), expected);
        }
    }
}
