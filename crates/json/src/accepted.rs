//! Values and types in words.

use crate::error::quoted;
use serde::de::Unexpected;

/// The value that was found: `"soon"`, `300`, `a list`.
pub(crate) fn found(value: &Unexpected<'_>) -> String {
    match value {
        Unexpected::Bool(value) => value.to_string(),
        Unexpected::Unsigned(value) => value.to_string(),
        Unexpected::Signed(value) => value.to_string(),
        // `1.0` is not a whole number for serde.
        Unexpected::Float(value) if value.fract() == 0.0 && value.abs() < 1e15 => format!("{value:.1}"),
        Unexpected::Float(value) => value.to_string(),
        Unexpected::Char(value) => quoted(&value.to_string()),
        Unexpected::Str(value) => quoted(value),
        Unexpected::Unit | Unexpected::Option => "null".to_owned(),
        Unexpected::Seq => "a list".to_owned(),
        Unexpected::Map => "an object".to_owned(),
        _ => "a value of another kind".to_owned(),
    }
}

/// What a type of serde expects, in words.
pub(crate) fn in_words(expected: &str) -> String {
    let words = match expected {
        "u8" => "a whole number from 0 to 255",
        "u16" => "a whole number from 0 to 65535",
        "u32" => "a whole number from 0 to 4294967295",
        "u64" | "usize" | "u128" => "a whole number, not negative",
        "nonzero u8" | "a nonzero u8" => "a whole number from 1 to 255",
        "nonzero u16" | "a nonzero u16" => "a whole number from 1 to 65535",
        "nonzero u32" | "a nonzero u32" => "a whole number from 1 to 4294967295",
        "nonzero u64" | "a nonzero u64" | "nonzero usize" | "a nonzero usize" => "a whole number from 1",
        "i8" | "i16" | "i32" | "i64" | "isize" | "i128" => "a whole number",
        "f32" | "f64" => "a number",
        "a boolean" => "true or false",
        "a string" | "string" | "a borrowed string" | "a character" | "string or map" => "text",
        "a sequence" => "a list",
        "a map" | "map" | "map with a single key" => "an object",
        "unit" | "null" => "null",
        other => return other_in_words(other),
    };
    words.to_owned()
}

fn other_in_words(expected: &str) -> String {
    let length = |text: &str| {
        let count = text.split(' ').find_map(|word| word.parse::<usize>().ok());
        count.map_or_else(|| "a list".to_owned(), |count| format!("a list of {count} values"))
    };
    match expected.split(' ').next() {
        Some("struct") | Some("internally") | Some("adjacently") | Some("untagged") => "an object".to_owned(),
        Some("tuple") => length(expected),
        Some("a") if expected.starts_with("a tuple") || expected.starts_with("an array") => length(expected),
        Some("an") if expected.starts_with("an array") => length(expected),
        // A type of this project: its own words.
        _ => expected.to_owned(),
    }
}

/// `a, b or c`.
pub(crate) fn choices(names: &[&str]) -> String {
    match names.split_last() {
        None => String::new(),
        Some((last, [])) => (*last).to_owned(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
    }
}
