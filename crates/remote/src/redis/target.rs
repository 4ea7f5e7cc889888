//! Which Redis: the parts of its URL.

use crate::hides_user;
use crate::is_printable;
use crate::{Address, Secret, TargetError};
use redis::{ConnectionAddr, ConnectionInfo, IntoConnectionInfo};

/// Which Redis, and how to get in. [`Debug`] shows no secret.
#[derive(Clone, Debug)]
pub struct Target {
    /// Host and port, or the path of a socket.
    pub instance: String,
    /// Where it is.
    pub address: Address,
    /// Whom to sign in as; Redis has a user of its own for nobody in particular.
    pub user: Option<String>,
    /// What proves it.
    pub password: Secret,
    /// Number of the database, for those who keep data there.
    pub database: i64,
    /// Whether all that is said must be encrypted.
    #[cfg(feature = "tls")]
    pub encrypted: bool,
}

const fn error(wrong: &'static str, right: &'static str) -> TargetError {
    TargetError { product: "Redis", wrong, right }
}

const UNREADABLE: TargetError = error(
    "cannot be read",
    "it should look like redis://user:password@host:6379 or redis+unix:///path/to/socket, with characters such as \
     @ : / ? # in a password in percent form (%40 for @)",
);
const ENCRYPTED: TargetError = error(
    "asks for TLS, which this program was built without",
    "begin it with redis:// and keep to a network you trust",
);
const NO_USER_FOUND: TargetError = error(
    "has an @ but no user or password before it",
    "write @ : / ? # in a password in percent form (%40 for @)",
);
const ODD_NAME: TargetError = error(
    "names a host that cannot be one",
    "a host has at most 255 characters, and no spaces or control characters",
);

impl Target {
    /// The parts of `url`.
    ///
    /// # Errors
    /// What is wrong with it, in words that contain nothing of it.
    pub fn parse(url: &str) -> Result<Self, TargetError> {
        // The driver is built without TLS, which is ours; its words for the rest of the URL are the same.
        let plain =
            url.strip_prefix("rediss:").or(url.strip_prefix("valkeys:")).map(|rest| format!("redis:{rest}"));
        let encrypted = plain.is_some();
        if encrypted && cfg!(not(feature = "tls")) {
            return Err(ENCRYPTED);
        }
        let info: ConnectionInfo = plain
            .as_deref()
            .unwrap_or(url)
            .into_connection_info()
            .map_err(|_may_quote_the_url| UNREADABLE)?;
        let settings = info.redis_settings();
        let address = match info.addr() {
            ConnectionAddr::Tcp(host, port) if is_printable(host) && *port > 0 => {
                Address::Tcp { host: host.clone(), port: *port }
            }
            ConnectionAddr::Tcp(..) => return Err(ODD_NAME),
            ConnectionAddr::Unix(path) if is_printable(&path.to_string_lossy()) => {
                Address::Unix(path.clone())
            }
            _ => return Err(UNREADABLE),
        };
        let user = settings.username().map(str::to_owned);
        let password = Secret::new(settings.password());
        if hides_user(url, user.is_some() || password.reveal().is_some()) {
            return Err(NO_USER_FOUND);
        }
        Ok(Self {
            instance: address.to_string(),
            address,
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
    fn urls_are_taken_apart() {
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
    fn mistakes_are_named_without_the_url() {
        for (url, expected) in [
            ("", UNREADABLE),
            ("cache:6379", UNREADABLE),
            ("http://sesame@cache", UNREADABLE),
            ("redis://", UNREADABLE),
            ("redis://user:ses/ame@cache:6379", UNREADABLE),
            ("redis://cache/sesame", UNREADABLE),
            ("redis://user:12/sesame@cache", UNREADABLE),
            ("redis://user:12?sesame@cache", NO_USER_FOUND),
            ("redis://user:12#sesame@cache", NO_USER_FOUND),
            ("redis://cache:0", ODD_NAME),
            #[cfg(not(feature = "tls"))]
            ("rediss://:sesame@cache", ENCRYPTED),
        ] {
            let error = Target::parse(url).unwrap_err();
            assert_eq!(error, expected, "{url}");
            assert!(!error.to_string().contains("sesame"), "{error}");
        }
    }

    #[cfg(feature = "tls")]
    #[test]
    fn some_are_encrypted() {
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
                // A password alone in front of an @ is a user's name to a URL, and users are no secret.
                prop_assume!(prefix != "redis://");
                prop_assert!(!shown.contains(&password), "{shown}");
            }
        }
    }
}
