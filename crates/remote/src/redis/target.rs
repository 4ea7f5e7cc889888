//! Redis connection target, parsed from a URL.

use crate::has_unescaped_at;
use crate::is_printable;
use crate::{Address, Secret, TargetError};
use redis::{ConnectionAddr, ConnectionInfo, IntoConnectionInfo};

/// Redis server and credentials. [`Debug`] shows no secret.
#[derive(Clone, Debug)]
pub struct Target {
    /// Host and port, or the path of a Unix socket.
    pub instance: String,
    /// Address of the server.
    pub address: Address,
    /// Further addresses of the URL, with the same credentials: other nodes of a cluster.
    pub others: Vec<Address>,
    /// User name; `None` for the default user.
    pub user: Option<String>,
    /// Password of the user.
    pub password: Secret,
    /// Database number, used by the history store.
    pub database: i64,
    /// Whether to use TLS.
    #[cfg(feature = "tls")]
    pub encrypted: bool,
}

const fn error(problem: &'static str, hint: &'static str) -> TargetError {
    TargetError { product: "Redis", problem, hint }
}

const INVALID: TargetError = error(
    "is invalid",
    "expected redis://user:password@host:6379 or redis+unix:///path/to/socket, with characters such as \
     @ : / ? # in the password percent-encoded (%40 for @)",
);
const NO_TLS_SUPPORT: TargetError =
    error("asks for TLS, but this build has no TLS support", "use redis:// within a trusted network");
const UNESCAPED_AT: TargetError = error(
    "has an @ but no user or password before it",
    "percent-encode @ : / ? # in the password (%40 for @)",
);
const INVALID_HOST: TargetError =
    error("has an invalid host", "use at most 255 characters without spaces or control characters");

const TOO_MANY: TargetError = error("has too many addresses", "use at most 16");

/// Maximum number of addresses of a URL.
const MAX_ADDRESSES: usize = 16;

impl Target {
    /// Parses `url`, which may have several addresses: `redis://user:password@a:6379,b:6379`.
    ///
    /// # Errors
    /// What is invalid. The message contains no part of the URL.
    pub fn parse(url: &str) -> Result<Self, TargetError> {
        let urls = Self::split(url);
        if urls.len() > MAX_ADDRESSES {
            return Err(TOO_MANY);
        }
        let mut targets = urls.iter().map(|url| Self::parse_one(url));
        let first = targets.next().ok_or(INVALID)??;
        let others = targets.map(|target| Ok(target?.address)).collect::<Result<_, _>>()?;
        Ok(Self { others, ..first })
    }

    /// A URL for each address of `url`.
    pub fn split(url: &str) -> Vec<String> {
        let begin = url.find("://").map_or(0, |scheme| scheme + 3);
        let (scheme, rest) = url.split_at(begin);
        let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let (user, hosts) = authority.split_at(authority.rfind('@').map_or(0, |at| at + 1));
        hosts.split(',').map(|host| format!("{scheme}{user}{host}{path}")).collect()
    }

    /// Host and port of each address, separated by commas.
    pub fn addresses(&self) -> String {
        let others = self.others.iter().map(|address| format!(",{address}"));
        std::iter::once(self.instance.clone()).chain(others).collect()
    }

    fn parse_one(url: &str) -> Result<Self, TargetError> {
        // The `redis` crate is built without TLS and rejects these schemes; the rest of the URL is the same.
        let plain =
            url.strip_prefix("rediss:").or(url.strip_prefix("valkeys:")).map(|rest| format!("redis:{rest}"));
        let encrypted = plain.is_some();
        if encrypted && cfg!(not(feature = "tls")) {
            return Err(NO_TLS_SUPPORT);
        }
        let info: ConnectionInfo =
            plain.as_deref().unwrap_or(url).into_connection_info().map_err(|_may_quote_the_url| INVALID)?;
        let settings = info.redis_settings();
        let address = match info.addr() {
            ConnectionAddr::Tcp(host, port) if is_printable(host) && *port > 0 => {
                Address::Tcp { host: host.clone(), port: *port }
            }
            ConnectionAddr::Tcp(..) => return Err(INVALID_HOST),
            ConnectionAddr::Unix(path) if is_printable(&path.to_string_lossy()) => {
                Address::Unix(path.clone())
            }
            _ => return Err(INVALID),
        };
        let user = settings.username().map(str::to_owned);
        let password = Secret::new(settings.password());
        if has_unescaped_at(url, user.is_some() || password.reveal().is_some()) {
            return Err(UNESCAPED_AT);
        }
        Ok(Self {
            instance: address.to_string(),
            address,
            others: Vec::new(),
            user,
            password,
            database: settings.db(),
            #[cfg(feature = "tls")]
            encrypted,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn urls_are_parsed() {
        for (url, instance, user, password) in [
            ("redis://cache.example", "cache.example:6379", None, None),
            ("redis://127.0.0.1:7000/3", "127.0.0.1:7000", None, None),
            ("redis://[::1]:7000", "[::1]:7000", None, None),
            ("redis://:s%40e%2Fc@cache:1", "cache:1", None, Some("s@e/c")),
            ("redis://me:pw@cache:1", "cache:1", Some("me"), Some("pw")),
            ("valkey://cache:1", "cache:1", None, None),
            ("redis+unix:///run/redis.sock", "/run/redis.sock", None, None),
            ("redis+unix:///run/redis.sock?pass=pw&user=me", "/run/redis.sock", Some("me"), Some("pw")),
        ] {
            let target = Target::parse(url).unwrap_or_else(|error| panic!("{url}: {error}"));
            assert_eq!(target.instance, instance, "{url}");
            assert_eq!(target.user.as_deref(), user, "{url}");
            assert_eq!(target.password.reveal(), password, "{url}");
            assert_eq!(target.database, if url.ends_with("/3") { 3 } else { 0 }, "{url}");
        }
    }

    #[test]
    fn url_errors_do_not_contain_the_url() {
        for (url, expected) in [
            ("", INVALID),
            ("cache:6379", INVALID),
            ("http://sesame@cache", INVALID),
            ("redis://", INVALID),
            ("redis://user:ses/ame@cache:6379", INVALID),
            ("redis://cache/sesame", INVALID),
            ("redis://user:12/sesame@cache", INVALID),
            ("redis://user:12?sesame@cache", UNESCAPED_AT),
            ("redis://user:12#sesame@cache", UNESCAPED_AT),
            ("redis://cache:0", INVALID_HOST),
            #[cfg(not(feature = "tls"))]
            ("rediss://:sesame@cache", NO_TLS_SUPPORT),
        ] {
            let error = Target::parse(url).unwrap_err();
            assert_eq!(error, expected, "{url}");
            assert!(!error.to_string().contains("sesame"), "{error}");
        }
    }

    #[test]
    fn urls_may_have_several_addresses() {
        for (url, addresses, password) in [
            ("redis://:p,w@a:1,b:2/3", "a:1,b:2", Some("p,w")),
            ("redis://a,[::1]:2,c", "a:6379,[::1]:2,c:6379", None),
            ("redis+unix:///run/a,b.sock", "/run/a,b.sock", None),
        ] {
            let target = Target::parse(url).unwrap_or_else(|error| panic!("{url}: {error}"));
            assert_eq!(
                (target.addresses().as_str(), target.password.reveal()),
                (addresses, password),
                "{url}"
            );
        }
        assert_eq!(Target::split("redis://u:p@a:1,b:2/3"), ["redis://u:p@a:1/3", "redis://u:p@b:2/3"]);
        for url in ["redis://a,,b", "redis://a:1,", "redis://a:1,b:0", "redis://a:1,b:x"] {
            assert!(Target::parse(url).is_err(), "{url}");
        }
        assert_eq!(Target::parse(&format!("redis://a{}", ",b".repeat(16))).unwrap_err(), TOO_MANY);
    }

    #[cfg(feature = "tls")]
    #[test]
    fn tls_schemes_are_encrypted() {
        for (url, encrypted) in
            [("redis://:pw@cache", false), ("rediss://:pw@cache:1", true), ("valkeys://:pw@cache", true)]
        {
            let target = Target::parse(url).unwrap();
            assert_eq!((target.encrypted, target.password.reveal()), (encrypted, Some("pw")), "{url}");
        }
    }

    proptest! {
        #[test]
        fn passwords_are_never_shown(password in "[G-Zg-z!@:/?#%]{6,20}", prefix in "redis://(me)?:|redis://") {
            for url in [format!("{prefix}{password}@cache:6379"), format!("redis://cache:6379/{password}")] {
                let shown = match Target::parse(&url) {
                    Ok(target) => format!("{target:?} {}", target.instance),
                    Err(error) => format!("{error} {error:?}"),
                };
                // A lone word before an @ is the user name, which is not secret.
                prop_assume!(prefix != "redis://");
                prop_assert!(!shown.contains(&password), "{shown}");
            }
        }
    }
}
