//! How what a page reads is written: by position, without names.
//!
//! Program and page are of one build, so names would only be said twice. What reads a type by its names was the largest
//! part of the page's program after leptos itself. The form is [postcard's](https://postcard.jamesmunns.com/wire-format).
//! For people, and for whoever else asks, the same answers are JSON.

use bytes::Bytes;
use leptos::prelude::Resource;
use leptos::server::codee::{Decoder, Encoder};
use leptos::server_fn::codec::Post;
use leptos::server_fn::{ContentType, Decodes, Encodes, Format, FormatType};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The `Accept` header of who reads the positional form.
pub const POSITIONAL: &str = "application/octet-stream";

/// The positional form in an answer's body.
pub type Compact = Post<Positional>;

/// A resource that travels within the page in the positional form.
pub(crate) type Carried<T> = Resource<T, Positional>;

/// A resource that is asked for once, before the page is sent, and travels within it.
pub(crate) fn carried<T, F>(ask: impl Fn() -> F + Send + Sync + 'static) -> Carried<T>
where
    T: Serialize + DeserializeOwned + Send + Sync + 'static,
    F: Future<Output = T> + Send + 'static,
{
    Resource::new_with_options(|| (), move |()| ask(), true)
}

/// Values by position.
#[derive(Debug)]
pub struct Positional;

/// Says, as a context of the call, that an answer is to be JSON.
#[cfg(feature = "ssr")]
#[derive(Clone, Copy, Debug)]
pub struct InJson;

impl ContentType for Positional {
    const CONTENT_TYPE: &'static str = POSITIONAL;
}

impl FormatType for Positional {
    const FORMAT_TYPE: Format = Format::Binary;
}

impl<T: Serialize> Encodes<T> for Positional {
    type Error = postcard::Error;

    fn encode(output: &T) -> Result<Bytes, Self::Error> {
        #[cfg(feature = "ssr")]
        if leptos::prelude::use_context::<InJson>().is_some() {
            // Every answer is made of strings, numbers and lists: JSON can hold them.
            return serde_json::to_vec(output).map(Bytes::from).map_err(|_| postcard::Error::SerdeSerCustom);
        }
        write(output).map(Bytes::from)
    }
}

impl<T: DeserializeOwned> Decodes<T> for Positional {
    type Error = postcard::Error;

    fn decode(bytes: Bytes) -> Result<T, Self::Error> {
        read(&bytes)
    }
}

impl<T: Serialize> Encoder<T> for Positional {
    type Error = postcard::Error;
    type Encoded = Vec<u8>;

    fn encode(value: &T) -> Result<Self::Encoded, Self::Error> {
        write(value)
    }
}

impl<T: DeserializeOwned> Decoder<T> for Positional {
    type Error = postcard::Error;
    type Encoded = [u8];

    fn decode(bytes: &Self::Encoded) -> Result<T, Self::Error> {
        read(bytes)
    }
}

fn write<T: Serialize>(value: &T) -> Result<Vec<u8>, postcard::Error> {
    postcard::to_allocvec(value)
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, postcard::Error> {
    match postcard::take_from_bytes(bytes)? {
        (value, []) => Ok(value),
        // Something else was written than what is read.
        _ => Err(postcard::Error::DeserializeBadEncoding),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_and_anything_else_is_an_error() {
        let bytes = <Positional as Encodes<_>>::encode(&vec!["a", "ü"]).unwrap();
        let decode =
            |bytes: &[u8]| <Positional as Decodes<Vec<String>>>::decode(Bytes::copy_from_slice(bytes));
        assert_eq!(decode(&bytes).unwrap(), ["a", "ü"]);
        assert_eq!(<Positional as Encoder<_>>::encode(&vec!["a", "ü"]).unwrap(), bytes);
        assert_eq!(<Positional as Decoder<Vec<String>>>::decode(&bytes).unwrap(), ["a", "ü"]);
        let more = [&bytes[..], &[0]].concat();
        for odd in [&bytes[..3], &more, &[1, 1, 0xff], &[], &[0xff, 0xff, 0xff, 0xff, 0x0f]] {
            assert!(decode(odd).is_err(), "{odd:?}");
        }
    }

    #[cfg(feature = "ssr")]
    #[test]
    fn whoever_asks_for_json_gets_it() {
        leptos::prelude::Owner::new().with(|| {
            leptos::prelude::provide_context(InJson);
            let bytes = <Positional as Encodes<_>>::encode(&vec![Some(1.5), None]).unwrap();
            assert_eq!(&bytes[..], b"[1.5,null]");
        });
    }
}
