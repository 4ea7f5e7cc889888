//! The answer to a request: what it means for the message.

use crate::{MOST_RETRY_AFTER, SendError, secrets::Secrets};
use httparse::{EMPTY_HEADER, Status};
use std::time::{Duration, UNIX_EPOCH};
use watchglass_model::Timestamp;

/// More headers than any answer has.
const MOST_HEADERS: usize = 100;

/// An answer, as far as it matters.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answer {
    status: u16,
    retry_after: Option<String>,
    /// What came of the body.
    words: String,
    /// Whether nothing more of it is wanted.
    pub(super) is_whole: bool,
}

/// Reads an answer; `None` when its head is not there yet.
///
/// # Errors
/// It is none.
pub(super) fn parse(mut bytes: &[u8]) -> Result<Option<Answer>, String> {
    loop {
        let mut headers = [EMPTY_HEADER; MOST_HEADERS];
        let mut response = httparse::Response::new(&mut headers);
        let head = match response.parse(bytes) {
            Ok(Status::Complete(head)) => head,
            Ok(Status::Partial) => return Ok(None),
            Err(error) => return Err(error.to_string()),
        };
        let body = bytes.get(head..).unwrap_or_default();
        let status = response.code.unwrap_or_default();
        if status / 100 == 1 {
            // Not the answer yet.
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
        let words = if is_chunked { chunk.unwrap_or_default() } else { body };
        return Ok(Some(Answer {
            status,
            retry_after: header("retry-after").map(str::to_owned),
            words: String::from_utf8_lossy(words).into_owned(),
            // Of an answer of success the words are not asked.
            is_whole: status / 100 == 2 || is_whole,
        }));
    }
}

/// The first chunk of a chunked body: there the words are. `None` until it is there whole.
fn first_chunk(body: &[u8]) -> Option<&[u8]> {
    let Ok(Status::Complete((start, size))) = httparse::parse_chunk_size(body) else { return None };
    body.get(start..start.checked_add(usize::try_from(size).ok()?)?)
}

impl Answer {
    /// What it means for the message.
    ///
    /// # Errors
    /// It is not one of success.
    pub(super) fn judge(self, shown: &str, secrets: &Secrets, now: Timestamp) -> Result<(), SendError> {
        let status = self.status;
        let words = secrets.scrub(&self.words);
        let words = if words.is_empty() { String::new() } else { format!(": {words}") };
        let reason = format!("{shown} answers with status {status}{words}");
        match status {
            200..=299 => Ok(()),
            300..=399 => Err(SendError::permanent(format!(
                "{shown} redirects to another address (status {status}), which is not followed: give the URL where it ends"
            ))),
            // 408: too slow; 425: too early; 429: too many. All others of 4xx stay the same when they are tried again.
            408 | 425 | 429 | 500.. => {
                let retry_after = self.retry_after.and_then(|text| wait(&text, now));
                Err(SendError::Temporary { reason, retry_after })
            }
            _ => Err(SendError::permanent(reason)),
        }
    }
}

/// How long `Retry-After` asks to wait ([RFC 9110, 10.2.3](https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3)): in
/// seconds, or until a date.
fn wait(text: &str, now: Timestamp) -> Option<Duration> {
    let wait = match text.parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let now = UNIX_EPOCH + Duration::from_millis(now.millis().max(0).unsigned_abs());
            httpdate::parse_http_date(text).ok()?.duration_since(now).unwrap_or_default()
        }
    };
    Some(wait.min(MOST_RETRY_AFTER))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: Timestamp = Timestamp::from_millis(784_111_777_000);

    fn judge(answer: &str) -> Result<(), SendError> {
        let answer = parse(answer.as_bytes()).unwrap().unwrap();
        answer.judge("host", &Secrets::of(["s3cret"]), NOW)
    }

    #[test]
    fn a_status_says_whether_to_try_again() {
        let temporary = |reason: &str, seconds: Option<u64>| {
            let retry_after = seconds.map(Duration::from_secs);
            Err(SendError::Temporary { reason: reason.to_owned(), retry_after })
        };
        for (answer, expected) in [
            ("HTTP/1.1 200 OK\r\n\r\n", Ok(())),
            ("HTTP/1.1 204 \r\n\r\n", Ok(())),
            ("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 202 Accepted\r\n\r\n", Ok(())),
            (
                "HTTP/1.0 500 no\r\n\r\nbad s3cret\nday",
                temporary("host answers with status 500: bad … day", None),
            ),
            (
                "HTTP/1.1 429 no\r\nretry-after: 7\r\ncontent-length: 4\r\n\r\nslow",
                temporary("host answers with status 429: slow", Some(7)),
            ),
            (
                "HTTP/1.1 503 no\r\nRetry-After: Sun, 06 Nov 1994 08:49:47 GMT\r\n\r\n",
                temporary("host answers with status 503", Some(10)),
            ),
            (
                "HTTP/1.1 503 no\r\nRetry-After: Sat, 06 Nov 1993 08:49:47 GMT\r\n\r\n",
                temporary("host answers with status 503", Some(0)),
            ),
            (
                "HTTP/1.1 503 no\r\nRetry-After: 99999999\r\n\r\n",
                temporary("host answers with status 503", Some(3600)),
            ),
            ("HTTP/1.1 503 no\r\nRetry-After: soon\r\n\r\n", temporary("host answers with status 503", None)),
            ("HTTP/1.1 408 no\r\n\r\n", temporary("host answers with status 408", None)),
            (
                "HTTP/1.1 404 no\r\ntransfer-encoding: chunked\r\n\r\na\r\nno_service\r\n0\r\n\r\n",
                Err(SendError::permanent("host answers with status 404: no_service")),
            ),
        ] {
            assert_eq!(judge(answer), expected, "{answer}");
        }
        let redirect = judge("HTTP/1.1 302 Found\r\nlocation: http://evil\r\n\r\n").unwrap_err().to_string();
        assert!(redirect.contains("not followed") && !redirect.contains("evil"), "{redirect}");
    }

    #[test]
    fn of_an_answer_as_much_is_read_as_is_wanted() {
        let whole = |text: &str| parse(text.as_bytes()).unwrap().map(|answer| answer.is_whole);
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
        fn no_answer_panics(bytes in prop::collection::vec(any::<u8>(), 0..200), text in "[ -~]{0,40}") {
            drop(parse(&bytes));
            let chunked = [b"HTTP/1.1 400 no\r\ntransfer-encoding: chunked\r\n\r\n".as_slice(), &bytes].concat();
            drop(parse(&chunked));
            let _ = wait(&text, NOW);
        }
    }
}
