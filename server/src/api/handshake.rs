//! Opening handshake of a WebSocket (RFC 6455, section 4.2).

use crate::http::ApiError;
use axum::http::header::{
    ALLOW, CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL,
    SEC_WEBSOCKET_VERSION, UPGRADE,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};
use ring::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY};
use watchglass_live::Protocol;

/// Methods of a WebSocket route: a HEAD request cannot open a connection.
pub(crate) const ALLOWED_METHODS: HeaderValue = HeaderValue::from_static("GET");

/// The only version of the protocol.
const VERSION: HeaderValue = HeaderValue::from_static("13");
/// Appended to the key before it is hashed.
const ACCEPT_SUFFIX: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
/// Decoded length of `Sec-WebSocket-Key` in bytes.
const KEY_BYTES: usize = 16;
/// Clients choose random characters, so that the unused bits of the last one may be set.
const BASE64: GeneralPurpose =
    GeneralPurpose::new(&STANDARD, GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true));

/// A valid request for a live connection.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Handshake {
    /// Encoding of the messages.
    pub(crate) protocol: Protocol,
    /// Whether the client asked for it by name, so that the response must have the name.
    is_protocol_named: bool,
    accept: HeaderValue,
}

/// Why a request opens no live connection.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// Another method than GET.
    Method,
    /// No request for an upgrade to version 13 of the protocol: what is missing.
    NoUpgrade(&'static str),
    /// An upgrade with an invalid header.
    Invalid(ApiError),
}

impl IntoResponse for Refusal {
    /// 405 has the allowed method, 426 the headers of a valid upgrade (RFC 9110, sections 15.5.6 and 15.5.22).
    fn into_response(self) -> Response {
        match self {
            Self::Method => {
                let mut response = ApiError::method_not_allowed().into_response();
                response.headers_mut().insert(ALLOW, ALLOWED_METHODS);
                response
            }
            Self::NoUpgrade(reason) => {
                let message = format!("WebSocket upgrade required: {reason}");
                let error = ApiError::new(StatusCode::UPGRADE_REQUIRED, "not_a_websocket", message);
                let mut response = error.into_response();
                insert_upgrade(response.headers_mut());
                response.headers_mut().insert(SEC_WEBSOCKET_VERSION, VERSION);
                response
            }
            Self::Invalid(error) => error.into_response(),
        }
    }
}

impl Handshake {
    /// Checks a request. `can_upgrade` is whether the connection below can change its protocol.
    ///
    /// # Errors
    /// See [`Refusal`].
    pub(crate) fn check(method: &Method, headers: &HeaderMap, can_upgrade: bool) -> Result<Self, Refusal> {
        if method != Method::GET {
            return Err(Refusal::Method);
        }
        check_upgrade(headers, can_upgrade).map_err(Refusal::NoUpgrade)?;
        let accept = accept(headers).map_err(Refusal::Invalid)?;
        let named = subprotocol(headers).map_err(Refusal::Invalid)?;
        Ok(Self { protocol: named.unwrap_or(Protocol::Json), is_protocol_named: named.is_some(), accept })
    }

    /// The response with the status 101.
    pub(crate) fn response(self) -> Response {
        let mut response = StatusCode::SWITCHING_PROTOCOLS.into_response();
        insert_upgrade(response.headers_mut());
        response.headers_mut().insert(SEC_WEBSOCKET_ACCEPT, self.accept);
        if self.is_protocol_named {
            let name = HeaderValue::from_static(self.protocol.name());
            response.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, name);
        }
        response
    }
}

fn insert_upgrade(headers: &mut HeaderMap) {
    headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
}

fn check_upgrade(headers: &HeaderMap, can_upgrade: bool) -> Result<(), &'static str> {
    if !has_token(headers, CONNECTION, "upgrade") {
        return Err("the Connection header must have \"upgrade\"");
    }
    if !has_token(headers, UPGRADE, "websocket") {
        return Err("the Upgrade header must be \"websocket\"");
    }
    if headers.get(SEC_WEBSOCKET_VERSION) != Some(&VERSION) {
        return Err("Sec-WebSocket-Version must be 13");
    }
    if !can_upgrade {
        return Err("the request must use HTTP/1.1");
    }
    Ok(())
}

/// Items of all headers of a name, which are lists separated by commas.
fn items(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    let texts = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    texts.flat_map(|text| text.split(',')).map(str::trim)
}

fn has_token(headers: &HeaderMap, name: HeaderName, token: &str) -> bool {
    items(headers, name).any(|item| item.eq_ignore_ascii_case(token))
}

/// `Sec-WebSocket-Accept` for the key, which must be sent once and be 16 bytes in base64.
fn accept(headers: &HeaderMap) -> Result<HeaderValue, ApiError> {
    let mut keys = headers.get_all(SEC_WEBSOCKET_KEY).iter();
    let is_valid = |key: &&HeaderValue| BASE64.decode(key).is_ok_and(|bytes| bytes.len() == KEY_BYTES);
    let accept = keys.next().filter(is_valid).and_then(|key| {
        let mut digest = Context::new(&SHA1_FOR_LEGACY_USE_ONLY);
        digest.update(key.as_bytes());
        digest.update(ACCEPT_SUFFIX);
        HeaderValue::try_from(BASE64.encode(digest.finish())).ok()
    });
    accept.filter(|_| keys.next().is_none()).ok_or_else(|| {
        let message = "Sec-WebSocket-Key must be sent once, and be 16 bytes in base64".to_owned();
        ApiError::new(StatusCode::BAD_REQUEST, "not_a_websocket", message)
    })
}

/// The first subprotocol of the client that this server has; none if the client names none.
fn subprotocol(headers: &HeaderMap) -> Result<Option<Protocol>, ApiError> {
    if !headers.contains_key(SEC_WEBSOCKET_PROTOCOL) {
        return Ok(None);
    }
    items(headers, SEC_WEBSOCKET_PROTOCOL).find_map(Protocol::from_name).map(Some).ok_or_else(|| {
        let names = Protocol::ALL.map(Protocol::name).join(", ");
        let message = format!("The subprotocol must be one of {names}");
        ApiError::new(StatusCode::BAD_REQUEST, "unknown_subprotocol", message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 6455, section 1.3.
    const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn accept_is_computed_from_a_key_of_sixteen_bytes() {
        for (keys, expected) in [
            (&[KEY][..], Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")),
            // Unused bits of the last character are set.
            (&["AAAAAAAAAAAAAAAAAAAAAB=="], Some("NRJrplgTSmBqvVaQhF+6peBS1S8=")),
            (&[], None),
            (&[""], None),
            (&["x"], None),
            (&["dGhlIHNhbXBsZSBub25jZQ"], None),
            // 13 and 17 bytes.
            (&["SGVsbG8sIHdvcmxkIQ=="], None),
            (&["AAAAAAAAAAAAAAAAAAAAAAA="], None),
            (&["dGhlIHNhbXBsZSBub25j_Q=="], None),
            (&[KEY, KEY], None),
        ] {
            let mut headers = HeaderMap::new();
            for key in keys {
                headers.append(SEC_WEBSOCKET_KEY, HeaderValue::from_static(key));
            }
            let accept = accept(&headers).ok();
            assert_eq!(accept.as_ref().map(|value| value.to_str().unwrap()), expected, "{keys:?}");
        }
    }

    #[test]
    fn header_lists_and_case_are_accepted() {
        let lists = [
            ("connection", "keep-alive, UPGRADE"),
            ("upgrade", "h2c"),
            ("upgrade", "WebSocket"),
            ("sec-websocket-version", "13"),
            ("sec-websocket-key", KEY),
            ("sec-websocket-protocol", "chat"),
            ("sec-websocket-protocol", "other, watchglass.binary.v1"),
        ];
        let mut all = HeaderMap::new();
        for (name, value) in lists {
            all.append(name, HeaderValue::from_static(value));
        }
        let handshake = Handshake::check(&Method::GET, &all, true).unwrap();
        assert_eq!(handshake.protocol, Protocol::Binary);
        let response = handshake.response();
        assert_eq!(response.status(), StatusCode::SWITCHING_PROTOCOLS);
        assert_eq!(response.headers()[SEC_WEBSOCKET_PROTOCOL], "watchglass.binary.v1");
        assert_eq!(response.headers()[CONNECTION], "upgrade");

        let error = Handshake::check(&Method::GET, &all, false).unwrap_err();
        assert!(matches!(error, Refusal::NoUpgrade("the request must use HTTP/1.1")), "{error:?}");
    }

    #[test]
    fn no_subprotocol_is_json_and_not_named_in_the_response() {
        let plain = headers(&[
            ("connection", "upgrade"),
            ("upgrade", "websocket"),
            ("sec-websocket-version", "13"),
            ("sec-websocket-key", KEY),
        ]);
        let handshake = Handshake::check(&Method::GET, &plain, true).unwrap();
        assert_eq!(handshake.protocol, Protocol::Json);
        assert!(!handshake.response().headers().contains_key(SEC_WEBSOCKET_PROTOCOL));
    }
}
