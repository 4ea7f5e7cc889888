//! The table of settings. The flags, the environment variables, the keys of the file, the help text and
//! `docs/configuration.md` are all made from it.

use super::{LogFormat, Settings};
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::PathBuf;

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
    /// Whether the file has a list for it; elsewhere its items are separated by commas.
    pub(crate) list: bool,
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
        help: "Where the server answers. Only loopback addresses, as long as there is no sign-in",
        list: false,
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
        list: false,
        set: |settings, value| {
            settings.data_dir = Some(PathBuf::from(filled(value)?));
            Ok(())
        },
    },
    Key {
        name: "redis_url",
        placeholder: "URL",
        default: "none",
        help: "A Redis that shares history and alerts. Checked, but not used by this version",
        list: false,
        set: |settings, value| {
            // The value may hold a password: the message must not repeat it.
            if !value.starts_with("redis://") && !value.starts_with("rediss://") {
                return Err("it must begin with redis:// or rediss://".to_owned());
            }
            settings.redis_url = Some(value.to_owned());
            Ok(())
        },
    },
    Key {
        name: "allowed_hosts",
        placeholder: "NAME,…",
        default: "none",
        help: "Names besides localhost and loopback addresses by which browsers may call the server",
        list: true,
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
        name: "host.name",
        placeholder: "NAME",
        default: "the machine's host name",
        help: "What this machine is called in the label `host` of every series",
        list: false,
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
        list: false,
        set: |settings, value| {
            settings.host_proc = PathBuf::from(filled(value)?);
            Ok(())
        },
    },
    Key {
        name: "log.level",
        placeholder: "LEVEL",
        default: "info",
        help: "The least level that is logged: error, warn, info, debug or trace",
        list: false,
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
        list: false,
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

fn filled(value: &str) -> Result<&str, String> {
    if value.trim().is_empty() { Err("it must not be empty".to_owned()) } else { Ok(value) }
}

fn address(value: &str) -> Result<SocketAddr, String> {
    let wrong = || format!("{value:?} must be an address and a port, such as 127.0.0.1:7070 or [::1]:7070");
    let address = match value.strip_prefix("localhost:") {
        // Not left to the resolver: a name must not take the server off loopback.
        Some(port) => format!("127.0.0.1:{port}").to_socket_addrs().ok().and_then(|mut found| found.next()),
        None => value.parse().ok(),
    };
    let address: SocketAddr = address.ok_or_else(wrong)?;
    if !address.ip().is_loopback() {
        return Err(format!(
            "{address} can be reached from other machines, and this version has no sign-in yet: \
             it must be a loopback address such as 127.0.0.1:{}; to look from elsewhere, tunnel to it with ssh -L",
            address.port()
        ));
    }
    Ok(address)
}
