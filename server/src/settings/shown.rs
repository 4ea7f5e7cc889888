//! What is set and where that was said, as people may see it: no secret is in it.

use super::{KEYS, Settings};
use std::path::{Path, PathBuf};
use std::time::Duration;
use url::Url;
use watchglass_history::Options;

/// Settings whose values are no secret. Of all others that are set it is only said that they are.
const PLAIN: [&str; 25] = [
    "listen",
    "data_dir",
    "redis_prefix",
    "redis_sessions",
    "allowed_hosts",
    "public_url",
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
    "log.level",
    "log.format",
];
/// Settings that are addresses with users and passwords in them: host and path are shown.
const ADDRESSES: [&str; 3] = ["redis_url", "postgres.url", "redis.watch"];

/// Where something was set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// On the command line, by this flag.
    Flag(String),
    /// In the environment, by this variable.
    Variable(String),
    /// In the configuration file, on this line.
    File(usize),
}

/// Something that was set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Given {
    /// Name of the setting or of the table.
    name: &'static str,
    /// What it was set to; `None` where that is not to be seen.
    value: Option<String>,
    /// Where.
    place: Place,
}

impl Given {
    /// The setting `name`, set to `text`.
    pub(super) fn new(name: &'static str, text: &str, place: Place) -> Self {
        Self { name, value: seen(name, text), place }
    }

    /// The table `name`, which has so many entries.
    pub(super) fn table(name: &'static str, value: String, line: usize) -> Self {
        Self { name, value: Some(value), place: Place::File(line) }
    }

    /// Whether it is the setting `name`.
    pub(super) fn is_of(&self, name: &str) -> bool {
        self.name == name
    }

    /// Where it was set.
    pub(super) fn place(&self) -> &Place {
        &self.place
    }

    /// Adds it to what was set; what was set elsewhere before counts no longer.
    pub(super) fn note(self, all: &mut Vec<Self>) {
        all.retain(|known| known.name != self.name);
        all.push(self);
    }
}

/// What may be seen of a value.
fn seen(name: &str, text: &str) -> Option<String> {
    if PLAIN.contains(&name) {
        return Some(text.to_owned());
    }
    if !ADDRESSES.contains(&name) {
        return None;
    }
    let address = |item: &str| {
        let url = Url::parse(item).ok()?;
        let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
        Some(format!("{}://{}{port}{}", url.scheme(), url.host_str()?, url.path()))
    };
    let all: Option<Vec<String>> = text.split_whitespace().map(address).collect();
    Some(all?.join(" "))
}

/// All settings, as people may see them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shown {
    /// The configuration file, if there is one.
    pub(crate) file: Option<PathBuf>,
    /// The folder of everything that is kept.
    pub(crate) data_dir: PathBuf,
    /// Each setting, and each table of the file.
    pub(crate) rows: Vec<ShownSetting>,
    /// How long what is kept: a noun and a stretch of time.
    pub(crate) kept: Vec<(&'static str, Duration)>,
    /// What is shared with other servers, and under which name; `None` where nothing is.
    pub(crate) shared: Option<String>,
}

/// A setting, as people may see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ShownSetting {
    /// Its name in the file.
    pub(crate) name: &'static str,
    /// Its value; `None` where it is set and not to be seen.
    pub(crate) value: Option<String>,
    /// Where that was said: `--listen`, `WATCHGLASS_LISTEN`, `watchglass.toml:3`; `None` for what nobody has set.
    pub(crate) place: Option<String>,
    /// What it does; empty for tables.
    pub(crate) help: &'static str,
}

impl Shown {
    /// The settings with which a server runs that keeps its data in `data_dir` for as long as `kept` says.
    pub(crate) fn new(settings: &Settings, data_dir: &Path, kept: &Options) -> Self {
        let place = |place: &Place| match place {
            Place::Flag(name) => format!("--{name}"),
            Place::Variable(name) => name.clone(),
            Place::File(line) => match &settings.file {
                Some(file) => format!("{}:{line}", file.display()),
                None => format!("line {line}"),
            },
        };
        let given = |name: &str| settings.given.iter().find(|given| given.name == name);
        let key = |key: &super::keys::Key| match given(key.name) {
            Some(given) => ShownSetting {
                name: key.name,
                value: given.value.clone(),
                place: Some(place(&given.place)),
                help: key.help,
            },
            None => ShownSetting {
                name: key.name,
                value: Some(key.default.to_owned()),
                place: None,
                help: key.help,
            },
        };
        let tables = super::tables::TABLES.iter().map(|&name| match given(name) {
            Some(given) => {
                ShownSetting { name, value: given.value.clone(), place: Some(place(&given.place)), help: "" }
            }
            None => ShownSetting { name, value: Some("none".to_owned()), place: None, help: "" },
        });
        let shared = settings.redis_url.as_deref().and_then(|url| seen("redis_url", url));
        Self {
            file: settings.file.clone(),
            data_dir: data_dir.to_owned(),
            rows: KEYS.iter().map(key).chain(tables).collect(),
            kept: vec![
                ("Every second", kept.raw_retention),
                ("Every minute", kept.minute_retention),
                ("Every quarter of an hour", kept.quarter_retention),
            ],
            shared: shared.map(|address| format!("{address}, as {:?}", settings.redis_prefix)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::resolve;

    fn shown(file: &str, flags: &[(&str, &str)], variables: &[(&str, &str)]) -> (Shown, String) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("w.toml");
        std::fs::write(&path, file).unwrap();
        let find = |all: &[(&str, &str)], name: &str| {
            all.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        let settings = resolve(Some(&path), |name| find(flags, name), |name| find(variables, name)).unwrap();
        let kept = Options {
            raw_retention: Duration::from_secs(1),
            minute_retention: Duration::from_secs(2),
            quarter_retention: Duration::from_secs(3),
            series_limit: 1,
        };
        (Shown::new(&settings, Path::new("/data"), &kept), path.display().to_string())
    }

    fn row<'a>(shown: &'a Shown, name: &str) -> &'a ShownSetting {
        shown.rows.iter().find(|row| row.name == name).unwrap()
    }

    #[test]
    fn each_setting_says_where_it_comes_from() {
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
            assert_eq!((row.value.as_deref(), &row.place), (Some(value), &place), "{name}");
        }
        assert!(shown.shared.is_none() && shown.rows.len() == KEYS.len() + 3);
    }

    #[test]
    fn no_secret_is_in_what_is_shown() {
        let (shown, _) = shown(
            "redis_url = 'redis://me:sesame@r.example:6380/2'\n\
             [redis]\nwatch = ['redis://:sesame@a.example', 'rediss://b.example:1']\n\
             [channels.hook]\nkind = 'webhook'\nurl = 'https://h.example/sesame'\n",
            &[("postgres-url", "postgresql://u:sesame@db.example:5433/app")],
            &[],
        );
        assert!(!format!("{shown:?}").contains("sesame"), "{shown:?}");
        for (name, value) in [
            ("redis_url", "redis://r.example:6380/2"),
            ("redis.watch", "redis://a.example rediss://b.example:1"),
            ("postgres.url", "postgresql://db.example:5433/app"),
            ("channels", "1"),
        ] {
            assert_eq!(row(&shown, name).value.as_deref(), Some(value), "{name}");
        }
        assert_eq!(shown.shared.as_deref(), Some("redis://r.example:6380/2, as \"watchglass\""));
        assert_eq!(
            seen("postgres.url", "postgresql://h/d?password=sesame").as_deref(),
            Some("postgresql://h/d")
        );
        // What is new is a secret until it is said to be none.
        for (name, text) in [("admin_password", "sesame"), ("redis_url", "no address: sesame")] {
            assert_eq!(seen(name, text), None);
        }
    }

    #[test]
    fn what_is_listed_here_is_there() {
        for name in PLAIN.iter().chain(&ADDRESSES) {
            assert!(KEYS.iter().any(|key| key.name == *name), "{name}");
        }
    }
}
