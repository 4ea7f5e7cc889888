//! Errors about query parameters in plain words, from those of serde.

/// Message about an invalid query string: which parameter, and what is accepted. `error` is the text of axum and serde.
pub(super) fn query_error(error: &str) -> String {
    let error = error.strip_prefix("Failed to deserialize query string: ").unwrap_or(error);
    let quoted = |text: &str| text.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
    // Messages about the whole query string do not start with the name of a parameter.
    let whole = error.rsplit_once("unknown field ").map_or(error, |(_, rest)| rest);
    if whole.len() < error.len() {
        let mut names = quoted(whole).into_iter();
        let unknown = names.next().unwrap_or_default();
        return format!(
            "unknown parameter {:?}{}",
            bounded(&unknown),
            accepted(": known are ", &names.collect::<Vec<_>>())
        );
    }
    for (start, end) in [("missing field ", "is missing"), ("duplicate field ", "is given more than once")] {
        if let Some((_, name)) = error.split_once(start) {
            return format!("the parameter {:?} {end}", bounded(&quoted(name).concat()));
        }
    }
    let (name, problem) = error.split_once(": ").unwrap_or(("", error));
    let name = if name.is_empty() { "the query string".to_owned() } else { bounded(name) };
    if let Some((_, rest)) = problem.split_once("unknown variant ") {
        let mut values = quoted(rest).into_iter();
        let found = values.next().unwrap_or_default();
        return format!(
            "{name} is {:?}{}",
            bounded(&found),
            accepted(": must be ", &values.collect::<Vec<_>>())
        );
    }
    let accepted = match problem {
        "provided string was not `true` or `false`" => "must be true or false",
        "invalid digit found in string" | "cannot parse integer from empty string" => {
            "must be a whole number, not negative"
        }
        "number too large to fit in target type" => "is too large",
        "invalid float literal" | "cannot parse float from empty string" => "must be a number",
        other => return format!("{name}: {}", bounded(other)),
    };
    format!("{name} {accepted}")
}

/// `a, b or c` after `start`; nothing without names.
fn accepted(start: &str, names: &[String]) -> String {
    match names.split_last() {
        None => String::new(),
        Some((last, [])) => format!("{start}{last}"),
        Some((last, others)) => format!("{start}{} or {last}", others.join(", ")),
    }
}

fn bounded(text: &str) -> String {
    text.chars().take(100).collect()
}

#[cfg(test)]
mod tests {
    use super::super::query::{bad_request, flag};
    use super::*;
    use axum::extract::Query;
    use axum::http::Uri;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Format {
        Json,
        Csv,
        Text,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only parsed")]
    struct Parsed {
        limit: usize,
        format: Option<Format>,
        ratio: Option<f64>,
        #[serde(default, deserialize_with = "flag")]
        detailed: bool,
    }

    fn parse(query: &str) -> Result<bool, String> {
        let uri: Uri = format!("http://h/?{query}").parse().unwrap();
        let parsed = Query::<Parsed>::try_from_uri(&uri);
        parsed
            .map(|parsed| parsed.detailed)
            .map_err(|error| bad_request(query_error(&error.body_text())).message().to_owned())
    }

    #[test]
    fn errors_name_the_parameter_and_what_is_accepted() {
        for (query, expected) in [
            ("", "the parameter \"limit\" is missing"),
            ("limit=1&limit=2", "the parameter \"limit\" is given more than once"),
            ("limit=1&x=2", "unknown parameter \"x\": known are limit, format, ratio or detailed"),
            ("limit=-1", "limit must be a whole number, not negative"),
            ("limit=", "limit must be a whole number, not negative"),
            ("limit=99999999999999999999999", "limit is too large"),
            ("limit=1&ratio=x", "ratio must be a number"),
            ("limit=1&format=xml", "format is \"xml\": must be json, csv or text"),
            ("limit=1&detailed=maybe", "detailed is \"maybe\": must be true or false"),
        ] {
            assert_eq!(parse(query).unwrap_err(), expected, "{query}");
        }
    }

    #[test]
    fn flags_are_read_as_people_write_them() {
        for (text, expected) in [
            ("true", true),
            ("1", true),
            ("Yes", true),
            ("on", true),
            ("false", false),
            ("0", false),
            ("no", false),
        ] {
            assert_eq!(parse(&format!("limit=1&detailed={text}")), Ok(expected), "{text}");
        }
        assert_eq!(parse("limit=1"), Ok(false));
    }
}
