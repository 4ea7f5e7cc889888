//! Matchers and labels as people type them: one on a line.

use watchglass_alerts::{Matcher, Operator};
use watchglass_model::Labels;

/// What a line can have between label and value. Of two that begin alike the longer stands first.
const OPERATORS: [(&str, Operator); 4] =
    [("!=", Operator::NotEqual), ("!~", Operator::NotRegex), ("=~", Operator::Regex), ("=", Operator::Equal)];

/// Reads `label = value` lines, also with `!=`, `=~` and `!~`. A value may be in double quotes, as JSON has it; empty lines
/// are left out.
///
/// # Errors
/// The first line that is none, and what would be right.
pub(super) fn read_matchers(text: &str) -> Result<Vec<Matcher>, String> {
    lines(text)
        .map(|line| matcher(line).ok_or_else(|| wrong(line, "label = value, or with !=, =~ or !~")))
        .collect()
}

/// Writes a matcher as it is read.
pub(super) fn write_matcher(matcher: &Matcher) -> String {
    let sign =
        OPERATORS.iter().find(|(_, operator)| *operator == matcher.operator).map_or("=", |(sign, _)| sign);
    format!("{} {sign} {}", matcher.label, quoted(&matcher.value))
}

/// Writes matchers as they are read.
pub(super) fn write_matchers(matchers: &[Matcher]) -> String {
    matchers.iter().map(write_matcher).collect::<Vec<_>>().join("\n")
}

/// Reads `label = value` lines.
///
/// # Errors
/// The first line that is none, or whose label was there before, and what would be right.
pub(super) fn read_labels(text: &str) -> Result<Labels, String> {
    let mut pairs: Vec<(String, String)> = Vec::new();
    for line in lines(text) {
        let Some(Matcher { label, value, operator: Operator::Equal }) = matcher(line) else {
            return Err(wrong(line, "label = value"));
        };
        if pairs.iter().any(|(known, _)| *known == label) {
            return Err(format!("the label {label} is there twice: each can have one value"));
        }
        pairs.push((label, value));
    }
    Ok(pairs.into_iter().collect())
}

/// Writes labels as they are read.
pub(super) fn write_labels(labels: &Labels) -> String {
    let lines = labels.iter().map(|(name, value)| format!("{name} = {}", quoted(value)));
    lines.collect::<Vec<_>>().join("\n")
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty())
}

fn matcher(line: &str) -> Option<Matcher> {
    let end = line.find(|sign: char| !sign.is_ascii_alphanumeric() && sign != '_')?;
    let (label, rest) = line.split_at_checked(end)?;
    let rest = rest.trim_start();
    let (value, operator) =
        OPERATORS.iter().find_map(|(sign, operator)| Some((rest.strip_prefix(sign)?.trim(), *operator)))?;
    let value = if value.starts_with('"') { serde_json::from_str(value).ok()? } else { value.to_owned() };
    (!label.is_empty()).then(|| Matcher { label: label.to_owned(), operator, value })
}

/// The value as it is, or in quotes where it would not be read as it is.
fn quoted(value: &str) -> String {
    let is_plain = !value.is_empty()
        && value.trim() == value
        && !value.starts_with('"')
        && !value.contains(['\n', '\r']);
    if is_plain { value.to_owned() } else { serde_json::Value::from(value).to_string() }
}

fn wrong(line: &str, right: &str) -> String {
    let shown: String = line.chars().take(60).collect();
    format!("{shown:?} must be {right}, one on a line")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matchers_are_read_as_they_are_written() {
        let text = "device =~ sd.*\n\n component=disk \nhost != \"\"\nname !~ \"a\\nb\"\nequation = a=b";
        let matchers = read_matchers(text).unwrap();
        let found: Vec<_> = matchers
            .iter()
            .map(|found| (found.label.as_str(), found.operator, found.value.as_str()))
            .collect();
        assert_eq!(
            found,
            [
                ("device", Operator::Regex, "sd.*"),
                ("component", Operator::Equal, "disk"),
                ("host", Operator::NotEqual, ""),
                ("name", Operator::NotRegex, "a\nb"),
                ("equation", Operator::Equal, "a=b"),
            ]
        );
        assert_eq!(read_matchers(&write_matchers(&matchers)).unwrap(), matchers);
        let awkward = ["", " x", "\"", "a\r", "é", "= y", "~"].map(|value| Matcher {
            label: "a".to_owned(),
            operator: Operator::Equal,
            value: value.to_owned(),
        });
        assert_eq!(read_matchers(&write_matchers(&awkward)).unwrap(), awkward);
    }

    #[test]
    fn labels_are_read_as_they_are_written() {
        let labels = read_labels("team = ops\nroom=\"\"").unwrap();
        assert_eq!((labels.get("team"), labels.get("room")), (Some("ops"), Some("")));
        assert_eq!(read_labels(&write_labels(&labels)).unwrap(), labels);
    }

    #[test]
    fn lines_that_are_none_are_shown() {
        for text in ["team", "= ops", "te-am = ops", "a = \"b", "a > b", "é = 1"] {
            assert!(read_matchers(text).unwrap_err().contains("must be label = value"), "{text}");
        }
        for (text, expected) in [("a =~ b", "must be label = value"), ("a = 1\na = 2", "is there twice")] {
            assert!(read_labels(text).unwrap_err().contains(expected), "{text}");
        }
    }
}
