//! Configuration from flags, environment variables and a TOML file, defined in one table.

mod base_path;
mod channel_names;
mod companions;
mod edge;
mod effective;
mod file;
mod heartbeat;
mod history;
mod key_offset;
mod label_warnings;
mod limits;
mod option;
mod options;
mod path_flag;
mod public_url;
mod records;
mod renamed;
mod resolve;
mod rule_warnings;
mod sections;
mod server_urls;
mod values;

#[cfg(test)]
pub(crate) use base_path::OWN_SEGMENTS;
pub(crate) use edge::EdgeSettings;
use effective::SettingSource;
pub(crate) use effective::{EffectiveConfig, EffectiveSetting};
pub(crate) use file::read_file;
use label_warnings::LabelWarning;
pub(crate) use options::{COLLECT_INTERVAL, OPTIONS};
pub(crate) use path_flag::path_flag;
pub(crate) use public_url::PublicUrl;
use renamed::FormerName;
pub(crate) use resolve::{check, resolve};
use rule_warnings::FileRuleWarning;

#[cfg(test)]
mod documentation;

use crate::heartbeats::NewHeartbeat;
use crate::rate_limit::RateLimits;
use axum::http::Uri;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;
use watchglass_dispatch::DispatchSettings;
use watchglass_notify::ChannelSettings;
use watchglass_rules::Rule;

/// Format of log lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum LogFormat {
    /// Plain text.
    #[default]
    Text,
    /// One JSON object per line.
    Json,
}

/// The configuration.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) listen: SocketAddr,
    pub(crate) data_dir: Option<PathBuf>,
    pub(crate) redis_url: Option<String>,
    pub(crate) redis_prefix: String,
    /// Whether sessions are shared through `redis_url`.
    pub(crate) redis_sessions: bool,
    pub(crate) allowed_hosts: Vec<String>,
    pub(crate) public_url: Option<PublicUrl>,
    /// Base path as set; see [`Settings::base_path`].
    pub(crate) base_path: Option<String>,
    pub(crate) edge: EdgeSettings,
    /// Whether `/metrics` needs no authentication.
    pub(crate) metrics_anonymous: bool,
    /// Rate limits.
    pub(crate) limits: RateLimits,
    pub(crate) host_name: Option<String>,
    pub(crate) host_proc: PathBuf,
    pub(crate) host_sys: PathBuf,
    pub(crate) postgres: Vec<String>,
    pub(crate) redis: Vec<String>,
    pub(crate) history_days: u32,
    pub(crate) rollup_days: u32,
    /// Maximum size of the record store on disk, in bytes.
    pub(crate) records_max_bytes: u64,
    /// Retention of records.
    pub(crate) records_retention: Duration,
    /// Rules of the file; they replace built-in rules with the same id.
    pub(crate) rules: Vec<Rule>,
    pub(crate) notifications: DispatchSettings,
    pub(crate) channels: BTreeMap<String, ChannelSettings>,
    /// Expected heartbeats.
    pub(crate) heartbeats: Vec<NewHeartbeat>,
    /// URL of heartbeats, often with a secret.
    pub(crate) heartbeat_url: Option<Uri>,
    pub(crate) heartbeat_interval: Duration,
    pub(crate) log_level: String,
    pub(crate) log_format: LogFormat,
    /// The configuration file that was read.
    pub(crate) file: Option<PathBuf>,
    /// All settings that were set, with their sources.
    pub(crate) assigned: Vec<effective::AssignedSetting>,
    /// Former names that were used, to warn of them.
    pub(crate) former_names: Vec<FormerName>,
    /// Rules of the file that probably do not do what they are meant to, to warn of them.
    pub(crate) rule_warnings: Vec<FileRuleWarning>,
    /// Label names of the file that are probably misspelt.
    pub(crate) label_warnings: Vec<LabelWarning>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 7070)),
            data_dir: None,
            redis_url: None,
            redis_prefix: "watchglass".to_owned(),
            redis_sessions: true,
            allowed_hosts: Vec::new(),
            public_url: None,
            base_path: None,
            edge: EdgeSettings::default(),
            metrics_anonymous: false,
            limits: RateLimits::default(),
            host_name: None,
            host_proc: PathBuf::from("/proc"),
            host_sys: PathBuf::from("/sys"),
            postgres: Vec::new(),
            redis: Vec::new(),
            history_days: 7,
            rollup_days: 400,
            records_max_bytes: 1_000_000_000,
            records_retention: Duration::from_secs(200 * 3600),
            rules: Vec::new(),
            notifications: DispatchSettings::default(),
            channels: BTreeMap::new(),
            heartbeats: Vec::new(),
            heartbeat_url: None,
            heartbeat_interval: Duration::from_secs(60),
            log_level: "info".to_owned(),
            log_format: LogFormat::default(),
            file: None,
            assigned: Vec::new(),
            former_names: Vec::new(),
            rule_warnings: Vec::new(),
            label_warnings: Vec::new(),
        }
    }
}

impl Settings {
    /// Allowed host names besides addresses and names without a domain: `allowed_hosts`, and the host of `public_url`.
    pub(crate) fn host_names(&self) -> Vec<String> {
        let public = self.public_url.iter().map(|url| url.host().to_owned());
        self.allowed_hosts.iter().cloned().chain(public).collect()
    }
}
