//! Table of settings. Flags, environment variables, keys of the file, help texts and `docs/configuration.md` are generated
//! from it.

use super::option::{ConfigOption, ValueKind};
use super::server_urls::server_urls;
use super::values::{address, boolean, non_empty, path};
use super::{LogFormat, PublicUrl, base_path, heartbeat, history, limits};
use std::time::Duration;
use watchglass_probes::{Postgres, Redis};
use watchglass_remote::redis::Target;

/// All settings.
pub(crate) static OPTIONS: &[ConfigOption] = &[
    ConfigOption {
        name: "listen",
        placeholder: "ADDRESS:PORT",
        default: "127.0.0.1:7070",
        help: "Listen address. Beyond loopback the server uses TLS, with tls_cert or a self-signed certificate, or trusted_proxies",
        kind: ValueKind::String,
        set: |settings, value| {
            settings.listen = address(value)?;
            Ok(())
        },
    },
    ConfigOption {
        name: "data_dir",
        placeholder: "DIR",
        default: "$XDG_DATA_HOME/watchglass, or ~/.local/share/watchglass",
        help: "Data directory (created if missing)",
        kind: ValueKind::String,
        set: |settings, value| {
            settings.data_dir = Some(path(value)?);
            Ok(())
        },
    },
    ConfigOption {
        name: "redis_url",
        placeholder: "URL",
        default: "none",
        help: "Redis to share history and alerts with other servers: redis://watchglass:PASSWORD@redis.example:6379",
        kind: ValueKind::String,
        set: |settings, value| {
            // The value may contain a password: the message must not repeat it.
            if !value.starts_with("redis://") && !value.starts_with("rediss://") {
                return Err("it must begin with redis:// or rediss://".to_owned());
            }
            Target::parse(value).map_err(|error| error.to_string())?;
            settings.redis_url = Some(value.to_owned());
            Ok(())
        },
    },
    ConfigOption {
        name: "redis_prefix",
        placeholder: "NAME",
        default: "watchglass",
        help: "Key prefix in the shared Redis, in braces. Servers with the same prefix share history and alerts",
        kind: ValueKind::String,
        set: |settings, value| {
            let name = non_empty(value)?;
            if name.len() > 50
                || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte))
            {
                return Err(format!("{name:?} must be at most 50 letters, digits and .-_"));
            }
            settings.redis_prefix = name.to_owned();
            Ok(())
        },
    },
    ConfigOption {
        name: "redis_sessions",
        placeholder: "BOOL",
        default: "true",
        help: "Share sessions through the shared Redis. Write access to it then allows signing in as any user",
        kind: ValueKind::Bool,
        set: |settings, value| {
            settings.redis_sessions = boolean(value)?;
            Ok(())
        },
    },
    ConfigOption {
        name: "allowed_hosts",
        placeholder: "NAME,…",
        default: "none",
        help: "Allowed Host headers, besides IP addresses and names without a domain",
        kind: ValueKind::CommaList,
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
    ConfigOption {
        name: "public_url",
        placeholder: "URL",
        default: "none",
        help: "URL of this server for links in notifications: https://watch.example.com, or with a path. Its host is allowed as well",
        kind: ValueKind::String,
        set: |settings, value| {
            settings.public_url = Some(PublicUrl::parse(value)?);
            Ok(())
        },
    },
    base_path::BASE_PATH,
    ConfigOption {
        name: "trusted_proxies",
        placeholder: "NETWORK,…",
        default: "none",
        help: "Proxies whose X-Forwarded-For and X-Forwarded-Proto headers are trusted, such as 10.0.0.0/8",
        kind: ValueKind::CommaList,
        set: super::edge::set_trusted_proxies,
    },
    ConfigOption {
        name: "tls_cert",
        placeholder: "FILE",
        default: "none",
        help: "TLS certificate with its chain, as PEM. Reloaded when it changes",
        kind: ValueKind::String,
        set: super::edge::set_tls_cert,
    },
    ConfigOption {
        name: "tls_key",
        placeholder: "FILE",
        default: "none",
        help: "Private key of tls_cert, as PEM without a password",
        kind: ValueKind::String,
        set: super::edge::set_tls_key,
    },
    ConfigOption {
        name: "max_connections",
        placeholder: "NUMBER",
        default: "25000",
        help: "Maximum number of concurrent connections",
        kind: ValueKind::Number,
        set: super::edge::set_max_connections,
    },
    ConfigOption {
        name: "max_connections_per_address",
        placeholder: "NUMBER",
        default: "1000",
        help: "Maximum number of concurrent connections per IP (excluding localhost and trusted_proxies)",
        kind: ValueKind::Number,
        set: super::edge::set_max_connections_per_address,
    },
    ConfigOption {
        name: "insecure_http",
        placeholder: "BOOL",
        default: "false",
        help: "Let other machines use plain HTTP, where passwords and data can be read on the way, instead of a self-signed certificate",
        kind: ValueKind::Bool,
        set: super::edge::set_insecure_http,
    },
    ConfigOption {
        name: "metrics_anonymous",
        placeholder: "BOOL",
        default: "false",
        help: "Serve /metrics without authentication. Otherwise scrapers need a token with the role viewer",
        kind: ValueKind::Bool,
        set: |settings, value| {
            settings.metrics_anonymous = boolean(value)?;
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
    ConfigOption {
        name: "host.name",
        placeholder: "NAME",
        default: "the machine's host name",
        help: "Name of this machine in the label `host` of every series",
        kind: ValueKind::String,
        set: |settings, value| {
            let name = non_empty(value)?;
            if name.len() > 253 || name.chars().any(char::is_control) {
                return Err("it must be at most 253 characters, none of them a control character".to_owned());
            }
            settings.host_name = Some(name.to_owned());
            Ok(())
        },
    },
    ConfigOption {
        name: "host.proc",
        placeholder: "DIR",
        default: "/proc",
        help: "Mount point of the host's procfs, for a server in a container",
        kind: ValueKind::String,
        set: |settings, value| {
            settings.host_proc = path(value)?;
            Ok(())
        },
    },
    ConfigOption {
        name: "host.sys",
        placeholder: "DIR",
        default: "/sys",
        help: "Mount point of the host's sysfs, for a server in a container",
        kind: ValueKind::String,
        set: |settings, value| {
            settings.host_sys = path(value)?;
            Ok(())
        },
    },
    ConfigOption {
        name: "postgres.url",
        placeholder: "URL",
        default: "none",
        help: "PostgreSQL servers to monitor, such as postgresql://watchglass:PASSWORD@db.example:5432/app",
        kind: ValueKind::SpaceList,
        set: |settings, value| {
            settings.postgres = server_urls(value, |url| Postgres::new(url, COLLECT_INTERVAL))?;
            Ok(())
        },
    },
    ConfigOption {
        name: "redis.targets",
        placeholder: "URL",
        default: "the server of redis_url",
        help: "Redis servers to monitor, such as redis://watchglass:PASSWORD@cache.example:6379",
        kind: ValueKind::SpaceList,
        set: |settings, value| {
            settings.redis = server_urls(value, |url| Redis::new(url, COLLECT_INTERVAL))?;
            Ok(())
        },
    },
    history::DAYS,
    history::ROLLUP_DAYS,
    heartbeat::URL,
    heartbeat::INTERVAL,
    ConfigOption {
        name: "log.level",
        placeholder: "LEVEL",
        default: "info",
        help: "Log level: error, warn, info, debug or trace",
        kind: ValueKind::String,
        set: |settings, value| {
            let level = value.to_ascii_lowercase();
            if !["error", "warn", "info", "debug", "trace"].contains(&level.as_str()) {
                return Err(format!("{value:?} must be one of error, warn, info, debug, trace"));
            }
            settings.log_level = level;
            Ok(())
        },
    },
    ConfigOption {
        name: "log.format",
        placeholder: "FORMAT",
        default: "text",
        help: "Format of log lines on standard error: text, or json with one object per line",
        kind: ValueKind::String,
        set: |settings, value| {
            settings.log_format = match value.to_ascii_lowercase().as_str() {
                "text" => LogFormat::Text,
                "json" => LogFormat::Json,
                _ => return Err(format!("{value:?} must be text or json")),
            };
            Ok(())
        },
    },
];

/// Collection interval of PostgreSQL and Redis servers.
pub(crate) const COLLECT_INTERVAL: Duration = Duration::from_secs(5);
