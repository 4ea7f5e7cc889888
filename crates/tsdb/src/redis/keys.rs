//! Redis key names.
//!
//! All keys begin with the prefix in braces, the hash tag: in a cluster they share one slot, so that commands may use
//! several of them.

/// Maximum length of a prefix or source name in bytes.
const MAX_NAME_BYTES: usize = 255;

/// Key names of one source, which is one server's series.
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

    /// Keys with the same prefix for a source listed in [`sources`](Self::sources).
    pub(crate) fn of(&self, source: &str) -> Self {
        Self { prefix: self.prefix.clone(), source: source.to_owned() }
    }

    /// The source as listed in [`sources`](Self::sources).
    pub(crate) fn source(&self) -> &str {
        &self.source
    }

    /// Sorted set: sources by the time of their newest sample in milliseconds.
    pub(crate) fn sources(&self) -> String {
        format!("{{{}}}:sources", self.prefix)
    }

    fn of_source(&self, rest: &str) -> String {
        format!("{{{}}}:{}:{rest}", self.prefix, self.source)
    }

    /// Hash: `format`, the format version; `sent`, the minute before which everything was uploaded.
    pub(crate) fn state(&self) -> String {
        self.of_source("state")
    }

    /// Hash: encoded series by number.
    pub(crate) fn series(&self) -> String {
        self.of_source("series")
    }

    /// Hash: running servers with this source name, by id.
    pub(crate) fn instances(&self) -> String {
        self.of_source("instances")
    }

    /// Sorted set: hours with samples.
    pub(crate) fn hours(&self) -> String {
        self.of_source("hours")
    }

    /// Sorted set: hours whose downsampled data is missing or outdated.
    pub(crate) fn open(&self) -> String {
        self.of_source("open")
    }

    /// String: samples of a minute, in minutes since the Unix epoch.
    pub(crate) fn minute(&self, minute: i64) -> String {
        self.of_source(&format!("m:{minute}"))
    }

    /// Hash: one-minute rows of an hour by series number; hours since the Unix epoch.
    pub(crate) fn minute_rows(&self, hour: i64) -> String {
        self.of_source(&format!("h:{hour}"))
    }

    /// Hash: 15-minute rows of a day by series number; days since the Unix epoch.
    pub(crate) fn quarter_rows(&self, day: i64) -> String {
        self.of_source(&format!("d:{day}"))
    }
}

/// Escapes a name: anything but letters, digits and `.-_` becomes `%` and two hexadecimal digits.
fn escape(name: &str) -> String {
    let mut escaped = String::new();
    for byte in name.bytes().take(MAX_NAME_BYTES) {
        if byte.is_ascii_alphanumeric() || b".-_".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("%{byte:02x}"));
        }
    }
    // Empty braces are not a hash tag.
    if escaped.is_empty() { "%".to_owned() } else { escaped }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_escaped() {
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
