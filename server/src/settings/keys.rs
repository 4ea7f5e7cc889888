//! The table of settings. The flags, the environment variables, the keys of the file, the help text and
//! `docs/configuration.md` are all made from it.

use super::{LogFormat, PublicUrl, Settings, limits};
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::PathBuf;
use std::time::Duration;
use watchglass_probes::{Postgres, Redis, TargetError};
use watchglass_remote::redis::Target;

/// How a value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// A text.
    Text,
    /// A whole number.
    Number,
    /// A whole number, or `off`.
    Limit,
    /// True or false.
    Switch,
    /// A list in the file; elsewhere its items are separated by commas.
    Commas,
    /// A list in the file, or a single text; elsewhere its items are separated by spaces, which URLs cannot have.
    Spaces,
}

impl Form {
    /// What it is called in an error.
    pub(crate) fn wanted(self) -> &'static str {
        match self {
            Self::Text => "a string",
            Self::Number => "a whole number",
            Self::Limit => "a whole number or \"off\"",
            Self::Switch => "true or false",
            Self::Commas => "a list of strings",
            Self::Spaces => "a string or a list of strings",
        }
    }
}

/// A thing that can be set.
pub(crate) struct Key {
    /// As the file has it; a dot stands for a table.
    pub(crate) name: &'static str,
    /// What takes its place in help texts.
    pub(crate) placeholder: &'static str,
    /// The value without any setting, in words where it depends on the machine.
    pub(crate) default: &'static str,
    /// What it does.
    pub(crate) help: &'static str,
    /// How its value is written.
    pub(crate) form: Form,
    /// Takes over a value, or says what would be right.
    pub(crate) set: fn(&mut Settings, &str) -> Result<(), String>,
}

impl Key {
    /// Its flag, without the dashes: `log-format`.
    pub(crate) fn flag(&self) -> String {
        self.name.replace(['.', '_'], "-")
    }

    /// Its environment variable: `WATCHGLASS_LOG_FORMAT`.
    pub(crate) fn variable(&self) -> String {
        format!("WATCHGLASS_{}", self.name.replace('.', "_").to_uppercase())
    }
}

/// All settings there are.
pub(crate) static KEYS: &[Key] = &[
    Key {
        name: "listen",
        placeholder: "ADDRESS:PORT",
        default: "127.0.0.1:7070",
        help: "Where the server answers. Beyond loopback it needs tls_cert and tls_key, or trusted_proxies",
        form: Form::Text,
        set: |settings, value| {
            settings.listen = address(value)?;
            Ok(())
        },
    },
    Key {
        name: "data_dir",
        placeholder: "DIR",
        default: "$XDG_DATA_HOME/watchglass, or ~/.local/share/watchglass",
        help: "The folder of everything that the server keeps. It is made if it is missing",
        form: Form::Text,
        set: |settings, value| {
            settings.data_dir = Some(PathBuf::from(filled(value)?));
            Ok(())
        },
    },
    Key {
        name: "redis_url",
        placeholder: "URL",
        default: "none",
        help: "A Redis that shares history and alerts with other servers, such as redis://watchglass:PASSWORD@redis.example:6379",
        form: Form::Text,
        set: |settings, value| {
            // The value may hold a password: the message must not repeat it.
            if !value.starts_with("redis://") && !value.starts_with("rediss://") {
                return Err("it must begin with redis:// or rediss://".to_owned());
            }
            Target::parse(value).map_err(|error| error.to_string())?;
            settings.redis_url = Some(value.to_owned());
            Ok(())
        },
    },
    Key {
        name: "redis_prefix",
        placeholder: "NAME",
        default: "watchglass",
        help: "What all keys in the shared Redis begin with, in braces. Servers with the same one share history and alerts",
        form: Form::Text,
        set: |settings, value| {
            let name = filled(value)?;
            if name.len() > 50
                || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte))
            {
                return Err(format!("{name:?} must be at most 50 letters, digits and .-_"));
            }
            settings.redis_prefix = name.to_owned();
            Ok(())
        },
    },
    Key {
        name: "redis_sessions",
        placeholder: "BOOL",
        default: "true",
        help: "Whether who signs in at one of the servers that share a Redis is signed in at all of them. Whoever can write to it can then sign in as anybody",
        form: Form::Switch,
        set: |settings, value| {
            settings.redis_sessions = match value {
                "true" => true,
                "false" => false,
                _ => return Err(format!("{value:?} must be true or false")),
            };
            Ok(())
        },
    },
    Key {
        name: "allowed_hosts",
        placeholder: "NAME,…",
        default: "none",
        help: "Names besides localhost and loopback addresses by which browsers may call the server",
        form: Form::Commas,
        set: |settings, value| {
            let names: Vec<String> = value.split(',').map(|name| name.trim().to_ascii_lowercase()).collect();
            let wrong = |name: &&String| {
                name.is_empty()
                    || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte))
            };
            match names.iter().find(wrong) {
                Some(name) => {
                    Err(format!("{name:?} must be a host name without a port, such as watch.example.org"))
                }
                None => {
                    settings.allowed_hosts = names;
                    Ok(())
                }
            }
        },
    },
    Key {
        name: "public_url",
        placeholder: "URL",
        default: "none",
        help: "Where people reach this server, such as https://watch.example.com: messages then have links, and browsers may call it by that name",
        form: Form::Text,
        set: |settings, value| {
            settings.public_url = Some(PublicUrl::parse(value)?);
            Ok(())
        },
    },
    Key {
        name: "trusted_proxies",
        placeholder: "NETWORK,…",
        default: "none",
        help: "Proxies that say by X-Forwarded-For and X-Forwarded-Proto who calls, such as 10.0.0.0/8. From others these headers say nothing",
        form: Form::Commas,
        set: super::edge::set_trusted_proxies,
    },
    Key {
        name: "tls_cert",
        placeholder: "FILE",
        default: "none",
        help: "The certificate that connections are encrypted with, and its chain, as PEM. It is read again when it changes",
        form: Form::Text,
        set: super::edge::set_tls_cert,
    },
    Key {
        name: "tls_key",
        placeholder: "FILE",
        default: "none",
        help: "The key of tls_cert, as PEM without a password",
        form: Form::Text,
        set: super::edge::set_tls_key,
    },
    Key {
        name: "max_connections",
        placeholder: "NUMBER",
        default: "25000",
        help: "The most connections at the same time",
        form: Form::Number,
        set: super::edge::set_max_connections,
    },
    Key {
        name: "max_connections_per_address",
        placeholder: "NUMBER",
        default: "1000",
        help: "The most connections at the same time from one address, but those of this machine and of trusted_proxies",
        form: Form::Number,
        set: super::edge::set_max_connections_per_address,
    },
    Key {
        name: "metrics_open",
        placeholder: "BOOL",
        default: "false",
        help: "Whether /metrics answers anyone who can connect. Otherwise a scraper needs a token of the role viewer",
        form: Form::Switch,
        set: |settings, value| {
            settings.metrics_open = match value {
                "true" => true,
                "false" => false,
                _ => return Err(format!("{value:?} must be true or false")),
            };
            Ok(())
        },
    },
    limits::REST_ANONYMOUS,
    limits::REST,
    limits::SIGN_IN,
    limits::LIVE,
    limits::PAGES,
    limits::INGEST,
    limits::METRICS,
    Key {
        name: "host.name",
        placeholder: "NAME",
        default: "the machine's host name",
        help: "What this machine is called in the label `host` of every series",
        form: Form::Text,
        set: |settings, value| {
            let name = filled(value)?;
            if name.len() > 253 || name.chars().any(char::is_control) {
                return Err("it must be at most 253 characters, none of them a control character".to_owned());
            }
            settings.host_name = Some(name.to_owned());
            Ok(())
        },
    },
    Key {
        name: "host.proc",
        placeholder: "DIR",
        default: "/proc",
        help: "Where the host's proc file system is mounted, for a server in a container",
        form: Form::Text,
        set: |settings, value| {
            settings.host_proc = PathBuf::from(filled(value)?);
            Ok(())
        },
    },
    Key {
        name: "host.sys",
        placeholder: "DIR",
        default: "/sys",
        help: "Where the host's sysfs is mounted, for a server in a container",
        form: Form::Text,
        set: |settings, value| {
            settings.host_sys = PathBuf::from(filled(value)?);
            Ok(())
        },
    },
    Key {
        name: "postgres.url",
        placeholder: "URL",
        default: "none",
        help: "The PostgreSQL servers to watch, such as postgresql://watchglass:PASSWORD@db.example:5432/app",
        form: Form::Spaces,
        set: |settings, value| {
            settings.postgres = urls(value, |url| Postgres::new(url, PACE).err())?;
            Ok(())
        },
    },
    Key {
        name: "redis.watch",
        placeholder: "URL",
        default: "the one of redis_url",
        help: "The Redis servers to watch, such as redis://watchglass:PASSWORD@cache.example:6379",
        form: Form::Spaces,
        set: |settings, value| {
            settings.redis = urls(value, |url| Redis::new(url, PACE).err())?;
            Ok(())
        },
    },
    Key {
        name: "history.days",
        placeholder: "DAYS",
        default: "7",
        help: "How long every second is kept, from 1 to 90 days",
        form: Form::Number,
        set: |settings, value| {
            settings.history_days = number(value, 1, 90)?;
            Ok(())
        },
    },
    Key {
        name: "history.rollup_days",
        placeholder: "DAYS",
        default: "400",
        help: "How long means, minima and maxima are kept, from 7 to 3660 days: of minutes for 35 days at most, then of quarters of an hour",
        form: Form::Number,
        set: |settings, value| {
            settings.rollup_days = number(value, 7, 3660)?;
            Ok(())
        },
    },
    Key {
        name: "log.level",
        placeholder: "LEVEL",
        default: "info",
        help: "The least level that is logged: error, warn, info, debug or trace",
        form: Form::Text,
        set: |settings, value| match value {
            "error" | "warn" | "info" | "debug" | "trace" => {
                settings.log_level = value.to_owned();
                Ok(())
            }
            _ => Err(format!("{value:?} must be one of error, warn, info, debug, trace")),
        },
    },
    Key {
        name: "log.format",
        placeholder: "FORMAT",
        default: "text",
        help: "How log lines are written to standard error: text, or json with one object a line",
        form: Form::Text,
        set: |settings, value| {
            settings.log_format = match value {
                "text" => LogFormat::Text,
                "json" => LogFormat::Json,
                _ => return Err(format!("{value:?} must be text or json")),
            };
            Ok(())
        },
    },
];

/// The most servers of one kind that are watched.
const MOST_SERVERS: usize = 20;

/// Time between two looks at a server.
pub(crate) const PACE: Duration = Duration::from_secs(5);

/// The URLs of servers. None of the messages repeats a part of one: it may hold a password.
fn urls(value: &str, mistake: impl Fn(&str) -> Option<TargetError>) -> Result<Vec<String>, String> {
    let urls: Vec<String> = value.split_whitespace().map(str::to_owned).collect();
    if urls.is_empty() {
        return Err("it must not be empty".to_owned());
    }
    if urls.len() > MOST_SERVERS {
        return Err(format!("there are {} servers: at most {MOST_SERVERS} are watched", urls.len()));
    }
    match urls.iter().find_map(|url| mistake(url)) {
        Some(error) => Err(error.to_string()),
        None => Ok(urls),
    }
}

pub(super) fn number(value: &str, least: u32, most: u32) -> Result<u32, String> {
    let number = value.trim().parse().ok().filter(|number| (least..=most).contains(number));
    number.ok_or_else(|| format!("{value:?} must be a whole number from {least} to {most}"))
}

pub(super) fn filled(value: &str) -> Result<&str, String> {
    if value.trim().is_empty() { Err("it must not be empty".to_owned()) } else { Ok(value) }
}

fn address(value: &str) -> Result<SocketAddr, String> {
    let wrong = || format!("{value:?} must be an address and a port, such as 127.0.0.1:7070 or [::1]:7070");
    let address = match value.strip_prefix("localhost:") {
        // Not left to the resolver: a name must not take the server off loopback.
        Some(port) => format!("127.0.0.1:{port}").to_socket_addrs().ok().and_then(|mut found| found.next()),
        None => value.parse().ok(),
    };
    address.ok_or_else(wrong)
}
