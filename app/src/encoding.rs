//! How answers of server functions are written: as JSON, read as text.
//!
//! Leptos reads what a page brings along as text, and would read answers as bytes: everything that reads a type would be
//! in the page's program twice.

use bytes::Bytes;
use leptos::server_fn::codec::Post;
use leptos::server_fn::{ContentType, Decodes, Encodes, Format, FormatType};
use serde::Serialize;
use serde::de::{DeserializeOwned, Error as _};

/// JSON in an answer's body.
pub type Json = Post<JsonText>;

/// JSON that is read as text.
#[derive(Debug)]
pub struct JsonText;

impl ContentType for JsonText {
    const CONTENT_TYPE: &'static str = "application/json";
}

impl FormatType for JsonText {
    const FORMAT_TYPE: Format = Format::Text;
}

impl<T: Serialize> Encodes<T> for JsonText {
    type Error = serde_json::Error;

    fn encode(output: &T) -> Result<Bytes, Self::Error> {
        serde_json::to_string(output).map(Bytes::from)
    }
}

impl<T: DeserializeOwned> Decodes<T> for JsonText {
    type Error = serde_json::Error;

    fn decode(bytes: Bytes) -> Result<T, Self::Error> {
        serde_json::from_str(std::str::from_utf8(&bytes).map_err(serde_json::Error::custom)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_and_anything_else_is_an_error() {
        let bytes = JsonText::encode(&vec!["a", "ü"]).unwrap();
        assert_eq!(&bytes[..], "[\"a\",\"ü\"]".as_bytes());
        let read = |bytes: Bytes| <JsonText as Decodes<Vec<String>>>::decode(bytes);
        assert_eq!(read(bytes).unwrap(), ["a", "ü"]);
        for odd in [&b"[\"\xff\"]"[..], b"[", b"{}"] {
            assert!(read(Bytes::from_static(odd)).is_err(), "{odd:?}");
        }
    }
}
