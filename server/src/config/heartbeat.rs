//! Settings of the heartbeat that this server sends.

use super::option::{ConfigOption, ValueKind};
use super::values::{duration, url_problem};
use axum::http::Uri;
use std::time::Duration;
use url::Url;

const MAX_URL_BYTES: usize = 2048;
const MIN_INTERVAL: Duration = Duration::from_secs(1);
const MAX_INTERVAL: Duration = Duration::from_secs(86_400);

pub(super) const URL: ConfigOption = ConfigOption {
    name: "heartbeat.url",
    placeholder: "URL",
    default: "none",
    help: "URL that gets a request at each interval while this server works, such as https://hc-ping.com/UUID",
    kind: ValueKind::String,
    set: |settings, value| {
        settings.heartbeat_url = Some(parse_url(value)?);
        Ok(())
    },
};

pub(super) const INTERVAL: ConfigOption = ConfigOption {
    name: "heartbeat.interval",
    placeholder: "DURATION",
    default: "1m",
    help: "Interval of the requests to heartbeat.url, from 1s to 1d",
    kind: ValueKind::Duration,
    set: |settings, value| {
        settings.heartbeat_interval = duration(value, MIN_INTERVAL, MAX_INTERVAL)?;
        Ok(())
    },
};

/// Parses the URL. Messages never repeat it: it often has a secret.
fn parse_url(value: &str) -> Result<Uri, String> {
    let accepted = "it must be a URL such as https://hc-ping.com/UUID";
    let wrong = |what: &str| format!("{what}: {accepted}");
    if value.len() > MAX_URL_BYTES {
        return Err(format!("it has {} bytes: at most {MAX_URL_BYTES} are allowed", value.len()));
    }
    let url = Url::parse(value.trim()).map_err(|error| wrong(&url_problem(error)))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(wrong("it has a scheme other than http and https"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong("it has a user or a password"));
    }
    if url.fragment().is_some() {
        return Err(wrong("it has a fragment"));
    }
    url.as_str().parse().map_err(|_| wrong("it has characters that are not allowed in URLs"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_http_and_errors_do_not_repeat_secrets() {
        for text in ["https://hc-ping.com/s3cret", "http://127.0.0.1:1/api/push/s3cret?status=up&msg=OK"] {
            assert_eq!(parse_url(text).unwrap().to_string(), text);
        }
        for (text, expected) in [
            ("", "it does not begin with http:// or https://"),
            ("hc-ping.com/s3cret", "it does not begin with http:// or https://"),
            ("ftp://host/s3cret", "a scheme other"),
            ("https://ada:s3cret@host/", "a user or a password"),
            ("https://host/#s3cret", "a fragment"),
            (&format!("https://host/{}", "s3cret".repeat(400)), "at most 2048"),
        ] {
            let error = parse_url(text).unwrap_err();
            assert!(error.contains(expected) && !error.contains("s3cret"), "{text}: {error}");
        }
    }
}
