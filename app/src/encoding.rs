//! Encoding of server function replies: [postcard](https://postcard.jamesmunns.com/wire-format), fields by position.
//!
//! Server and page are of the same build, so field names carry no information. Deserializers by field name were the largest
//! part of the wasm bundle after Leptos itself. Other clients can ask for the same replies as JSON.

use bytes::Bytes;
use leptos::prelude::Resource;
use leptos::server::codee::{Decoder, Encoder};
use leptos::server_fn::codec::Post;
use leptos::server_fn::{ContentType, Decodes, Encodes, Format, FormatType};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// `Accept` header of clients that read postcard.
pub const POSTCARD_MIME_TYPE: &str = "application/octet-stream";

/// Postcard in a response body.
pub type PostcardBody = Post<Postcard>;

/// A resource that is embedded in the page as postcard.
pub(crate) type EmbeddedResource<T> = Resource<T, Postcard>;

/// A resource that is fetched once, before the page is sent, and embedded in it.
pub(crate) fn embedded_resource<T, F>(fetch: impl Fn() -> F + Send + Sync + 'static) -> EmbeddedResource<T>
where
    T: Serialize + DeserializeOwned + Send + Sync + 'static,
    F: Future<Output = T> + Send + 'static,
{
    Resource::new_with_options(|| (), move |()| fetch(), true)
}

/// Postcard codec of server functions and resources.
#[derive(Debug)]
pub struct Postcard;

/// Context of a server function call: reply in JSON.
#[cfg(feature = "ssr")]
#[derive(Clone, Copy, Debug)]
pub struct JsonReply;

impl ContentType for Postcard {
    const CONTENT_TYPE: &'static str = POSTCARD_MIME_TYPE;
}

impl FormatType for Postcard {
    const FORMAT_TYPE: Format = Format::Binary;
}

impl<T: Serialize> Encodes<T> for Postcard {
    type Error = postcard::Error;

    fn encode(output: &T) -> Result<Bytes, Self::Error> {
        #[cfg(feature = "ssr")]
        if leptos::prelude::use_context::<JsonReply>().is_some() {
            // Every reply consists of strings, numbers and lists, which JSON can hold.
            return serde_json::to_vec(output).map(Bytes::from).map_err(|_| postcard::Error::SerdeSerCustom);
        }
        write(output).map(Bytes::from)
    }
}

impl<T: DeserializeOwned> Decodes<T> for Postcard {
    type Error = postcard::Error;

    fn decode(bytes: Bytes) -> Result<T, Self::Error> {
        read(&bytes)
    }
}

impl<T: Serialize> Encoder<T> for Postcard {
    type Error = postcard::Error;
    type Encoded = Vec<u8>;

    fn encode(value: &T) -> Result<Self::Encoded, Self::Error> {
        write(value)
    }
}

impl<T: DeserializeOwned> Decoder<T> for Postcard {
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
        // Bytes of another type.
        _ => Err(postcard::Error::DeserializeBadEncoding),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_round_trip_and_invalid_bytes_are_errors() {
        let bytes = <Postcard as Encodes<_>>::encode(&vec!["a", "ü"]).unwrap();
        let decode = |bytes: &[u8]| <Postcard as Decodes<Vec<String>>>::decode(Bytes::copy_from_slice(bytes));
        assert_eq!(decode(&bytes).unwrap(), ["a", "ü"]);
        assert_eq!(<Postcard as Encoder<_>>::encode(&vec!["a", "ü"]).unwrap(), bytes);
        assert_eq!(<Postcard as Decoder<Vec<String>>>::decode(&bytes).unwrap(), ["a", "ü"]);
        let more = [&bytes[..], &[0]].concat();
        for odd in [&bytes[..3], &more, &[1, 1, 0xff], &[], &[0xff, 0xff, 0xff, 0xff, 0x0f]] {
            assert!(decode(odd).is_err(), "{odd:?}");
        }
    }

    #[cfg(feature = "ssr")]
    #[test]
    fn json_reply_on_request() {
        leptos::prelude::Owner::new().with(|| {
            leptos::prelude::provide_context(JsonReply);
            let bytes = <Postcard as Encodes<_>>::encode(&vec![Some(1.5), None]).unwrap();
            assert_eq!(&bytes[..], b"[1.5,null]");
        });
    }
}
