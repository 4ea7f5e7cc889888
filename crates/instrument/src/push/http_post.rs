//! HTTP request for one report, and what its result says about the report.

use super::{Destination, StartError};
use http::header::{AUTHORIZATION, CONTENT_TYPE, USER_AGENT};
use http::{HeaderValue, Request};
use std::time::Duration;
use watchglass_http_client::{Bytes, Client, Delivery, Error, Limits, Proxies, Response};

/// Reports are small and frequent: a connection serves many.
const LIMITS: Limits = Limits {
    connect: Duration::from_secs(2),
    total: Duration::from_secs(5),
    body: Duration::from_secs(1),
    ..Limits::DEFAULT
};
/// Maximum length of a server message, in characters.
const MAX_MESSAGE_CHARS: usize = 300;

const USER_AGENT_VALUE: HeaderValue =
    HeaderValue::from_static(concat!("watchglass-instrument/", env!("CARGO_PKG_VERSION")));

/// Outcome of a report.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The server accepted the report.
    Accepted,
    /// The server did not accept the report, and why.
    Rejected(String),
    /// The report may have been sent completely, but the response is missing or invalid.
    Unknown(String),
}

/// Client for a destination, with the proxy of the environment.
///
/// # Errors
/// The destination is `https://`, and no CA certificates were found.
pub(crate) fn client(destination: &Destination) -> Result<Client, StartError> {
    let client = Client::new(LIMITS, Proxies::from_env());
    #[cfg(feature = "tls")]
    if destination.is_tls() {
        return client.with_system_tls().map_err(|error| StartError::Certificates(error.to_string()));
    }
    // Not used without the feature.
    let _ = destination;
    Ok(client)
}

/// Sends a report and waits for the response: 6 s at most.
pub(crate) async fn post(client: &Client, destination: &Destination, body: String) -> Outcome {
    let mut request = Request::post(destination.url())
        .header(CONTENT_TYPE, "application/json")
        .header(USER_AGENT, USER_AGENT_VALUE);
    if let Some(authorization) = destination.authorization() {
        request = request.header(AUTHORIZATION, authorization);
    }
    let request = match request.body(Bytes::from(body)) {
        Ok(request) => request,
        Err(error) => return Outcome::Rejected(format!("cannot build the request: {error}")),
    };
    match client.send(request).await {
        Ok(response) => match rejection(&response) {
            None => Outcome::Accepted,
            Some(message) => Outcome::Rejected(format!("{destination} rejected the report: {message}")),
        },
        Err(error) => {
            let problem = match &error {
                Error::Connect { reason } => format!("cannot connect to {destination}: {reason}"),
                error => format!("cannot report to {destination}: {error}"),
            };
            // The server ignores an incomplete body.
            match error.delivery() {
                Delivery::Incomplete => Outcome::Rejected(problem),
                Delivery::Uncertain => Outcome::Unknown(problem),
            }
        }
    }
}

/// The error message and status of a response; `None` for a success.
fn rejection(response: &Response) -> Option<String> {
    let status = response.status;
    if status.is_success() {
        return None;
    }
    if status.is_redirection() {
        return Some(format!("status {}: redirects are not followed", status.as_u16()));
    }
    let message = serde_json::from_slice::<serde_json::Value>(&response.body)
        .ok()
        .and_then(|body| Some(body.pointer("/error/message")?.as_str()?.to_owned()))
        .unwrap_or_default();
    let message: String =
        message.chars().filter(|character| !character.is_control()).take(MAX_MESSAGE_CHARS).collect();
    Some(if message.is_empty() {
        format!("status {}", status.as_u16())
    } else {
        format!("{message} (status {})", status.as_u16())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderMap, StatusCode};

    #[test]
    fn responses_are_classified() {
        for (status, body, expected) in [
            (200, "", None),
            (204, "{\"error\":{\"message\":\"no\"}}", None),
            (308, "", Some("status 308: redirects are not followed")),
            (503, "<html>", Some("status 503")),
            (429, "{\"error\":{\"message\":\"enough\"}}", Some("enough (status 429)")),
            (400, "{\"error\":{\"message\":\"too\\nlong\"}}", Some("toolong (status 400)")),
        ] {
            let response = Response {
                status: StatusCode::from_u16(status).unwrap(),
                headers: HeaderMap::new(),
                body: body.into(),
                is_truncated: false,
            };
            assert_eq!(rejection(&response).as_deref(), expected, "{status} {body}");
        }
    }
}
