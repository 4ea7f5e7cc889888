//! Where people reach this server: what links in messages begin with.

use url::Url;

/// The address of this server as people's browsers know it, such as `https://watch.example.com`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PublicUrl {
    origin: String,
    host: String,
}

impl PublicUrl {
    /// Reads an address.
    ///
    /// # Errors
    /// What is wrong with it, and what would be right. What may be a password is not repeated.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let right = "it must be an address such as https://watch.example.com";
        let url = Url::parse(text).map_err(|error| format!("{error}: {right}"))?;
        let wrong = |what: &str| Err(format!("it has {what}: {right}"));
        if !matches!(url.scheme(), "http" | "https") {
            return wrong("another scheme than http and https");
        }
        if !url.username().is_empty() || url.password().is_some() {
            return wrong("a user or a password");
        }
        if url.query().is_some() || url.fragment().is_some() {
            return wrong("a part behind a question mark or a number sign");
        }
        if url.path() != "/" {
            return wrong("a path, and this server's pages begin at /");
        }
        // A browser sends an address in brackets, which the guard takes off.
        let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        if !(1..=253).contains(&host.len()) {
            return wrong("no host, or one longer than 253 characters");
        }
        Ok(Self { origin: url.origin().ascii_serialization(), host })
    }

    /// Scheme, host and, where it is not the usual one, port: `https://watch.example.com`.
    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }

    /// The host alone, in lower case and without brackets.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_taken_apart() {
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
    fn what_is_none_is_named_without_its_secrets() {
        for (text, expected) in [
            ("", "relative URL without a base: it must be"),
            ("watch.example.com", "relative URL without a base"),
            ("https://", "empty host"),
            ("ftp://watch.example.com", "another scheme"),
            ("watch.example.com:8080", "another scheme"),
            ("https://ada@watch.example.com", "a user or a password"),
            ("https://ada:secret@watch.example.com", "a user or a password"),
            ("https://watch.example.com/watch", "a path"),
            ("https://watch.example.com/?a=secret", "question mark"),
            ("https://watch.example.com/#a", "number sign"),
            (&format!("https://{}.example", "a".repeat(300)), "253 characters"),
        ] {
            let error = PublicUrl::parse(text).unwrap_err();
            assert!(error.contains(expected) && error.contains("such as https://"), "{text}: {error}");
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
