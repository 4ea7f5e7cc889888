//! JSON with errors in plain words: which field is invalid, what was found, and what is accepted.
//!
//! Valid JSON is parsed by `serde_json` alone. Only what it rejects is read a second time, into a tree that keeps
//! duplicate fields, by a deserializer whose errors know their path: `routes[2].seconds is "soon": must be a number`.

mod accepted;
mod error;
mod reader;
mod syntax;
mod tree;
mod unique;

pub use error::{JsonError, PathSegment};
pub use unique::{UniqueMap, UniqueValue};

use serde::de::{Deserialize, DeserializeOwned};
use serde_json::Value;
use tree::Tree;

/// Parses JSON text into a type.
///
/// # Errors
/// Not JSON, or not the JSON of this type.
pub fn from_slice<T: DeserializeOwned>(json: &[u8]) -> Result<T, JsonError> {
    let error = match serde_json::from_slice(json) {
        Ok(value) => return Ok(value),
        Err(error) => error,
    };
    if json.iter().all(u8::is_ascii_whitespace) {
        return Err(JsonError::empty());
    }
    // A value of the wrong type may come before a syntax error: then the whole text is not JSON.
    match serde_json::from_slice::<Tree>(json) {
        Ok(tree) => Err(explain::<T>(&tree, &error)),
        Err(error) => Err(syntax::error(json, &error)),
    }
}

/// Parses JSON text into a type.
///
/// # Errors
/// As [`from_slice`].
pub fn from_str<T: DeserializeOwned>(json: &str) -> Result<T, JsonError> {
    from_slice(json.as_bytes())
}

/// Converts a JSON value into a type.
///
/// # Errors
/// Not the JSON of this type.
pub fn from_value<T: DeserializeOwned>(value: &Value) -> Result<T, JsonError> {
    let error = match T::deserialize(value) {
        Ok(value) => return Ok(value),
        Err(error) => error,
    };
    match Tree::deserialize(value) {
        Ok(tree) => Err(explain::<T>(&tree, &error)),
        Err(error) => Err(JsonError::other(&error)),
    }
}

/// The reason why `tree` is not a `T`, for which `serde_json` gave `error`.
fn explain<T: DeserializeOwned>(tree: &Tree, error: &serde_json::Error) -> JsonError {
    match T::deserialize(reader::Reader::of(tree)) {
        Err(explained) => explained.located_in(tree),
        // Both read the same JSON, so this is a difference between the readers.
        Ok(_) => JsonError::other(error),
    }
}

#[cfg(test)]
mod tests;
