//! PostgreSQL connection target, parsed from a URL.

use std::borrow::Cow;
use std::fmt;
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};
use watchglass_remote::{Address, Secret, TargetError, has_unescaped_at, is_printable};

/// PostgreSQL server and credentials. [`Debug`](fmt::Debug) shows no secret.
#[derive(Clone)]
pub(super) struct Target {
    /// Host, port and database.
    pub(super) instance: String,
    pub(super) address: Address,
    /// Database name.
    pub(super) database: String,
    pub(super) config: Config,
    pub(super) password: Secret,
    /// Whether to use TLS.
    #[cfg(feature = "tls")]
    pub(super) encrypted: bool,
}

const fn error(problem: &'static str, hint: &'static str) -> TargetError {
    TargetError { product: "PostgreSQL", problem, hint }
}

const INVALID: TargetError = error(
    "is invalid",
    "expected postgresql://user:password@host:5432/database, with characters such as @ : / ? # in the password \
     percent-encoded (%40 for @)",
);
const NO_TLS_SUPPORT: TargetError =
    error("asks for TLS, but this build has no TLS support", "remove sslmode and use a trusted network");
const UNKNOWN_SSLMODE: TargetError = error(
    "has an unknown sslmode",
    "use verify-full or require, which both encrypt and check the certificate, or disable, allow or prefer, which do not \
     encrypt",
);
const VERIFY_CA: TargetError = error(
    "asks for sslmode=verify-ca, which does not check the host name",
    "use verify-full: certificates are checked as a whole",
);
const UNESCAPED_AT: TargetError =
    error("has an @ but no user before it", "percent-encode @ : / ? # in the password (%40 for @)");
const NO_USER: TargetError = error("has no user", "expected postgresql://user:password@host:5432/database");
const NO_DATABASE: TargetError = error("has no database", "append a database, for example /postgres");
const NOT_ONE_HOST: TargetError = error("must have exactly one host", "use one URL per server");
const INVALID_NAME: TargetError = error(
    "has an invalid host or database",
    "use at most 255 characters without spaces or control characters",
);

/// Default port.
const DEFAULT_PORT: u16 = 5432;

impl Target {
    /// Parses `url`.
    ///
    /// # Errors
    /// Invalid URL. The message contains no part of it.
    pub(super) fn parse(url: &str) -> Result<Self, TargetError> {
        if !url.starts_with("postgresql://") && !url.starts_with("postgres://") {
            return Err(INVALID);
        }
        let url = &*with_known_sslmode(url)?;
        let mut config: Config = url.parse().map_err(|_may_quote_the_url| INVALID)?;
        let password = match config.get_password() {
            Some(bytes) => Some(str::from_utf8(bytes).map_err(|_may_quote_it| INVALID)?),
            None => None,
        };
        let password = Secret::new(password);
        if has_unescaped_at(url, config.get_user().is_some()) {
            return Err(UNESCAPED_AT);
        }
        let port = config.get_ports().first().copied().unwrap_or(DEFAULT_PORT);
        let address = match config.get_hosts() {
            [Host::Tcp(host)] if is_printable(host) && port > 0 => Address::Tcp { host: host.clone(), port },
            [Host::Tcp(_)] => return Err(INVALID_NAME),
            [Host::Unix(folder)] => Address::Unix(folder.join(format!(".s.PGSQL.{port}"))),
            _ => return Err(NOT_ONE_HOST),
        };
        if config.get_user().is_none_or(str::is_empty) {
            return Err(NO_USER);
        }
        // The server would default to the user name, which must not appear in a label.
        let database = config.get_dbname().filter(|name| !name.is_empty()).ok_or(NO_DATABASE)?.to_owned();
        let instance = format!("{address}/{database}");
        if !is_printable(&instance) {
            return Err(INVALID_NAME);
        }
        // Optional encryption (prefer) protects nothing: TLS is required or off.
        let encrypted = config.get_ssl_mode() == SslMode::Require;
        if encrypted && cfg!(not(feature = "tls")) {
            return Err(NO_TLS_SUPPORT);
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

/// The URL with the values of `sslmode` that the client library knows. It knows fewer than
/// [libpq](https://www.postgresql.org/docs/current/libpq-ssl.html).
///
/// # Errors
/// A value that libpq does not know either, or one without an equal here.
fn with_known_sslmode(url: &str) -> Result<Cow<'_, str>, TargetError> {
    let Some((start, query)) = url.rsplit_once('?') else { return Ok(url.into()) };
    let mut is_changed = false;
    let parameters = query.split('&').map(|parameter| {
        let Some(value) = parameter.strip_prefix("sslmode=") else { return Ok(parameter) };
        let known = match value {
            "disable" | "prefer" | "require" => return Ok(parameter),
            // Its certificate is checked for `require` as well.
            "verify-full" => "sslmode=require",
            "allow" => "sslmode=prefer",
            "verify-ca" => return Err(VERIFY_CA),
            _ => return Err(UNKNOWN_SSLMODE),
        };
        is_changed = true;
        Ok(known)
    });
    let parameters = parameters.collect::<Result<Vec<_>, _>>()?;
    Ok(if is_changed { format!("{start}?{}", parameters.join("&")).into() } else { url.into() })
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
    fn urls_are_parsed() {
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
    fn url_errors_do_not_contain_the_url() {
        for (url, expected) in [
            ("", INVALID),
            ("host=db user=me password=sesame", INVALID),
            ("http://me:sesame@db/app", INVALID),
            ("postgresql://me:pw@db:sesame/app", INVALID),
            ("postgresql://me:pw@db/app?sesame=1", INVALID),
            ("postgresql://me@db:5432", NO_DATABASE),
            ("postgresql://db/app", NO_USER),
            ("postgresql://me:sesame@db1,db2/app", NOT_ONE_HOST),
            ("postgresql://me:sesame@/app", NOT_ONE_HOST),
            ("postgresql://me:sesame@d%20b/app", INVALID_NAME),
            ("postgresql://me:sesame@db/a%0Ab", INVALID_NAME),
            ("postgresql://me:sesame@db/app?sslmode=verify-ca", VERIFY_CA),
            ("postgresql://me:sesame@db/app?connect_timeout=1&sslmode=sesame", UNKNOWN_SSLMODE),
            ("postgresql://me:sesame@db/app?sslmode=", UNKNOWN_SSLMODE),
            #[cfg(not(feature = "tls"))]
            ("postgresql://me:sesame@db/app?sslmode=require", NO_TLS_SUPPORT),
        ] {
            let error = Target::parse(url).unwrap_err();
            assert_eq!(error, expected, "{url}");
            assert!(!error.to_string().contains("sesame"), "{error}");
        }
    }

    #[cfg(feature = "tls")]
    #[test]
    fn sslmode_require_and_verify_full_are_encrypted() {
        for (query, encrypted) in [
            ("", false),
            ("?sslmode=disable", false),
            ("?sslmode=allow", false),
            ("?sslmode=prefer", false),
            ("?sslmode=require", true),
            ("?sslmode=verify-full", true),
            ("?connect_timeout=5&sslmode=verify-full", true),
        ] {
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
