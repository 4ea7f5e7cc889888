//! What can be set, and where: flags, environment, a TOML file. One table says it all.

mod edge;
mod file;
mod keys;
mod limits;
mod public_url;
mod resolve;
mod shown;
mod tables;

pub(crate) use edge::EdgeSettings;
pub(crate) use file::read_file;
pub(crate) use keys::{KEYS, PACE};
pub(crate) use public_url::PublicUrl;
pub(crate) use resolve::{check, resolve};
use shown::Place;
pub(crate) use shown::{Shown, ShownSetting};

#[cfg(test)]
mod documentation;

use crate::limits::Limits;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use watchglass_alerts::Rule;
use watchglass_alerts::telling::TellingSettings;
use watchglass_notify::ChannelSettings;

/// How log lines are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// Everything that can be set.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) listen: SocketAddr,
    pub(crate) data_dir: Option<PathBuf>,
    pub(crate) redis_url: Option<String>,
    pub(crate) redis_prefix: String,
    /// Whether sessions are shared through it.
    pub(crate) redis_sessions: bool,
    pub(crate) allowed_hosts: Vec<String>,
    pub(crate) public_url: Option<PublicUrl>,
    /// Who may connect, and how.
    pub(crate) edge: EdgeSettings,
    /// Whether anyone may scrape.
    pub(crate) metrics_open: bool,
    /// How often whoever calls may call.
    pub(crate) limits: Limits,
    pub(crate) host_name: Option<String>,
    pub(crate) host_proc: PathBuf,
    pub(crate) host_sys: PathBuf,
    pub(crate) postgres: Vec<String>,
    pub(crate) redis: Vec<String>,
    pub(crate) history_days: u32,
    pub(crate) rollup_days: u32,
    /// Rules of the file, in place of the stock rules with their ids, and beside the others.
    pub(crate) rules: Vec<Rule>,
    pub(crate) telling: TellingSettings,
    pub(crate) channels: BTreeMap<String, ChannelSettings>,
    pub(crate) log_level: String,
    pub(crate) log_format: LogFormat,
    /// The configuration file that was read.
    pub(crate) file: Option<PathBuf>,
    /// What was set, and where.
    pub(crate) given: Vec<shown::Given>,
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
            edge: EdgeSettings::default(),
            metrics_open: false,
            limits: Limits::default(),
            host_name: None,
            host_proc: PathBuf::from("/proc"),
            host_sys: PathBuf::from("/sys"),
            postgres: Vec::new(),
            redis: Vec::new(),
            history_days: 7,
            rollup_days: 400,
            rules: Vec::new(),
            telling: TellingSettings::default(),
            channels: BTreeMap::new(),
            log_level: "info".to_owned(),
            log_format: LogFormat::default(),
            file: None,
            given: Vec::new(),
        }
    }
}

impl Settings {
    /// Names besides loopback ones by which browsers may call: those that are allowed, that of the public address, and the address
    /// that the server answers at, where it is a single one.
    pub(crate) fn host_names(&self) -> Vec<String> {
        let public = self.public_url.iter().map(|url| url.host().to_owned());
        let own = Some(self.listen.ip()).filter(|ip| !ip.is_unspecified() && !ip.is_loopback());
        let own = own.map(|ip| ip.to_string());
        self.allowed_hosts.iter().cloned().chain(public).chain(own).collect()
    }
}
