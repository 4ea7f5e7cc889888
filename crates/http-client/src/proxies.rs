//! Proxies from the environment.

use http::Uri;
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use std::net::IpAddr;
use std::sync::Arc;

/// Invalid proxy in the environment. Contains nothing of the value, which may have a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the environment variable {variable} is not the URL of an HTTP proxy: use http://host:port")]
pub struct InvalidProxy {
    /// Name of the variable.
    pub variable: String,
}

/// Which requests go through which proxy; by default none.
///
/// `HTTP_PROXY` and `HTTPS_PROXY` are the proxies of `http://` and `https://` URLs, `ALL_PROXY` is that of both. A value
/// is `http://host:port` or `https://host:port`, with `user:password@` if the proxy asks for it. `NO_PROXY` lists hosts,
/// domains, addresses and networks without a proxy, separated by commas; `*` stands for all. Names in lower case are
/// valid, too. As curl does it, with one difference: a URL of `localhost` or a loopback address **never** uses a proxy,
/// because the proxy would connect to itself.
#[derive(Clone, Debug, Default)]
pub struct Proxies(Option<Arc<Matcher>>);

impl Proxies {
    /// No proxies.
    pub fn none() -> Self {
        Self::default()
    }

    /// Reads the environment variables of this process.
    pub fn from_env() -> Self {
        Self::from_variables(|name| std::env::var(name).ok())
    }

    /// Reads environment variables with `read`. An invalid variable is an error of the requests that need it.
    pub fn from_variables(read: impl Fn(&str) -> Option<String>) -> Self {
        // A CGI program gets the header `Proxy` of its client as HTTP_PROXY: https://httpoxy.org.
        if read("REQUEST_METHOD").is_some() {
            return Self::none();
        }
        let read = |names: [&'static str; 2]| {
            names.into_iter().find_map(|name| Some((name, read(name).filter(|value| !value.is_empty())?)))
        };
        let proxy = |names| match read(names) {
            Some((_, value)) if is_http_proxy(&value) => value,
            // In place of the invalid value: `of` reports it.
            Some((name, _)) => format!("{INVALID}://{name}"),
            None => String::new(),
        };
        let all = proxy(["ALL_PROXY", "all_proxy"]);
        let http = proxy(["HTTP_PROXY", "http_proxy"]);
        let https = proxy(["HTTPS_PROXY", "https_proxy"]);
        if all.is_empty() && http.is_empty() && https.is_empty() {
            return Self::none();
        }
        let (_, exceptions) = read(["NO_PROXY", "no_proxy"]).unwrap_or_default();
        let matcher = Matcher::builder().all(all).http(http).https(https).no(exceptions).build();
        Self(Some(Arc::new(matcher)))
    }

    /// Checks that requests to this URL do not need an invalid variable.
    ///
    /// # Errors
    /// They need one.
    pub fn check(&self, url: &Uri) -> Result<(), InvalidProxy> {
        self.of(url).map(drop)
    }

    /// The proxy of a URL.
    pub(crate) fn of(&self, url: &Uri) -> Result<Option<Intercept>, InvalidProxy> {
        let (Some(matcher), Some(host)) = (&self.0, url.host()) else { return Ok(None) };
        if is_loopback(host) {
            return Ok(None);
        }
        match matcher.intercept(url) {
            Some(proxy) if proxy.uri().scheme_str() == Some(INVALID) => {
                Err(InvalidProxy { variable: proxy.uri().host().unwrap_or_default().to_owned() })
            }
            proxy => Ok(proxy),
        }
    }
}

/// Scheme of an invalid proxy. The matcher ignores the ones that it does not know, and requests would be direct.
const INVALID: &str = "socks4";

fn is_http_proxy(value: &str) -> bool {
    let matcher = Matcher::builder().http(value.to_owned()).build();
    let proxy = matcher.intercept(&Uri::from_static("http://example.com/"));
    proxy.is_some_and(|proxy| matches!(proxy.uri().scheme_str(), Some("http" | "https")))
}

fn is_loopback(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    match host.parse::<IpAddr>() {
        Ok(address) => address.to_canonical().is_loopback(),
        Err(_) => host.trim_end_matches('.').eq_ignore_ascii_case("localhost"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(variables: &[(&str, &str)]) -> Proxies {
        let read = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        Proxies::from_variables(read)
    }

    fn proxy(variables: &[(&str, &str)], url: &'static str) -> Option<String> {
        Some(proxies(variables).of(&Uri::from_static(url)).unwrap()?.uri().to_string())
    }

    #[test]
    fn variables_select_the_proxy() {
        let both = [("HTTP_PROXY", "http://plain:1"), ("HTTPS_PROXY", "https://u:p@secure:2/x")];
        let all = [("all_proxy", "proxy:3"), ("NO_PROXY", "example.com, 10.0.0.0/8,[fd00::1],::2")];
        let every = [("ALL_PROXY", "http://proxy:3"), ("no_proxy", "*")];
        let cgi = [("ALL_PROXY", "http://proxy:3"), ("REQUEST_METHOD", "GET")];
        let empty = [("HTTP_PROXY", ""), ("http_proxy", "http://lower:4")];
        for (variables, url, expected) in [
            (both.as_slice(), "http://example.com/", Some("http://plain:1/")),
            (&both, "https://example.com/", Some("https://secure:2/")),
            (&both[..1], "https://example.com/", None),
            (&all, "http://example.org/", Some("http://proxy:3/")),
            (&all, "https://example.org/", Some("http://proxy:3/")),
            (&all, "http://example.com/", None),
            (&all, "http://a.example.com:81/", None),
            (&all, "http://notexample.com/", Some("http://proxy:3/")),
            (&all, "http://10.1.2.3/", None),
            (&all, "http://11.1.2.3/", Some("http://proxy:3/")),
            (&all, "http://[::2]/", None),
            (&every, "http://example.com/", None),
            (&cgi, "http://example.com/", None),
            (&empty, "http://example.com/", Some("http://lower:4/")),
            (&[], "http://example.com/", None),
        ] {
            assert_eq!(proxy(variables, url).as_deref(), expected, "{url} {variables:?}");
        }
    }

    #[test]
    fn loopback_targets_never_use_a_proxy() {
        let all = [("ALL_PROXY", "http://proxy:3")];
        for url in [
            "http://localhost/",
            "https://LOCALHOST.:1/",
            "http://127.0.0.1:7070/",
            "http://127.9.9.9/",
            "http://[::1]:1/",
            "http://[::ffff:127.0.0.1]/",
        ] {
            assert_eq!(proxy(&all, url), None, "{url}");
        }
        assert!(proxy(&all, "http://localhost.example.com/").is_some());
    }

    #[test]
    fn invalid_proxies_are_reported_where_they_are_needed() {
        let check = |proxies: &Proxies, url: &'static str| proxies.check(&Uri::from_static(url));
        for value in ["socks5://u:s3cret@host:1", "ftp://s3cret", "http://", "s3cret host", "/s3cret"] {
            let proxies =
                proxies(&[("https_proxy", value), ("ALL_PROXY", "http://host:1"), ("NO_PROXY", "here")]);
            let error = check(&proxies, "https://there/").unwrap_err();
            assert_eq!(error, InvalidProxy { variable: "https_proxy".to_owned() }, "{value}");
            for url in ["http://there/", "https://here/", "https://localhost/"] {
                assert_eq!(check(&proxies, url), Ok(()), "{url}");
            }
            assert!(!format!("{error} {proxies:?}").contains("s3cret"));
        }
        let shown = format!("{:?}", proxies(&[("ALL_PROXY", "http://u:s3cret@host:1")]));
        assert!(!shown.contains("s3cret"), "{shown}");
    }
}
