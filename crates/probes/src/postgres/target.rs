//! Which PostgreSQL: the parts of its URL.

use std::fmt;
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};
use watchglass_remote::{Address, Secret, TargetError, hides_user, is_printable};

/// Which PostgreSQL, and how to get in. [`Debug`](fmt::Debug) shows no secret.
#[derive(Clone)]
pub(super) struct Target {
    /// Host, port and database.
    pub(super) instance: String,
    pub(super) address: Address,
    /// Name of the database.
    pub(super) database: String,
    pub(super) config: Config,
    pub(super) password: Secret,
    /// Whether all that is said must be encrypted.
    #[cfg(feature = "tls")]
    pub(super) encrypted: bool,
}

const fn error(wrong: &'static str, right: &'static str) -> TargetError {
    TargetError { product: "PostgreSQL", wrong, right }
}

const UNREADABLE: TargetError = error(
    "cannot be read",
    "it should look like postgresql://user:password@host:5432/database, with characters such as @ : / ? # in a \
     password in percent form (%40 for @)",
);
const ENCRYPTED: TargetError = error(
    "asks for TLS, which this program was built without",
    "leave sslmode out and keep to a network you trust",
);
const NO_USER_FOUND: TargetError =
    error("has an @ but no user before it", "write @ : / ? # in a password in percent form (%40 for @)");
const NO_USER: TargetError =
    error("names no user", "it should look like postgresql://user:password@host:5432/database");
const NO_DATABASE: TargetError = error("names no database", "end it with /postgres, for example");
const SEVERAL_HOSTS: TargetError =
    error("names several hosts, or none", "give each server a URL of its own, with one host");
const ODD_NAME: TargetError = error(
    "names a host or database that cannot be one",
    "both have at most 255 characters, and no spaces or control characters",
);

/// The port where none is named.
const PORT: u16 = 5432;

impl Target {
    /// The parts of `url`.
    ///
    /// # Errors
    /// What is wrong with it, in words that contain nothing of it.
    pub(super) fn parse(url: &str) -> Result<Self, TargetError> {
        if !url.starts_with("postgresql://") && !url.starts_with("postgres://") {
            return Err(UNREADABLE);
        }
        let mut config: Config = url.parse().map_err(|_may_quote_the_url| UNREADABLE)?;
        let password = match config.get_password() {
            Some(bytes) => Some(str::from_utf8(bytes).map_err(|_may_quote_it| UNREADABLE)?),
            None => None,
        };
        let password = Secret::new(password);
        if hides_user(url, config.get_user().is_some()) {
            return Err(NO_USER_FOUND);
        }
        let port = config.get_ports().first().copied().unwrap_or(PORT);
        let address = match config.get_hosts() {
            [Host::Tcp(host)] if is_printable(host) && port > 0 => Address::Tcp { host: host.clone(), port },
            [Host::Tcp(_)] => return Err(ODD_NAME),
            [Host::Unix(folder)] => Address::Unix(folder.join(format!(".s.PGSQL.{port}"))),
            _ => return Err(SEVERAL_HOSTS),
        };
        if config.get_user().is_none_or(str::is_empty) {
            return Err(NO_USER);
        }
        // The server's own default would be the user's name, which does not belong into a label.
        let database = config.get_dbname().filter(|name| !name.is_empty()).ok_or(NO_DATABASE)?.to_owned();
        let instance = format!("{address}/{database}");
        if !is_printable(&instance) {
            return Err(ODD_NAME);
        }
        // What a server may choose not to encrypt is no secret: it is all or nothing.
        let encrypted = config.get_ssl_mode() == SslMode::Require;
        if encrypted && cfg!(not(feature = "tls")) {
            return Err(ENCRYPTED);
        }
        config.ssl_mode(if encrypted { SslMode::Require } else { SslMode::Disable });
        config.application_name("watchglass");
        Ok(Self {
            instance,
            address,
            database,
            config,
            password,
            #[cfg(feature = "tls")]
            encrypted,
        })
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Target").field("instance", &self.instance).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn urls_are_taken_apart() {
        for (url, instance, password) in [
            ("postgresql://me@db.example/app", "db.example:5432/app", None),
            ("postgres://me:s%40e%2Fc@127.0.0.1:7000/app", "127.0.0.1:7000/app", Some("s@e/c")),
            ("postgresql://me:pw@[::1]:7000/app?sslmode=prefer", "[::1]:7000/app", Some("pw")),
            ("postgresql://me@%2Frun%2Fpostgresql/app", "/run/postgresql/.s.PGSQL.5432/app", None),
            (
                "postgresql:///app?host=/run/postgresql&user=me&password=pw",
                "/run/postgresql/.s.PGSQL.5432/app",
                Some("pw"),
            ),
        ] {
            let target = Target::parse(url).unwrap_or_else(|error| panic!("{url}: {error}"));
            assert_eq!(target.instance, instance, "{url}");
            assert_eq!(target.database, "app", "{url}");
            assert_eq!(target.password.reveal(), password, "{url}");
            assert_eq!(target.config.get_user(), Some("me"), "{url}");
        }
    }

    #[test]
    fn mistakes_are_named_without_the_url() {
        for (url, expected) in [
            ("", UNREADABLE),
            ("host=db user=me password=sesame", UNREADABLE),
            ("http://me:sesame@db/app", UNREADABLE),
            ("postgresql://me:pw@db:sesame/app", UNREADABLE),
            ("postgresql://me:pw@db/app?sesame=1", UNREADABLE),
            ("postgresql://me@db:5432", NO_DATABASE),
            ("postgresql://db/app", NO_USER),
            ("postgresql://me:sesame@db1,db2/app", SEVERAL_HOSTS),
            ("postgresql://me:sesame@/app", SEVERAL_HOSTS),
            ("postgresql://me:sesame@d%20b/app", ODD_NAME),
            ("postgresql://me:sesame@db/a%0Ab", ODD_NAME),
            #[cfg(not(feature = "tls"))]
            ("postgresql://me:sesame@db/app?sslmode=require", ENCRYPTED),
        ] {
            let error = Target::parse(url).unwrap_err();
            assert_eq!(error, expected, "{url}");
            assert!(!error.to_string().contains("sesame"), "{error}");
        }
    }

    #[cfg(feature = "tls")]
    #[test]
    fn some_are_encrypted() {
        for (query, encrypted) in
            [("", false), ("?sslmode=disable", false), ("?sslmode=prefer", false), ("?sslmode=require", true)]
        {
            let target = Target::parse(&format!("postgresql://me@db/app{query}")).unwrap();
            assert_eq!(target.encrypted, encrypted, "{query}");
        }
    }

    proptest! {
        #[test]
        fn passwords_are_never_shown(password in "[G-Zg-z!:/?#%&=]{6,20}") {
            for url in [
                format!("postgresql://me:{password}@db:5432/app"),
                format!("postgresql://db:5432/app?user=me&password={password}"),
            ] {
                let shown = match Target::parse(&url) {
                    Ok(target) => format!("{target:?} {} {:?}", target.instance, target.config),
                    Err(error) => format!("{error} {error:?}"),
                };
                prop_assert!(!shown.contains(&password), "{shown}");
            }
        }
    }
}
