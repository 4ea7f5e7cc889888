//! Parser of the Redis command [`INFO`](https://redis.io/docs/latest/commands/info/).

use crate::TextError;
use crate::text::missing;
use std::collections::HashMap;
use watchglass_model::{Declaration, SampleBuffer};

/// Fields of `INFO`.
#[derive(Debug)]
pub(super) struct Info<'a> {
    fields: HashMap<&'a str, Field<'a>>,
}

#[derive(Clone, Copy, Debug)]
struct Field<'a> {
    line: usize,
    text: &'a str,
}

impl<'a> Info<'a> {
    /// Parses `text`: headings that begin with `#`, and lines `name:value`.
    ///
    /// # Errors
    /// An invalid line, or the field `used_memory` is missing, so that it is not an `INFO` reply.
    pub(super) fn parse(text: &'a str) -> Result<Self, TextError> {
        let mut fields = HashMap::new();
        for (line, content) in (1..).zip(text.lines()) {
            let content = content.trim();
            if content.is_empty() || content.starts_with('#') {
                continue;
            }
            let expected = "a name, a colon and a value";
            let wrong = TextError::Field { line, field: "the line", expected };
            let (name, text) = content.split_once(':').ok_or(wrong)?;
            fields.insert(name, Field { line, text });
        }
        let info = Self { fields };
        match info.word("used_memory") {
            Some(_) => Ok(info),
            None => Err(missing(text, "used_memory")),
        }
    }

    /// The text of a field, if present.
    pub(super) fn word(&self, name: &str) -> Option<&'a str> {
        self.fields.get(name).map(|field| field.text)
    }

    /// Whether a field equals `expected`, if present.
    pub(super) fn is(&self, name: &str, expected: &str) -> Option<bool> {
        self.word(name).map(|text| text == expected)
    }

    /// The number of a field. `None` if it is missing or −1, which means unknown.
    ///
    /// # Errors
    /// Not a non-negative number.
    pub(super) fn number(&self, name: &'static str) -> Result<Option<f64>, TextError> {
        match self.fields.get(name) {
            None => Ok(None),
            Some(Field { text: "-1", .. }) => Ok(None),
            Some(&Field { line, text }) => number(line, name, text).map(Some),
        }
    }

    /// Records numeric fields for `instance`, skipping missing ones.
    pub(super) fn record(
        &self,
        fields: &[(&'static Declaration, &'static str)],
        instance: &str,
        samples: &mut SampleBuffer,
    ) -> Result<(), TextError> {
        for &(metric, name) in fields {
            if let Some(value) = self.number(name)? {
                samples.record(metric, &[instance], value);
            }
        }
        Ok(())
    }

    /// The fields named `prefix` plus a number, sorted by number, at most `limit`.
    pub(super) fn numbered(&self, prefix: &str, limit: usize) -> Vec<(&'a str, Parts<'a>)> {
        let mut found: Vec<(u32, &'a str, Parts<'a>)> = self
            .fields
            .iter()
            .filter_map(|(&name, field)| {
                let number = name.strip_prefix(prefix)?.parse().ok()?;
                Some((number, name, Parts(*field)))
            })
            .collect();
        found.sort_by_key(|&(number, name, _)| (number, name));
        found.into_iter().take(limit).map(|(_, name, parts)| (name, parts)).collect()
    }
}

/// Value with key-value parts: `keys=1,expires=0`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parts<'a>(Field<'a>);

impl<'a> Parts<'a> {
    /// The text of a part, if present.
    pub(super) fn word(&self, name: &str) -> Option<&'a str> {
        let part = |part: &'a str| part.split_once('=').filter(|(found, _)| *found == name);
        self.0.text.split(',').find_map(part).map(|(_, text)| text)
    }

    /// The number of a part, if present.
    ///
    /// # Errors
    /// Not a non-negative number.
    pub(super) fn number(&self, name: &'static str) -> Result<Option<f64>, TextError> {
        self.word(name).map(|text| number(self.0.line, name, text)).transpose()
    }
}

fn number(line: usize, field: &'static str, text: &str) -> Result<f64, TextError> {
    let number: Option<f64> = text.parse().ok();
    // The standard library parses "nan" and "inf", which charts cannot show.
    number.filter(|number| number.is_finite() && *number >= 0.0).ok_or(TextError::Field {
        line,
        field,
        expected: "a number of zero or more",
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TEXT: &str = "# Memory\r\nused_memory:941824\r\nx_ratio:1.5\r\nunknown:-1\r\nodd:nan\r\nnegative:-2\r\n\
                        path:/a:b\r\n\r\n# Keyspace\r\ndb10:keys=7,expires=x\r\ndb2:keys=3,expires=1\r\ndbx:1\r\n";

    #[test]
    fn fields_are_parsed() {
        let info = Info::parse(TEXT).unwrap();
        assert_eq!(info.number("used_memory"), Ok(Some(941_824.0)));
        assert_eq!(info.number("x_ratio"), Ok(Some(1.5)));
        assert_eq!(info.number("unknown"), Ok(None));
        assert_eq!(info.number("not there"), Ok(None));
        assert_eq!((info.word("path"), info.is("path", "/a:b")), (Some("/a:b"), Some(true)));
        let databases = info.numbered("db", 50);
        assert_eq!(databases.iter().map(|(name, _)| *name).collect::<Vec<_>>(), ["db2", "db10"]);
        assert_eq!(databases[0].1.number("keys"), Ok(Some(3.0)));
        assert_eq!(databases[0].1.number("avg_ttl"), Ok(None));
        assert_eq!(info.numbered("db", 1).len(), 1);
    }

    #[test]
    fn invalid_texts_are_errors_with_line_and_field() {
        let info = Info::parse(TEXT).unwrap();
        let odd = info.number("odd").unwrap_err().to_string();
        assert_eq!(odd, "line 5: odd should be a number of zero or more");
        assert!(info.number("negative").is_err());
        let expires = info.numbered("db", 50)[1].1.number("expires").unwrap_err().to_string();
        assert_eq!(expires, "line 10: expires should be a number of zero or more");
        for (text, expected) in [
            ("", "line 1: unexpected end, used_memory is missing"),
            ("a:1\n# b\n", "line 2: unexpected end, used_memory is missing"),
            ("used_memory:1\nwords", "line 2: the line should be a name, a colon and a value"),
        ] {
            assert_eq!(Info::parse(text).unwrap_err().to_string(), expected, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn arbitrary_text_never_panics(
            text in "(used_memory:[0-9-]{0,20}\r?\n|db[0-9]{0,12}:[a-z=,0-9]{0,20}\n|\\PC{0,20}\n){0,12}",
        ) {
            if let Ok(info) = Info::parse(&text) {
                let _ = info.number("used_memory");
                for (name, parts) in info.numbered("db", 50) {
                    prop_assert!(name.starts_with("db"));
                    let _ = parts.number("keys");
                }
            }
        }
    }
}
