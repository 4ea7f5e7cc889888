//! Parser of the Redis command [`INFO`](https://redis.io/docs/latest/commands/info/).

use crate::reading;
use std::collections::HashMap;
use watchglass_model::{Declaration, SampleBuffer, SkipReason};

/// Fields of `INFO`.
#[derive(Debug)]
pub(super) struct Info<'a> {
    fields: HashMap<&'a str, &'a str>,
}

/// Maximum size of a section in bytes. A server with many error types or clients can report megabytes in one section.
const MAX_SECTION_BYTES: usize = 256 << 10;

impl<'a> Info<'a> {
    /// Parses `text`: headings that begin with `#`, and lines `name:value`. Other lines, and those of a section beyond its
    /// maximum size, are skipped. Of lines with the same name the first one counts.
    pub(super) fn parse(text: &'a str, samples: &mut SampleBuffer) -> Self {
        let mut fields = HashMap::new();
        let (mut section, mut size) = ("INFO", 0);
        for content in text.lines() {
            let content = content.trim();
            if let Some(heading) = content.strip_prefix('#') {
                (section, size) = (heading.trim(), 0);
                continue;
            }
            let was_within = size <= MAX_SECTION_BYTES;
            size += content.len();
            if size > MAX_SECTION_BYTES {
                if was_within {
                    samples.skip(&format!("the rest of section {section}"), content, SkipReason::TooLong);
                }
                continue;
            }
            match content.split_once(':') {
                Some((name, text)) => drop(fields.entry(name).or_insert(text)),
                None if content.is_empty() => {}
                None => samples.skip("a line", content, SkipReason::MissingSeparator),
            }
        }
        Self { fields }
    }

    /// The text of a field, if present.
    pub(super) fn word(&self, name: &str) -> Option<&'a str> {
        self.fields.get(name).copied()
    }

    /// Whether a field is `yes`, or `no`. `None` if it is missing, or another word, which is skipped.
    pub(super) fn either(
        &self,
        name: &str,
        [no, yes]: [&str; 2],
        samples: &mut SampleBuffer,
    ) -> Option<bool> {
        let text = self.word(name)?;
        if text != yes && text != no {
            samples.skip(name, text, SkipReason::Unsupported);
            return None;
        }
        Some(text == yes)
    }

    /// The number of a field. `None` if it is missing, −1, which means unknown, or not a non-negative number, which is
    /// skipped.
    pub(super) fn number(&self, name: &str, samples: &mut SampleBuffer) -> Option<f64> {
        number(name, self.word(name)?, samples)
    }

    /// Records numeric fields for `instance`, without missing ones.
    pub(super) fn record(
        &self,
        fields: &[(&'static Declaration, &'static str)],
        instance: &str,
        samples: &mut SampleBuffer,
    ) {
        for &(metric, name) in fields {
            if let Some(value) = self.number(name, samples) {
                samples.record(metric, &[instance], value);
            }
        }
    }

    /// [`numbered`](Self::numbered), with a note if there are more than `limit`.
    pub(super) fn listed(
        &self,
        prefix: &str,
        limit: usize,
        samples: &mut SampleBuffer,
    ) -> Vec<(&'a str, Parts<'a>)> {
        let mut found = self.numbered(prefix, limit + 1);
        if let Some((name, _)) = found.get(limit) {
            samples.skip(&format!("{name} and all after it"), "", SkipReason::TooLong);
            found.truncate(limit);
        }
        found
    }

    /// The fields named `prefix` plus a number, sorted by number, at most `limit`.
    pub(super) fn numbered(&self, prefix: &str, limit: usize) -> Vec<(&'a str, Parts<'a>)> {
        let mut found: Vec<(u32, &'a str, Parts<'a>)> = self
            .fields
            .iter()
            .filter_map(|(&name, &text)| {
                let number = name.strip_prefix(prefix)?.parse().ok()?;
                Some((number, name, Parts { name, text }))
            })
            .collect();
        found.sort_by_key(|&(number, name, _)| (number, name));
        found.into_iter().take(limit).map(|(_, name, parts)| (name, parts)).collect()
    }
}

/// Value with key-value parts: `keys=1,expires=0`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parts<'a> {
    /// Name of the field.
    name: &'a str,
    text: &'a str,
}

impl<'a> Parts<'a> {
    /// The text of a part, if present.
    pub(super) fn word(&self, name: &str) -> Option<&'a str> {
        let part = |part: &'a str| part.split_once('=').filter(|(found, _)| *found == name);
        self.text.split(',').find_map(part).map(|(_, text)| text)
    }

    /// The number of a part, as [`Info::number`].
    pub(super) fn number(&self, name: &str, samples: &mut SampleBuffer) -> Option<f64> {
        number(&format!("{} {name}", self.name), self.word(name)?, samples)
    }

    /// Skips a part.
    pub(super) fn skip(&self, name: &str, reason: SkipReason, samples: &mut SampleBuffer) {
        samples.skip(&format!("{} {name}", self.name), self.word(name).unwrap_or_default(), reason);
    }
}

fn number(name: &str, text: &str, samples: &mut SampleBuffer) -> Option<f64> {
    if text == "-1" {
        return None;
    }
    reading::number(text).map_err(|reason| samples.skip(name, text, reason)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::skipped;
    use proptest::prelude::*;

    const TEXT: &str = "# Memory\r\nused_memory:941824\r\nx_ratio:1.5\r\nunknown:-1\r\nodd:nan\r\nnegative:-2\r\n\
                        path:/a:b\r\n\r\n# Keyspace\r\ndb10:keys=7,expires=x\r\ndb2:keys=3,expires=1\r\ndbx:1\r\n";

    #[test]
    fn fields_are_parsed() {
        let mut samples = SampleBuffer::new();
        let info = Info::parse(TEXT, &mut samples);
        let mut number = |name| info.number(name, &mut samples);
        assert_eq!(number("used_memory"), Some(941_824.0));
        assert_eq!(number("x_ratio"), Some(1.5));
        assert_eq!(number("unknown"), None);
        assert_eq!(number("not there"), None);
        assert_eq!(info.word("path"), Some("/a:b"));
        let databases = info.numbered("db", 50);
        assert_eq!(databases.iter().map(|(name, _)| *name).collect::<Vec<_>>(), ["db2", "db10"]);
        assert_eq!(databases[0].1.number("keys", &mut samples), Some(3.0));
        assert_eq!(databases[0].1.number("avg_ttl", &mut samples), None);
        assert_eq!(info.numbered("db", 1).len(), 1);
        assert_eq!(skipped(&samples), Vec::<String>::new());
    }

    #[test]
    fn invalid_fields_are_skipped_with_name_and_reason() {
        let mut samples = SampleBuffer::new();
        let text = format!("{TEXT}a line without a separator\r\nlast:7\r\n");
        let info = Info::parse(&text, &mut samples);
        assert_eq!(info.number("odd", &mut samples), None);
        assert_eq!(info.number("negative", &mut samples), None);
        assert_eq!(info.number("last", &mut samples), Some(7.0));
        assert_eq!(info.numbered("db", 50)[1].1.number("expires", &mut samples), None);
        assert_eq!(info.either("odd", ["down", "up"], &mut samples), None);
        let expected = [
            "a line incomplete",
            "odd not a number",
            "negative out of range",
            "db10 expires not a number",
            "odd not supported",
        ];
        assert_eq!(skipped(&samples), expected);
    }

    #[test]
    fn huge_sections_are_bounded() {
        let errors: String = (0..100_000).map(|number| format!("errorstat_E{number}:count=1\n")).collect();
        let text =
            format!("# Memory\nused_memory:7\n# Errorstats\n{errors}# Keyspace\ndb0:keys=3,expires=1\n");
        let mut samples = SampleBuffer::new();
        let info = Info::parse(&text, &mut samples);
        assert!(info.fields.len() < 20_000);
        assert_eq!(info.number("used_memory", &mut samples), Some(7.0));
        assert_eq!(info.numbered("db", 50).len(), 1);
        assert_eq!(skipped(&samples), ["the rest of section Errorstats too long"]);
    }

    proptest! {
        #[test]
        fn arbitrary_text_never_panics(
            text in "(used_memory:[0-9-]{0,20}\r?\n|db[0-9]{0,12}:[a-z=,0-9]{0,20}\n|\\PC{0,20}\n){0,12}",
        ) {
            let mut samples = SampleBuffer::new();
            let info = Info::parse(&text, &mut samples);
            let _ = info.number("used_memory", &mut samples);
            for (name, parts) in info.numbered("db", 50) {
                prop_assert!(name.starts_with("db"));
                let _ = parts.number("keys", &mut samples);
            }
        }
    }
}
