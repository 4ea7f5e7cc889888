//! POST requests of the channels.

mod endpoint;
mod response;
mod url_secrets;

pub(crate) use endpoint::{Endpoint, PlaintextHosts, check_url};
pub(crate) use url_secrets::{UrlKind, url_secrets};

use crate::{SendError, secrets::Secrets};
use ::http::header::{CONTENT_TYPE, HeaderName, HeaderValue, USER_AGENT};
use std::time::Duration;
use watchglass_http_client::{Bytes, Delivery, Error, Limits};
use watchglass_model::Timestamp;

const USER_AGENT_VALUE: HeaderValue =
    HeaderValue::from_static(concat!("watchglass/", env!("CARGO_PKG_VERSION")));

/// Limits of requests to servers that do not recognise a repeated message. A kept connection may be closed by the server
/// at the moment of a send, and the repetition may be a duplicate: each message has a new connection.
pub(crate) const NEW_CONNECTIONS: Limits = Limits { idle: Duration::ZERO, ..Limits::DEFAULT };

/// POST request.
pub(crate) struct Request<'a> {
    pub(crate) content_type: &'static str,
    /// Names and values of extra headers. They must not contain control characters.
    pub(crate) headers: &'a [(&'static str, &'a str)],
    pub(crate) body: Vec<u8>,
    pub(crate) responses: Responses,
}

/// What is special about the responses of an API.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Responses {
    /// [JSON pointer](https://www.rfc-editor.org/rfc/rfc6901) to the seconds until the next request, in the body of an
    /// error. It counts if there is no `Retry-After`.
    pub(crate) retry_after: Option<&'static str>,
    /// Start of the body of a response with status 200 that is a failure.
    pub(crate) failure: Option<&'static str>,
}

impl Request<'static> {
    /// JSON body without further headers.
    pub(crate) fn json(body: &serde_json::Value) -> Self {
        Self {
            content_type: "application/json",
            headers: &[],
            body: body.to_string().into_bytes(),
            responses: Responses::default(),
        }
    }
}

/// Sends a POST request.
///
/// # Errors
/// There was no response in time, or its status is not 2xx. `secrets` and the secret parts of the URL are redacted from
/// the response's body.
pub(crate) async fn post(
    endpoint: &Endpoint,
    request: Request<'_>,
    secrets: &Secrets,
    now: Timestamp,
) -> Result<(), SendError> {
    let host = endpoint.display_host();
    let secrets = &secrets.with(endpoint.secrets());
    let mut post = ::http::Request::post(endpoint.url())
        .header(USER_AGENT, USER_AGENT_VALUE)
        .header(CONTENT_TYPE, request.content_type);
    for &(name, value) in request.headers {
        let value = HeaderValue::from_bytes(value.as_bytes());
        let value =
            value.map_err(|_| SendError::permanent(format!("the header {name} has control characters")))?;
        post = post.header(HeaderName::from_static(name), value);
    }
    let post = post.body(Bytes::from(request.body));
    let post = post.map_err(|error| SendError::permanent(format!("cannot build the request: {error}")))?;
    match endpoint.client().send(post).await {
        Ok(response) => response::classify(&response, request.responses, host, secrets, now),
        Err(error) => Err(SendError::temporary(secrets.redact(&reason(host, &error)))),
    }
}

fn reason(host: &str, error: &Error) -> String {
    match error {
        Error::InvalidUrl(problem) => format!("invalid URL of {host}: {problem}"),
        Error::Connect { reason } => format!("cannot connect to {host}: {reason}"),
        Error::Timeout { after, .. } => format!("no response from {host} within {} s", after.as_secs_f64()),
        Error::NotHttp { reason, .. } => format!("{host} sent an invalid HTTP/1.1 response: {reason}"),
        Error::Send { reason, delivery: Delivery::Incomplete } => format!("cannot send to {host}: {reason}"),
        Error::Send { reason, delivery: Delivery::Uncertain } => format!("no response from {host}: {reason}"),
    }
}

/// Fuzzing entry point.
#[cfg(feature = "fuzzing")]
pub(crate) mod fuzzing {
    use super::{Secrets, Timestamp, response::classify};
    use ::http::{HeaderMap, HeaderValue, StatusCode};
    use watchglass_http_client::Response;

    /// Classifies a response: its `Retry-After` header is the first line, its body the rest.
    pub(crate) fn response(bytes: &[u8], now: Timestamp) {
        let mut lines = bytes.splitn(2, |byte| *byte == b'\n');
        let Ok(retry_after) = HeaderValue::from_bytes(lines.next().unwrap_or_default()) else { return };
        let headers = HeaderMap::from_iter([(::http::header::RETRY_AFTER, retry_after)]);
        let body = lines.next().unwrap_or_default().to_vec();
        let response =
            Response { status: StatusCode::SERVICE_UNAVAILABLE, headers, body, is_truncated: false };
        let responses = super::Responses { retry_after: Some("/parameters/retry_after"), failure: None };
        let _ = classify(&response, responses, "example.com", &Secrets::of(["sesame"]), now);
    }
}
