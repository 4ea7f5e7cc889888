//! Labels: they identify the series of a metric.

use serde::ser::SerializeMap as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;

/// Label with the name of the reporting application. Series without it are measured by this server.
pub const APP: &str = "app";

/// Label names and values, sorted by name, each name once.
///
/// There may be hundreds of thousands: they are one text, not a tree of texts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Labels {
    /// Names and values, each name before its value.
    text: Box<str>,
    /// Where each name and each value ends in `text`.
    ends: Box<[u32]>,
}

impl Labels {
    /// The value of label `name`, if present.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// Names and values, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let mut start = 0;
        let mut part = move |end: u32| {
            let part = self.text.get(start..end as usize).unwrap_or_default();
            start = end as usize;
            part
        };
        self.ends.chunks_exact(2).map(move |ends| match *ends {
            [name, value] => (part(name), part(value)),
            _ => ("", ""),
        })
    }
}

impl PartialOrd for Labels {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Labels {
    /// By the first label that differs: its name, then its value.
    fn cmp(&self, other: &Self) -> Ordering {
        self.iter().cmp(other.iter())
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Labels {
    /// The last value of a repeated name wins. Labels that do not fit into 4 GiB of text are left out.
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        let sorted: BTreeMap<String, String> =
            pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        let (mut text, mut ends) = (String::new(), Vec::with_capacity(2 * sorted.len()));
        for (name, value) in sorted {
            let name_end = u32::try_from(text.len() + name.len());
            let value_end = u32::try_from(text.len() + name.len() + value.len());
            if let (Ok(name_end), Ok(value_end)) = (name_end, value_end) {
                text.push_str(&name);
                text.push_str(&value);
                ends.extend([name_end, value_end]);
            }
        }
        Self { text: text.into(), ends: ends.into() }
    }
}

impl Serialize for Labels {
    /// A map.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.ends.len() / 2))?;
        self.iter().try_for_each(|(name, value)| map.serialize_entry(name, value))?;
        map.end()
    }
}

impl<'de> Deserialize<'de> for Labels {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(BTreeMap::<String, String>::deserialize(deserializer)?.into_iter().collect())
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
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn labels_are_a_sorted_map(
            pairs: Vec<(String, String)>,
            others in proptest::collection::vec(("[ab]{0,2}", "[ab]{0,2}"), 0..4),
            more in proptest::collection::vec(("[ab]{0,2}", "[ab]{0,2}"), 0..4),
        ) {
            let labels: Labels = pairs.iter().cloned().collect();
            let map: BTreeMap<String, String> = pairs.into_iter().collect();
            let listed: Vec<(&str, &str)> = labels.iter().collect();
            prop_assert_eq!(&listed, &map.iter().map(|(name, value)| (&**name, &**value)).collect::<Vec<_>>());
            prop_assert!(map.iter().all(|(name, value)| labels.get(name) == Some(value)));
            prop_assert_eq!(labels.get("not one of them, that is too long"), None);
            let json = serde_json::to_string(&labels).unwrap();
            prop_assert_eq!(&json, &serde_json::to_string(&map).unwrap());
            prop_assert_eq!(serde_json::from_str::<Labels>(&json).unwrap(), labels);
            // Short texts, so that some are equal and some begin in the same way.
            let maps = [others, more].map(|pairs| pairs.into_iter().collect::<BTreeMap<_, _>>());
            let [one, other] = maps.clone().map(|map| map.into_iter().collect::<Labels>());
            prop_assert_eq!(one.cmp(&other), maps[0].cmp(&maps[1]));
            prop_assert_eq!(one == other, maps[0] == maps[1]);
        }
    }

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
