//! Result of a send, from the response.

use super::Responses;
use crate::{MAX_RETRY_AFTER, SendError, secrets::Secrets};
use std::time::{Duration, UNIX_EPOCH};
use watchglass_http_client::Response;
use watchglass_model::Timestamp;

/// Classifies a response of `host`. `secrets` are redacted from its body.
///
/// # Errors
/// The status is not 2xx.
pub(super) fn classify(
    response: &Response,
    responses: Responses,
    host: &str,
    secrets: &Secrets,
    now: Timestamp,
) -> Result<(), SendError> {
    let status = response.status.as_u16();
    let excerpt = secrets.redact(&String::from_utf8_lossy(&response.body));
    let excerpt = if excerpt.is_empty() { String::new() } else { format!(": {excerpt}") };
    let reason = format!("{host} responded with status {status}{excerpt}");
    let is_failure = |start: &str| response.body.starts_with(start.as_bytes());
    match status {
        200 if responses.failure.is_some_and(is_failure) => {
            Err(SendError::temporary(format!("{host} reports a failure{excerpt}")))
        }
        200..=299 => Ok(()),
        300..=399 => Err(SendError::permanent(format!(
            "{host} responded with a redirect (status {status}), which is not followed: configure the final URL"
        ))),
        // 408: too slow; 425: too early; 429: too many. Retrying any other 4xx gives the same result.
        408 | 425 | 429 | 500.. => {
            let retry_after = response.retry_after().and_then(|text| retry_delay(text, now));
            let in_body = || delay_in_body(&response.body, responses.retry_after?);
            let retry_after = retry_after.or_else(in_body);
            Err(SendError::Temporary { reason, retry_after })
        }
        _ => Err(SendError::permanent(reason)),
    }
}

/// Delay of a `Retry-After` header ([RFC 9110, 10.2.3](https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3)): seconds,
/// or a date.
fn retry_delay(text: &str, now: Timestamp) -> Option<Duration> {
    let wait = match text.parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let now = UNIX_EPOCH + Duration::from_millis(now.millis().max(0).unsigned_abs());
            httpdate::parse_http_date(text).ok()?.duration_since(now).unwrap_or_default()
        }
    };
    Some(wait.min(MAX_RETRY_AFTER))
}

/// Delay in the body of an error, in seconds; rounded up.
fn delay_in_body(body: &[u8], pointer: &str) -> Option<Duration> {
    let body: serde_json::Value = serde_json::from_slice(body).ok()?;
    let seconds = body.pointer(pointer)?.as_f64()?.ceil();
    let seconds = seconds.clamp(0.0, MAX_RETRY_AFTER.as_secs_f64());
    Some(Duration::from_secs_f64(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::http::{HeaderMap, StatusCode};
    use proptest::prelude::*;

    const NOW: Timestamp = Timestamp::from_millis(784_111_777_000);

    fn classify(status: u16, retry_after: Option<&str>, body: &[u8]) -> Result<(), SendError> {
        let value = |text: &str| ("retry-after".parse().unwrap(), text.parse().unwrap());
        let headers: HeaderMap = retry_after.map(value).into_iter().collect();
        let status = StatusCode::from_u16(status).unwrap();
        let response = Response { status, headers, body: body.to_vec(), is_truncated: false };
        super::classify(&response, Responses::default(), "host", &Secrets::of(["s3cret"]), NOW)
    }

    #[test]
    fn status_decides_about_retries() {
        let temporary = |reason: &str, seconds: Option<u64>| {
            let retry_after = seconds.map(Duration::from_secs);
            Err(SendError::Temporary { reason: reason.to_owned(), retry_after })
        };
        for (status, retry_after, body, expected) in [
            (200, None, "ok", Ok(())),
            (204, None, "", Ok(())),
            (500, None, "bad s3cret\nday", temporary("host responded with status 500: bad … day", None)),
            (429, Some("7"), "slow", temporary("host responded with status 429: slow", Some(7))),
            (
                503,
                Some("Sun, 06 Nov 1994 08:49:47 GMT"),
                "",
                temporary("host responded with status 503", Some(10)),
            ),
            (
                503,
                Some("Sat, 06 Nov 1993 08:49:47 GMT"),
                "",
                temporary("host responded with status 503", Some(0)),
            ),
            (503, Some("99999999"), "", temporary("host responded with status 503", Some(3600))),
            (503, Some("soon"), "", temporary("host responded with status 503", None)),
            (408, None, "", temporary("host responded with status 408", None)),
            (
                404,
                Some("7"),
                "no_service",
                Err(SendError::permanent("host responded with status 404: no_service")),
            ),
        ] {
            assert_eq!(classify(status, retry_after, body.as_bytes()), expected, "{status} {body}");
        }
        let redirect = classify(302, None, b"http://evil").unwrap_err().to_string();
        assert!(redirect.contains("not followed") && !redirect.contains("evil"), "{redirect}");
    }

    #[test]
    fn delay_and_failure_can_be_in_the_body() {
        let responses = Responses { retry_after: Some("/parameters/retry_after"), failure: Some("Webhook") };
        let classify = |status: u16, body: &str| {
            let status = StatusCode::from_u16(status).unwrap();
            let headers = HeaderMap::new();
            let response = Response { status, headers, body: body.into(), is_truncated: false };
            super::classify(&response, responses, "host", &Secrets::default(), NOW)
        };
        for (body, expected) in [
            (r#"{"parameters":{"retry_after":7.2}}"#, Some(8)),
            (r#"{"parameters":{"retry_after":1e300}}"#, Some(3600)),
            (r#"{"parameters":{"retry_after":-1}}"#, Some(0)),
            (r#"{"parameters":{"retry_after":"7"}}"#, None),
            ("{", None),
        ] {
            let Err(SendError::Temporary { retry_after, .. }) = classify(429, body) else { panic!("{body}") };
            assert_eq!(retry_after, expected.map(Duration::from_secs), "{body}");
        }
        assert_eq!(classify(202, "Webhook"), Ok(()));
        let failed = classify(200, "Webhook message delivery failed").unwrap_err().to_string();
        assert_eq!(failed, "host reports a failure: Webhook message delivery failed");
    }

    proptest! {
        #[test]
        fn no_response_panics(
            status in 100_u16..1000, body in prop::collection::vec(any::<u8>(), 0..200), text in "[ -~]{0,40}",
        ) {
            let _ = classify(status, Some(&text), &body);
            let _ = retry_delay(&text, NOW);
        }
    }
}
