//! Matchers and labels in form fields: one per line.

use watchglass_model::Labels;
use watchglass_rules::{Matcher, Operator};

/// Matcher operators. Of two with a common prefix, the longer comes first.
const OPERATORS: [(&str, Operator); 4] =
    [("!=", Operator::NotEqual), ("!~", Operator::NotRegex), ("=~", Operator::Regex), ("=", Operator::Equal)];

/// Parses lines `label = value`, also with `!=`, `=~` and `!~`. A value may be a JSON string in double quotes; empty lines are
/// ignored.
///
/// # Errors
/// First invalid line, with the accepted form.
pub fn parse_matchers(text: &str) -> Result<Vec<Matcher>, String> {
    lines(text)
        .map(|line| matcher(line).ok_or_else(|| line_error(line, "label = value, or with !=, =~ or !~")))
        .collect()
}

/// Formats a matcher so that it can be parsed again.
pub fn format_matcher(matcher: &Matcher) -> String {
    let sign =
        OPERATORS.iter().find(|(_, operator)| *operator == matcher.operator).map_or("=", |(sign, _)| sign);
    format!("{} {sign} {}", matcher.label, quoted(&matcher.value))
}

/// Formats matchers so that they can be parsed again.
pub fn format_matchers(matchers: &[Matcher]) -> String {
    matchers.iter().map(format_matcher).collect::<Vec<_>>().join("\n")
}

/// Parses lines `label = value`.
///
/// # Errors
/// First line that is invalid or repeats a label, with the accepted form.
pub fn parse_labels(text: &str) -> Result<Labels, String> {
    let mut pairs: Vec<(String, String)> = Vec::new();
    for line in lines(text) {
        let Some(Matcher { label, value, operator: Operator::Equal }) = matcher(line) else {
            return Err(line_error(line, "label = value"));
        };
        if pairs.iter().any(|(known, _)| *known == label) {
            return Err(format!("duplicate label {label}: each label can have one value"));
        }
        pairs.push((label, value));
    }
    Ok(pairs.into_iter().collect())
}

/// Formats labels so that they can be parsed again.
pub fn format_labels(labels: &Labels) -> String {
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

/// Value, in quotes only if it could not be parsed without them.
fn quoted(value: &str) -> String {
    let is_plain = !value.is_empty()
        && value.trim() == value
        && !value.starts_with('"')
        && !value.contains(['\n', '\r']);
    if is_plain { value.to_owned() } else { serde_json::Value::from(value).to_string() }
}

fn line_error(line: &str, right: &str) -> String {
    let shown: String = line.chars().take(60).collect();
    format!("{shown:?} must be {right}, one per line")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matchers_are_parsed_back() {
        let text = "device =~ sd.*\n\n component=disk \nhost != \"\"\nname !~ \"a\\nb\"\nequation = a=b";
        let matchers = parse_matchers(text).unwrap();
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
        assert_eq!(parse_matchers(&format_matchers(&matchers)).unwrap(), matchers);
        let awkward = ["", " x", "\"", "a\r", "é", "= y", "~"].map(|value| Matcher {
            label: "a".to_owned(),
            operator: Operator::Equal,
            value: value.to_owned(),
        });
        assert_eq!(parse_matchers(&format_matchers(&awkward)).unwrap(), awkward);
    }

    #[test]
    fn labels_are_parsed_back() {
        let labels = parse_labels("team = ops\nroom=\"\"").unwrap();
        assert_eq!((labels.get("team"), labels.get("room")), (Some("ops"), Some("")));
        assert_eq!(parse_labels(&format_labels(&labels)).unwrap(), labels);
    }

    #[test]
    fn invalid_lines_are_named() {
        for text in ["team", "= ops", "te-am = ops", "a = \"b", "a > b", "é = 1"] {
            assert!(parse_matchers(text).unwrap_err().contains("must be label = value"), "{text}");
        }
        for (text, expected) in [("a =~ b", "must be label = value"), ("a = 1\na = 2", "duplicate label a")] {
            assert!(parse_labels(text).unwrap_err().contains(expected), "{text}");
        }
    }
}
