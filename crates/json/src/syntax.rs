//! Syntax errors in plain words.

use crate::JsonError;
use serde_json::error::Category;

/// Start of the text of `serde_json`, and what is to be said instead. Others are only located.
const WORDS: [(&str, &str); 15] = [
    ("expected value", "a value is expected"),
    ("expected ident", "a value is expected"),
    ("expected `,` or `]`", "a comma or ] is expected"),
    ("expected `,` or `}`", "a comma or } is expected"),
    ("expected `:`", "a colon is expected"),
    ("trailing comma", "a value is expected after the comma"),
    ("trailing characters", "nothing may follow the JSON"),
    ("key must be a string", "names of fields must be in double quotes"),
    ("control character", "line breaks and control characters in text must be escaped"),
    ("invalid escape", "invalid escape in text"),
    ("lone leading surrogate", "invalid escape in text"),
    ("unexpected end of hex escape", "invalid escape in text"),
    ("invalid number", "invalid number"),
    ("number out of range", "number out of range"),
    ("recursion limit exceeded", "lists and objects are nested too deeply"),
];

/// Error of text that is not JSON.
pub(crate) fn error(json: &[u8], error: &serde_json::Error) -> JsonError {
    // serde_json has the same category for all texts that it cannot read as UTF-8.
    if let Err(invalid) = std::str::from_utf8(json) {
        return JsonError::text(format!("not valid JSON: no UTF-8 at byte {}", invalid.valid_up_to()));
    }
    let (line, column) = (error.line(), error.column());
    if error.classify() == Category::Eof {
        return JsonError::text(format!("the JSON is incomplete: it ends at line {line}, column {column}"));
    }
    let text = error.to_string();
    let reason = WORDS.iter().find(|(start, _)| text.starts_with(start));
    let reason = reason.map(|(_, words)| format!(": {words}")).unwrap_or_default();
    JsonError::text(format!("not valid JSON at line {line}, column {column}{reason}"))
}
