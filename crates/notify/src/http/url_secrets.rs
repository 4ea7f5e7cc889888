//! Parts of a URL that may be secrets: a receiver that repeats the request must not make them visible.

use url::{Url, form_urlencoded};

/// Whether a URL is a secret itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UrlKind {
    /// It is in the configuration file. Its query values, its user and its path segments that look like tokens may be
    /// secrets.
    Public,
    /// It comes from an environment variable or a file: its path segments are secrets too.
    Secret,
}

/// Path segments of well-known APIs.
const KNOWN_SEGMENTS: [&str; 16] = [
    "api",
    "hook",
    "hooks",
    "services",
    "webhook",
    "webhooks",
    "workflows",
    "triggers",
    "manual",
    "paths",
    "invoke",
    "spaces",
    "messages",
    "incoming",
    "enqueue",
    "sendMessage",
];
/// Shortest token of letters and digits, and of letters only.
const MIN_MIXED: usize = 8;
const MIN_LETTERS: usize = 20;

/// Parts to redact, as they are written in the URL and decoded.
pub(crate) fn url_secrets(url: &Url, kind: UrlKind) -> Vec<String> {
    let mut secrets = vec![url.username().to_owned(), url.password().unwrap_or_default().to_owned()];
    for pair in url.query().unwrap_or_default().split('&') {
        secrets.push(pair.split_once('=').map_or(pair, |(_, value)| value).to_owned());
    }
    secrets.extend(url.query_pairs().map(|(name, value)| if value.is_empty() { name } else { value }.into()));
    let path = url.path().trim_matches('/');
    if kind == UrlKind::Secret {
        // The path alone is enough to post there.
        secrets.push(path.to_owned());
    }
    for segment in path.split('/') {
        let is_secret = match kind {
            UrlKind::Secret => !KNOWN_SEGMENTS.contains(&segment),
            UrlKind::Public => is_token(segment),
        };
        if is_secret {
            secrets.push(segment.to_owned());
            secrets.push(decode(segment));
        }
    }
    secrets.retain(|secret| !secret.is_empty());
    secrets
}

fn is_token(segment: &str) -> bool {
    let has_digit = segment.bytes().any(|byte| byte.is_ascii_digit());
    let has_letter = segment.bytes().any(|byte| byte.is_ascii_alphabetic());
    segment.len() >= if has_digit && has_letter { MIN_MIXED } else { MIN_LETTERS }
}

/// Percent-decoded text. A plus stays as it is.
fn decode(text: &str) -> String {
    let text = text.replace('+', "%2B");
    form_urlencoded::parse(text.as_bytes()).next().map(|(name, _)| name.into_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secrets::Secrets;

    fn redact(url: &str, kind: UrlKind, text: &str) -> String {
        let secrets = url_secrets(&Url::parse(url).unwrap(), kind);
        Secrets::of(secrets.iter().map(String::as_str)).redact(text)
    }

    #[test]
    fn secret_parts_of_urls_are_redacted() {
        let url = "https://ada:pa55word@host/v1/hook/Zx81kLq09a?key=s3cret%2Fone&room=7&to%6Ben";
        let echo = "POST /v1/hook/Zx81kLq09a?key=s3cret%2Fone&room=7: s3cret/one, pa55word";
        assert_eq!(redact(url, UrlKind::Public, echo), "POST /v1/hook/…?key=…&room=7: …, …");
        // A secret URL: also segments that are words.
        let url = "https://chat.example/hooks/sesame/T024/B0%20x";
        assert_eq!(
            redact(url, UrlKind::Secret, "no hooks for sesame in T024 (B0 x, B0%20x)"),
            "no hooks for … in … (…, …)"
        );
        assert_eq!(redact(url, UrlKind::Public, "sesame"), "sesame");
        let plain = "https://pager.example.com/api/2010-04-01/messages.json";
        assert!(url_secrets(&Url::parse(plain).unwrap(), UrlKind::Public).is_empty());
    }
}
