//! Base path: where browsers find this server below the root of its host, behind a reverse proxy.

use super::Settings;
use super::option::{ConfigOption, ValueKind};

/// Length limit, in bytes.
const MAX_BYTES: usize = 200;

/// First segments of the server's own paths. A base path must not begin with one: then a path is below the base path, or one
/// of the server, and never both.
pub(crate) const OWN_SEGMENTS: [&str; 19] = [
    "action",
    "alerts",
    "api",
    "arrange",
    "cache",
    "database",
    "do",
    "find",
    "layout",
    "login",
    "metrics",
    "panels",
    "performance",
    "pkg",
    "processes",
    "search",
    "settings",
    "trends",
    "ws",
];

pub(super) const BASE_PATH: ConfigOption = ConfigOption {
    name: "base_path",
    placeholder: "PATH",
    default: "the path of public_url, or /",
    help: "Path of this server behind a reverse proxy, such as /watchglass. All URLs of pages, API and cookies begin with it",
    kind: ValueKind::String,
    set: |settings, value| {
        settings.base_path = Some(parse(value)?);
        Ok(())
    },
};

/// Parses a base path. A slash at the end is removed, so that the root is empty.
///
/// # Errors
/// What is invalid, and the accepted form.
pub(super) fn parse(text: &str) -> Result<String, String> {
    let wrong = |what: String| Err(format!("{what}: it must be a path such as /watchglass"));
    let shown: String = text.chars().take(40).collect();
    if !text.starts_with('/') {
        return wrong(format!("{shown:?} does not begin with /"));
    }
    if text.len() > MAX_BYTES {
        return wrong(format!("it has {} bytes, at most {MAX_BYTES} are allowed", text.len()));
    }
    if text.contains(['?', '#']) {
        return wrong(format!("{shown:?} has a query or a fragment"));
    }
    let path = text.strip_suffix('/').unwrap_or(text);
    let Some(segments) = path.strip_prefix('/') else { return Ok(String::new()) };
    for segment in segments.split('/') {
        if segment.is_empty() {
            return wrong(format!("{shown:?} has //"));
        }
        if matches!(segment, "." | "..") {
            return wrong(format!("{shown:?} has the segment {segment}"));
        }
        // All of these stay as they are in URLs, cookies, headers and scripts.
        let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-._~".contains(letter);
        if let Some(letter) = segment.chars().find(|letter| !is_plain(*letter)) {
            return wrong(format!("{letter:?} is not a letter, a digit or one of -._~"));
        }
    }
    match segments.split('/').next() {
        Some(first) if OWN_SEGMENTS.contains(&first) => {
            wrong(format!("/{first} is a path of Watchglass itself"))
        }
        _ => Ok(path.to_owned()),
    }
}

impl Settings {
    /// The base path, without a slash at the end; empty at the root of the host.
    pub(crate) fn base_path(&self) -> &str {
        let public = self.public_url.as_ref().map(|url| url.path());
        self.base_path.as_deref().or(public).unwrap_or_default()
    }

    /// Checks that `base_path` and the path of `public_url` are the same, if both are set.
    ///
    /// # Errors
    /// The name of the inconsistent setting, and the accepted form.
    pub(super) fn check_base_path(&self) -> Result<(), (&'static str, String)> {
        let (Some(base), Some(public)) = (&self.base_path, &self.public_url) else { return Ok(()) };
        if public.path().is_empty() || public.path() == base {
            return Ok(());
        }
        let base = if base.is_empty() { "/" } else { base };
        let message = format!(
            "{base:?} is not the path of public_url, which is {:?}: remove base_path, or set it to that path",
            public.path()
        );
        Err(("base_path", message))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{PublicUrl, resolve};
    use super::*;

    #[test]
    fn paths_are_accepted_without_the_slash_at_the_end() {
        for (text, expected) in [
            ("/", ""),
            ("/watchglass", "/watchglass"),
            ("/watchglass/", "/watchglass"),
            ("/ops/watch-1.2_a~b", "/ops/watch-1.2_a~b"),
            ("/alerts-of-ops", "/alerts-of-ops"),
            ("/ops/api", "/ops/api"),
        ] {
            assert_eq!(parse(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn invalid_paths_are_rejected_with_the_reason() {
        for (text, expected) in [
            ("", "\"\" does not begin with /"),
            ("watchglass", "\"watchglass\" does not begin with /"),
            ("https://a.example/watch", "does not begin with /"),
            ("//watch", "has //"),
            ("/watch//", "has //"),
            ("/a//b", "has //"),
            ("/a/../b", "has the segment .."),
            ("/./b", "has the segment ."),
            ("/watch?a", "a query or a fragment"),
            ("/watch#a", "a query or a fragment"),
            ("/a b", "' ' is not a letter"),
            ("/a%2fb", "'%' is not a letter"),
            ("/wäch", "'ä' is not a letter"),
            ("/a'b", "is not a letter"),
            ("/a;b", "';' is not a letter"),
            ("/a\nb", "is not a letter"),
            ("/api", "/api is a path of Watchglass itself"),
            ("/alerts/watch", "/alerts is a path of Watchglass itself"),
            (&format!("/{}", "a".repeat(200)), "it has 201 bytes"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(expected) && error.ends_with("such as /watchglass"), "{text}: {error}");
        }
    }

    #[test]
    fn base_path_is_that_of_the_public_url_unless_they_contradict() {
        let settings = |base: Option<&str>, url: Option<&str>| Settings {
            base_path: base.map(|base| parse(base).unwrap()),
            public_url: url.map(|url| PublicUrl::parse(url).unwrap()),
            ..Settings::default()
        };
        for (base, url, expected) in [
            (None, None, Ok("")),
            (Some("/watch"), None, Ok("/watch")),
            (None, Some("https://a.example"), Ok("")),
            (None, Some("https://a.example/watch/"), Ok("/watch")),
            (Some("/watch/"), Some("https://a.example"), Ok("/watch")),
            (Some("/watch"), Some("https://a.example/watch"), Ok("/watch")),
            (
                Some("/watch"),
                Some("https://a.example/other"),
                Err("\"/watch\" is not the path of public_url"),
            ),
            (Some("/"), Some("https://a.example/other"), Err("\"/\" is not the path of public_url")),
        ] {
            let settings = settings(base, url);
            match (settings.check_base_path(), expected) {
                (Ok(()), expected) => assert_eq!(Ok(settings.base_path()), expected, "{base:?} {url:?}"),
                (Err((name, message)), Err(part)) => {
                    assert!(name == "base_path" && message.contains(part), "{message}");
                }
                (outcome, expected) => panic!("{base:?} {url:?}: {outcome:?} instead of {expected:?}"),
            }
        }
    }

    #[test]
    fn contradictions_are_reported_with_the_source_of_the_setting() {
        let flag = |name: &str| (name == "base-path").then(|| "/watch".to_owned());
        let variable =
            |name: &str| (name == "WATCHGLASS_PUBLIC_URL").then(|| "https://a.example/b".to_owned());
        let error = resolve(None, flag, variable).err().unwrap().to_string();
        assert!(error.starts_with("--base-path: \"/watch\" is not the path of public_url"), "{error}");
        let settings = resolve(None, |_| None, variable).unwrap();
        assert_eq!(settings.base_path(), "/b");
    }
}
