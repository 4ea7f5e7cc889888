//! Public URL of this server, the base of links in notifications.

use super::base_path;
use super::values::url_problem;
use url::Url;

/// The URL of this server as users open it, such as `https://watch.example.com` or `https://ops.example.com/watch`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PublicUrl {
    origin: String,
    host: String,
    path: String,
}

impl PublicUrl {
    /// Parses a URL.
    ///
    /// # Errors
    /// What is invalid, and the accepted form. Never repeats parts that may be a password.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let accepted = "it must be a URL such as https://watch.example.com";
        let url = Url::parse(text).map_err(|error| format!("{}: {accepted}", url_problem(error)))?;
        let wrong = |what: &str| Err(format!("it has {what}: {accepted}"));
        if !matches!(url.scheme(), "http" | "https") {
            return wrong("a scheme other than http and https");
        }
        if !url.username().is_empty() || url.password().is_some() {
            return wrong("a user or a password");
        }
        if url.query().is_some() || url.fragment().is_some() {
            return wrong("a query or a fragment");
        }
        let path = base_path::parse(url.path()).map_err(|error| format!("invalid path: {error}"))?;
        // Browsers send IPv6 addresses in brackets, which the Host check removes.
        let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        if !(1..=253).contains(&host.len()) {
            return wrong("no host, or one longer than 253 characters");
        }
        Ok(Self { origin: url.origin().ascii_serialization(), host, path })
    }

    /// Scheme, host and, unless it is the default, port: `https://watch.example.com`.
    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }

    /// The base path of this server, without a slash at the end; empty at the root of the host.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// The host in lower case, without brackets.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_split_into_origin_and_host() {
        for (text, origin, host) in [
            ("https://watch.example.com", "https://watch.example.com", "watch.example.com"),
            ("https://Watch.Example.com/", "https://watch.example.com", "watch.example.com"),
            ("https://watch.example.com:443", "https://watch.example.com", "watch.example.com"),
            ("http://watch.example:8080/", "http://watch.example:8080", "watch.example"),
            ("http://[::1]:7070", "http://[::1]:7070", "::1"),
        ] {
            let url = PublicUrl::parse(text).unwrap();
            assert_eq!((url.origin(), url.host()), (origin, host), "{text}");
        }
    }

    #[test]
    fn path_is_a_base_path() {
        for (text, expected) in [
            ("https://ops.example.com", Ok("")),
            ("https://ops.example.com/", Ok("")),
            ("https://ops.example.com/watch/", Ok("/watch")),
            ("https://ops.example.com/a/../watch", Ok("/watch")),
            ("https://ops.example.com/wäch", Err("invalid path: '%' is not a letter")),
            ("https://ops.example.com//watch", Err("invalid path: \"//watch\" has //")),
            ("https://ops.example.com/api", Err("invalid path: /api is a path of Watchglass itself")),
        ] {
            match (PublicUrl::parse(text), expected) {
                (Ok(url), expected) => assert_eq!(Ok(url.path()), expected, "{text}"),
                (Err(error), Err(part)) => assert!(error.starts_with(part), "{text}: {error}"),
                (outcome, expected) => panic!("{text}: {outcome:?} instead of {expected:?}"),
            }
        }
    }

    #[test]
    fn invalid_urls_are_rejected_without_repeating_secrets() {
        for (text, expected) in [
            ("", "it does not begin with http:// or https://: it must be"),
            ("watch.example.com", "it does not begin with http"),
            ("https://", "empty host"),
            ("ftp://watch.example.com", "a scheme other"),
            ("watch.example.com:8080", "a scheme other"),
            ("https://ada@watch.example.com", "a user or a password"),
            ("https://ada:secret@watch.example.com", "a user or a password"),
            ("https://watch.example.com/?a=secret", "a query or a fragment"),
            ("https://watch.example.com/#a", "a query or a fragment"),
            (&format!("https://{}.example", "a".repeat(300)), "253 characters"),
        ] {
            let error = PublicUrl::parse(text).unwrap_err();
            assert!(error.contains(expected) && error.contains("such as https://"), "{text}: {error}");
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
