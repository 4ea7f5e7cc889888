//! Labels tell the series of one metric apart.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// The label that says which application speaks. Series without it are this server's own.
pub const APP: &str = "app";

/// Label names and values, sorted by name, each name once.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Labels(BTreeMap<String, String>);

impl Labels {
    /// The value of `name`, if it is there.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Names and values, in the order of the names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Labels {
    /// Of a name that comes twice, the last value stays.
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        Self(pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

/// Writes `{a="1",b="2"}` as the [Prometheus text format] does, nothing when there are no labels.
///
/// [Prometheus text format]: https://prometheus.io/docs/instrumenting/exposition_formats/#text-format-details
impl fmt::Display for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "{";
        for (name, value) in self.iter() {
            write!(f, "{separator}{name}=\"")?;
            for character in value.chars() {
                match character {
                    '\\' => f.write_str("\\\\")?,
                    '"' => f.write_str("\\\"")?,
                    '\n' => f.write_str("\\n")?,
                    other => write!(f, "{other}")?,
                }
            }
            f.write_str("\"")?;
            separator = ",";
        }
        if separator == "," { f.write_str("}") } else { Ok(()) }
    }
}

/// Whether `name` can name a label: `[a-zA-Z_][a-zA-Z0-9_]*`, not beginning with `__`.
pub fn is_label_name(name: &str) -> bool {
    !name.starts_with("__") && is_word(name, |byte| byte == b'_')
}

/// Whether `name` can name a metric: `[a-zA-Z_:][a-zA-Z0-9_:]*`.
pub fn is_metric_name(name: &str) -> bool {
    is_word(name, |byte| byte == b'_' || byte == b':')
}

fn is_word(name: &str, sign: impl Fn(u8) -> bool) -> bool {
    name.bytes().next().is_some_and(|first| !first.is_ascii_digit())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || sign(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn are_sorted_and_unique_and_written_as_prometheus_does() {
        let cases: &[(&[(&str, &str)], &str)] = &[
            (&[], ""),
            (&[("b", "2"), ("a", "1")], r#"{a="1",b="2"}"#),
            (&[("a", "1"), ("a", "2")], r#"{a="2"}"#),
            (&[("path", "C:\\x \"y\"\nz")], r#"{path="C:\\x \"y\"\nz"}"#),
        ];
        for (pairs, expected) in cases {
            assert_eq!(pairs.iter().copied().collect::<Labels>().to_string(), *expected);
        }
    }

    #[test]
    fn names() {
        for (name, metric, label) in [
            ("host_cpu", true, true),
            ("a:b", true, false),
            ("__name__", true, false),
            ("9a", false, false),
            ("", false, false),
            ("é", false, false),
            ("a-b", false, false),
        ] {
            assert_eq!((is_metric_name(name), is_label_name(name)), (metric, label), "{name}");
        }
    }
}
