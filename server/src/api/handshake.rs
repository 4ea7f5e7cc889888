//! Opening handshake of a WebSocket (RFC 6455, section 4.2): what axum does not check, and the headers of a refusal.

use crate::http::ApiError;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::http::header::{ALLOW, CONNECTION, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};

/// Methods of a WebSocket route: a HEAD request cannot open a connection.
pub(crate) const ALLOWED_METHODS: HeaderValue = HeaderValue::from_static("GET");

/// Decoded length of `Sec-WebSocket-Key` in bytes.
const KEY_BYTES: usize = 16;
/// Clients choose random characters, so that the unused bits of the last one may be set.
const BASE64: GeneralPurpose =
    GeneralPurpose::new(&STANDARD, GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true));

/// Checks `Sec-WebSocket-Key`: once, 16 bytes in base64.
///
/// # Errors
/// 400 with the accepted form.
pub(crate) fn check_key(headers: &HeaderMap) -> Result<(), ApiError> {
    let mut keys = headers.get_all(SEC_WEBSOCKET_KEY).iter();
    let is_valid = |key: &HeaderValue| BASE64.decode(key).is_ok_and(|bytes| bytes.len() == KEY_BYTES);
    if keys.next().is_some_and(is_valid) && keys.next().is_none() {
        return Ok(());
    }
    let message = "Sec-WebSocket-Key must be sent once, and be 16 bytes in base64".to_owned();
    Err(ApiError::new(StatusCode::BAD_REQUEST, "not_a_websocket", message))
}

/// Refusal of a request that is not an opening handshake of version 13. The status 426 has the headers of a valid one (RFC
/// 9110, section 15.5.22), the status 405 the allowed method.
pub(crate) fn refusal(rejection: &WebSocketUpgradeRejection) -> Response {
    use WebSocketUpgradeRejection as Rejection;
    if matches!(rejection, Rejection::MethodNotGet(_)) {
        let mut response = ApiError::method_not_allowed().into_response();
        response.headers_mut().insert(ALLOW, ALLOWED_METHODS);
        return response;
    }
    let needs_upgrade = matches!(
        rejection,
        Rejection::InvalidConnectionHeader(_)
            | Rejection::InvalidUpgradeHeader(_)
            | Rejection::InvalidWebSocketVersionHeader(_)
    );
    let status = if needs_upgrade { StatusCode::UPGRADE_REQUIRED } else { rejection.status() };
    let message = format!("WebSocket upgrade required: {}", rejection.body_text());
    let mut response = ApiError::new(status, "not_a_websocket", message).into_response();
    if needs_upgrade {
        let headers = response.headers_mut();
        headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
        headers.insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_is_sixteen_bytes_in_base64() {
        for (keys, is_valid) in [
            (&["dGhlIHNhbXBsZSBub25jZQ=="][..], true),
            // Unused bits of the last character are set.
            (&["AAAAAAAAAAAAAAAAAAAAAB=="], true),
            (&[], false),
            (&[""], false),
            (&["x"], false),
            (&["dGhlIHNhbXBsZSBub25jZQ"], false),
            // 13 and 17 bytes.
            (&["SGVsbG8sIHdvcmxkIQ=="], false),
            (&["AAAAAAAAAAAAAAAAAAAAAAA="], false),
            (&["dGhlIHNhbXBsZSBub25j_Q=="], false),
            (&["dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZQ=="], false),
        ] {
            let mut headers = HeaderMap::new();
            for key in keys {
                headers.append(SEC_WEBSOCKET_KEY, HeaderValue::from_static(key));
            }
            assert_eq!(check_key(&headers).is_ok(), is_valid, "{keys:?}");
        }
    }
}
