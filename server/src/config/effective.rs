//! Effective configuration with the source of each setting, without secrets.

use super::{OPTIONS, Settings};
use std::path::{Path, PathBuf};
use std::time::Duration;
use url::Url;
use watchglass_remote::redis::Target;
use watchglass_tsdb::Options;

/// Settings whose values are not secret. All other values are hidden.
const PUBLIC_SETTINGS: [&str; 29] = [
    "listen",
    "data_dir",
    "redis_prefix",
    "redis_sessions",
    "allowed_hosts",
    "public_url",
    "base_path",
    "limits.rest_anonymous",
    "limits.rest",
    "limits.sign_in",
    "limits.live",
    "limits.pages",
    "limits.ingest",
    "limits.metrics",
    "trusted_proxies",
    "tls_cert",
    "tls_key",
    "max_connections",
    "max_connections_per_address",
    "host.name",
    "host.proc",
    "host.sys",
    "history.days",
    "history.rollup_days",
    "records.retention",
    "records.max_bytes",
    "heartbeat.interval",
    "log.level",
    "log.format",
];
/// Settings that are URLs with credentials: only scheme, host, port and path are shown.
const URL_SETTINGS: [&str; 3] = ["redis_url", "postgres.url", "redis.targets"];

/// Source of a setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SettingSource {
    /// On the command line, by this flag.
    Flag(String),
    /// By this environment variable.
    Variable(String),
    /// In the configuration file, on this line.
    File(usize),
}

/// A setting that was set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AssignedSetting {
    /// Name of the setting or section.
    name: &'static str,
    /// The value; `None` if it is secret.
    value: Option<String>,
    source: SettingSource,
}

impl AssignedSetting {
    /// The setting `name`, set to `text`.
    pub(super) fn new(name: &'static str, text: &str, place: SettingSource) -> Self {
        Self { name, value: redacted(name, text), source: place }
    }

    /// The section `name`, with its number of entries as value.
    pub(super) fn section(name: &'static str, value: String, line: usize) -> Self {
        Self { name, value: Some(value), source: SettingSource::File(line) }
    }

    /// Whether it is the setting `name`.
    pub(super) fn has_name(&self, name: &str) -> bool {
        self.name == name
    }

    /// Where it was set.
    pub(super) fn source(&self) -> &SettingSource {
        &self.source
    }

    /// Adds it to the settings, and replaces an earlier value of the same setting.
    pub(super) fn insert_into(self, all: &mut Vec<Self>) {
        all.retain(|known| known.name != self.name);
        all.push(self);
    }
}

/// The value without secrets; `None` if all of it is secret.
fn redacted(name: &str, text: &str) -> Option<String> {
    if PUBLIC_SETTINGS.contains(&name) {
        return Some(text.to_owned());
    }
    if !URL_SETTINGS.contains(&name) {
        return None;
    }
    let address = |item: &str| {
        let urls: Option<Vec<Url>> = Target::split(item).iter().map(|url| Url::parse(url).ok()).collect();
        let urls = urls?;
        let host = |url: &Url| {
            let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
            Some(format!("{}{port}", url.host_str()?))
        };
        let hosts: Option<Vec<String>> = urls.iter().map(host).collect();
        let first = urls.first()?;
        Some(format!("{}://{}{}", first.scheme(), hosts?.join(","), first.path()))
    };
    let all: Option<Vec<String>> = text.split_whitespace().map(address).collect();
    Some(all?.join(" "))
}

/// All settings, as shown to users.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct EffectiveConfig {
    /// The configuration file, if there is one.
    pub(crate) file: Option<PathBuf>,
    /// The data directory.
    pub(crate) data_dir: PathBuf,
    /// Settings, then sections of the file.
    pub(crate) rows: Vec<EffectiveSetting>,
    /// Retention per resolution.
    pub(crate) retention: Vec<(&'static str, Duration)>,
    /// Address and prefix of the shared Redis; `None` if clustering is off.
    pub(crate) cluster: Option<String>,
}

/// A setting, as shown to users.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EffectiveSetting {
    /// Key in the file.
    pub(crate) name: &'static str,
    /// The value; `None` if it is set and secret.
    pub(crate) value: Option<String>,
    /// The source: `--listen`, `WATCHGLASS_LISTEN`, `watchglass.toml:3`; `None` for the default.
    pub(crate) source: Option<String>,
    /// Description; empty for sections.
    pub(crate) help: &'static str,
}

impl EffectiveConfig {
    /// The effective configuration of a server with this data directory and retention.
    pub(crate) fn new(settings: &Settings, data_dir: &Path, retention: &Options) -> Self {
        let place = |place: &SettingSource| match place {
            SettingSource::Flag(name) => format!("--{name}"),
            SettingSource::Variable(name) => name.clone(),
            SettingSource::File(line) => match &settings.file {
                Some(file) => format!("{}:{line}", file.display()),
                None => format!("line {line}"),
            },
        };
        let given = |name: &str| settings.assigned.iter().find(|given| given.name == name);
        let key = |key: &super::option::ConfigOption| match given(key.name) {
            Some(given) => EffectiveSetting {
                name: key.name,
                value: given.value.clone(),
                source: Some(place(&given.source)),
                help: key.help,
            },
            None => EffectiveSetting {
                name: key.name,
                value: Some(key.default.to_owned()),
                source: None,
                help: key.help,
            },
        };
        let tables = super::sections::SECTIONS.iter().map(|&name| match given(name) {
            Some(given) => EffectiveSetting {
                name,
                value: given.value.clone(),
                source: Some(place(&given.source)),
                help: "",
            },
            None => EffectiveSetting { name, value: Some("none".to_owned()), source: None, help: "" },
        });
        let shared = settings.redis_url.as_deref().and_then(|url| redacted("redis_url", url));
        Self {
            file: settings.file.clone(),
            data_dir: data_dir.to_owned(),
            rows: OPTIONS.iter().map(key).chain(tables).collect(),
            retention: vec![
                ("1 s resolution", retention.raw_retention),
                ("1 min resolution", retention.minute_retention),
                ("15 min resolution", retention.quarter_retention),
                ("Records", settings.records_retention),
            ],
            cluster: shared.map(|address| format!("{address}, prefix {:?}", settings.redis_prefix)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::resolve;

    fn shown(file: &str, flags: &[(&str, &str)], variables: &[(&str, &str)]) -> (EffectiveConfig, String) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("w.toml");
        std::fs::write(&path, file).unwrap();
        let find = |all: &[(&str, &str)], name: &str| {
            all.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        let settings = resolve(Some(&path), |name| find(flags, name), |name| find(variables, name)).unwrap();
        let retention = Options {
            raw_retention: Duration::from_secs(1),
            minute_retention: Duration::from_secs(2),
            quarter_retention: Duration::from_secs(3),
            series_limit: 1,
        };
        (EffectiveConfig::new(&settings, Path::new("/data"), &retention), path.display().to_string())
    }

    fn row<'a>(shown: &'a EffectiveConfig, name: &str) -> &'a EffectiveSetting {
        shown.rows.iter().find(|row| row.name == name).unwrap()
    }

    #[test]
    fn settings_have_their_source() {
        let (shown, path) = shown(
            "\nlisten = '127.0.0.1:1'\n[history]\ndays = 8\nrollup_days = 30\n[log]\nlevel = 'warn'\n\n[[rules]]\nid = 'disk'\nwarning = 0.95\n",
            &[("log-level", "debug")],
            &[("WATCHGLASS_HISTORY_DAYS", "9"), ("WATCHGLASS_LOG_LEVEL", "error")],
        );
        for (name, value, place) in [
            ("listen", "127.0.0.1:1", Some(format!("{path}:2"))),
            ("history.days", "9", Some("WATCHGLASS_HISTORY_DAYS".to_owned())),
            ("history.rollup_days", "30", Some(format!("{path}:5"))),
            ("log.level", "debug", Some("--log-level".to_owned())),
            ("log.format", "text", None),
            ("rules", "1", Some(format!("{path}:9"))),
            ("channels", "none", None),
        ] {
            let row = row(&shown, name);
            assert_eq!((row.value.as_deref(), &row.source), (Some(value), &place), "{name}");
        }
        assert!(shown.cluster.is_none() && shown.rows.len() == OPTIONS.len() + 4);
    }

    #[test]
    fn secrets_are_hidden() {
        let (shown, _) = shown(
            "redis_url = 'redis://me:sesame@r.example:6380,s.example/2'\n\
             [redis]\ntargets = ['redis://:sesame@a.example', 'rediss://b.example:1']\n\
             [channels.hook]\nkind = 'webhook'\nurl = 'https://h.example/sesame'\n",
            &[("postgres-url", "postgresql://u:sesame@db.example:5433/app")],
            &[],
        );
        assert!(!format!("{shown:?}").contains("sesame"), "{shown:?}");
        for (name, value) in [
            ("redis_url", "redis://r.example:6380,s.example/2"),
            ("redis.targets", "redis://a.example rediss://b.example:1"),
            ("postgres.url", "postgresql://db.example:5433/app"),
            ("channels", "1"),
        ] {
            assert_eq!(row(&shown, name).value.as_deref(), Some(value), "{name}");
        }
        assert_eq!(
            shown.cluster.as_deref(),
            Some("redis://r.example:6380,s.example/2, prefix \"watchglass\"")
        );
        assert_eq!(
            redacted("postgres.url", "postgresql://h/d?password=sesame").as_deref(),
            Some("postgresql://h/d")
        );
        // New settings are secret unless they are listed as public.
        for (name, text) in [("admin_password", "sesame"), ("redis_url", "no address: sesame")] {
            assert_eq!(redacted(name, text), None);
        }
    }

    #[test]
    fn listed_settings_exist() {
        for name in PUBLIC_SETTINGS.iter().chain(&URL_SETTINGS) {
            assert!(OPTIONS.iter().any(|key| key.name == *name), "{name}");
        }
    }
}
