//! HTTP response: parsing and classification.

use crate::{MAX_RETRY_AFTER, SendError, secrets::Secrets};
use httparse::{EMPTY_HEADER, Status};
use std::time::{Duration, UNIX_EPOCH};
use watchglass_model::Timestamp;

/// Maximum headers of a response.
const MAX_HEADERS: usize = 100;

/// Parsed response.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Response {
    status: u16,
    retry_after: Option<String>,
    /// Start of the body.
    body_excerpt: String,
    /// Whether nothing more needs to be read.
    pub(super) is_complete: bool,
}

/// Parses a response; `None` while its head is incomplete.
///
/// # Errors
/// Invalid HTTP.
pub(super) fn parse(mut bytes: &[u8]) -> Result<Option<Response>, String> {
    loop {
        let mut headers = [EMPTY_HEADER; MAX_HEADERS];
        let mut response = httparse::Response::new(&mut headers);
        let head = match response.parse(bytes) {
            Ok(Status::Complete(head)) => head,
            Ok(Status::Partial) => return Ok(None),
            Err(error) => return Err(error.to_string()),
        };
        let body = bytes.get(head..).unwrap_or_default();
        let status = response.code.unwrap_or_default();
        if status / 100 == 1 {
            // Interim response.
            bytes = body;
            continue;
        }
        let header = |name: &str| {
            let header = response.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name))?;
            std::str::from_utf8(header.value).ok().map(str::trim)
        };
        let length = header("content-length").and_then(|length| length.parse::<usize>().ok());
        let is_chunked =
            header("transfer-encoding").is_some_and(|coding| coding.eq_ignore_ascii_case("chunked"));
        let chunk = if is_chunked { first_chunk(body) } else { None };
        let is_whole = chunk.is_some() || length.is_some_and(|length| body.len() >= length);
        let body_excerpt = if is_chunked { chunk.unwrap_or_default() } else { body };
        return Ok(Some(Response {
            status,
            retry_after: header("retry-after").map(str::to_owned),
            body_excerpt: String::from_utf8_lossy(body_excerpt).into_owned(),
            // The body of a success is not needed.
            is_complete: status / 100 == 2 || is_whole,
        }));
    }
}

/// The first chunk of a chunked body; `None` until it is complete.
fn first_chunk(body: &[u8]) -> Option<&[u8]> {
    let Ok(Status::Complete((start, size))) = httparse::parse_chunk_size(body) else { return None };
    body.get(start..start.checked_add(usize::try_from(size).ok()?)?)
}

impl Response {
    /// Result of the send.
    ///
    /// # Errors
    /// The status is not 2xx.
    pub(super) fn classify(self, shown: &str, secrets: &Secrets, now: Timestamp) -> Result<(), SendError> {
        let status = self.status;
        let excerpt = secrets.redact(&self.body_excerpt);
        let excerpt = if excerpt.is_empty() { String::new() } else { format!(": {excerpt}") };
        let reason = format!("{shown} responded with status {status}{excerpt}");
        match status {
            200..=299 => Ok(()),
            300..=399 => Err(SendError::permanent(format!(
                "{shown} responded with a redirect (status {status}), which is not followed: configure the final URL"
            ))),
            // 408: too slow; 425: too early; 429: too many. Retrying any other 4xx gives the same result.
            408 | 425 | 429 | 500.. => {
                let retry_after = self.retry_after.and_then(|text| retry_delay(&text, now));
                Err(SendError::Temporary { reason, retry_after })
            }
            _ => Err(SendError::permanent(reason)),
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: Timestamp = Timestamp::from_millis(784_111_777_000);

    fn classify(response: &str) -> Result<(), SendError> {
        let response = parse(response.as_bytes()).unwrap().unwrap();
        response.classify("host", &Secrets::of(["s3cret"]), NOW)
    }

    #[test]
    fn status_decides_about_retries() {
        let temporary = |reason: &str, seconds: Option<u64>| {
            let retry_after = seconds.map(Duration::from_secs);
            Err(SendError::Temporary { reason: reason.to_owned(), retry_after })
        };
        for (response, expected) in [
            ("HTTP/1.1 200 OK\r\n\r\n", Ok(())),
            ("HTTP/1.1 204 \r\n\r\n", Ok(())),
            ("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 202 Accepted\r\n\r\n", Ok(())),
            (
                "HTTP/1.0 500 no\r\n\r\nbad s3cret\nday",
                temporary("host responded with status 500: bad … day", None),
            ),
            (
                "HTTP/1.1 429 no\r\nretry-after: 7\r\ncontent-length: 4\r\n\r\nslow",
                temporary("host responded with status 429: slow", Some(7)),
            ),
            (
                "HTTP/1.1 503 no\r\nRetry-After: Sun, 06 Nov 1994 08:49:47 GMT\r\n\r\n",
                temporary("host responded with status 503", Some(10)),
            ),
            (
                "HTTP/1.1 503 no\r\nRetry-After: Sat, 06 Nov 1993 08:49:47 GMT\r\n\r\n",
                temporary("host responded with status 503", Some(0)),
            ),
            (
                "HTTP/1.1 503 no\r\nRetry-After: 99999999\r\n\r\n",
                temporary("host responded with status 503", Some(3600)),
            ),
            (
                "HTTP/1.1 503 no\r\nRetry-After: soon\r\n\r\n",
                temporary("host responded with status 503", None),
            ),
            ("HTTP/1.1 408 no\r\n\r\n", temporary("host responded with status 408", None)),
            (
                "HTTP/1.1 404 no\r\ntransfer-encoding: chunked\r\n\r\na\r\nno_service\r\n0\r\n\r\n",
                Err(SendError::permanent("host responded with status 404: no_service")),
            ),
        ] {
            assert_eq!(classify(response), expected, "{response}");
        }
        let redirect =
            classify("HTTP/1.1 302 Found\r\nlocation: http://evil\r\n\r\n").unwrap_err().to_string();
        assert!(redirect.contains("not followed") && !redirect.contains("evil"), "{redirect}");
    }

    #[test]
    fn response_is_read_only_as_far_as_needed() {
        let whole = |text: &str| parse(text.as_bytes()).unwrap().map(|response| response.is_complete);
        assert_eq!(whole("HTTP/1.1 200 O"), None);
        assert_eq!(whole("HTTP/1.1 100 Continue\r\n\r\n"), None);
        assert_eq!(whole("HTTP/1.1 200 OK\r\n\r\n"), Some(true));
        assert_eq!(whole("HTTP/1.1 400 no\r\ncontent-length: 2\r\n\r\na"), Some(false));
        assert_eq!(whole("HTTP/1.1 400 no\r\ncontent-length: 2\r\n\r\nab"), Some(true));
        assert_eq!(whole("HTTP/1.1 400 no\r\ntransfer-encoding: chunked\r\n\r\n3\r\na"), Some(false));
        assert_eq!(whole("HTTP/1.1 400 no\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc"), Some(true));
        assert!(parse(b"SSH-2.0-OpenSSH").is_err());
    }

    proptest! {
        #[test]
        fn no_response_panics(bytes in prop::collection::vec(any::<u8>(), 0..200), text in "[ -~]{0,40}") {
            drop(parse(&bytes));
            let chunked = [b"HTTP/1.1 400 no\r\ntransfer-encoding: chunked\r\n\r\n".as_slice(), &bytes].concat();
            drop(parse(&chunked));
            let _ = retry_delay(&text, NOW);
        }
    }
}
