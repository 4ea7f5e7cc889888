//! Labels: they identify the series of a metric.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// Label with the name of the reporting application. Series without it are measured by this server.
pub const APP: &str = "app";

/// Label names and values, sorted by name, each name once.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Labels(BTreeMap<String, String>);

impl Labels {
    /// The value of label `name`, if present.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Names and values, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Labels {
    /// The last value of a repeated name wins.
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        Self(pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

/// Formats `{a="1",b="2"}` as in the [Prometheus text format]; empty without labels.
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

/// Whether `name` is a valid label name: `[a-zA-Z_][a-zA-Z0-9_]*`, not starting with `__`.
pub fn is_label_name(name: &str) -> bool {
    !name.starts_with("__") && is_identifier(name, |byte| byte == b'_')
}

/// Whether `name` is a valid metric name: `[a-zA-Z_:][a-zA-Z0-9_:]*`.
pub fn is_metric_name(name: &str) -> bool {
    is_identifier(name, |byte| byte == b'_' || byte == b':')
}

fn is_identifier(name: &str, extra: impl Fn(u8) -> bool) -> bool {
    name.bytes().next().is_some_and(|first| !first.is_ascii_digit())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || extra(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_sorted_unique_and_formatted_like_prometheus() {
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
