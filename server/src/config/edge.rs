//! Settings of the HTTP edge: proxies, TLS and connection limits.

use super::{SettingSource, Settings};
use crate::edge::{CertificateFiles, Exposure, Network};
use std::path::PathBuf;

/// The most networks in `trusted_proxies`.
const MAX_NETWORKS: usize = 100;

/// Settings of the HTTP edge.
#[derive(Clone, Debug)]
pub(crate) struct EdgeSettings {
    /// Proxies whose forwarding headers are trusted.
    pub(crate) trusted_proxies: Vec<Network>,
    tls_cert: Option<PathBuf>,
    tls_key: Option<PathBuf>,
    /// Whether other machines may use plain HTTP.
    pub(crate) insecure_http: bool,
    /// Maximum number of concurrent connections.
    pub(crate) max_connections: u32,
    /// Maximum number of concurrent connections from one address, except trusted proxies and this machine.
    pub(crate) max_connections_per_address: u32,
}

impl Default for EdgeSettings {
    fn default() -> Self {
        Self {
            trusted_proxies: Vec::new(),
            tls_cert: None,
            tls_key: None,
            insecure_http: false,
            max_connections: 25_000,
            max_connections_per_address: 1000,
        }
    }
}

impl EdgeSettings {
    /// Certificate and key, if TLS is configured.
    pub(crate) fn certificate(&self) -> Option<CertificateFiles> {
        let (certificate, key) = self.tls_cert.clone().zip(self.tls_key.clone())?;
        Some(CertificateFiles { certificate, key })
    }
}

impl Settings {
    /// How other machines connect.
    pub(crate) fn exposure(&self) -> Exposure {
        if self.edge.certificate().is_some() {
            Exposure::Tls
        } else if self.listen.ip().to_canonical().is_loopback() {
            Exposure::Local
        } else if self.edge.insecure_http {
            Exposure::PlainHttp
        } else if self.edge.trusted_proxies.is_empty() {
            Exposure::SelfSigned
        } else {
            Exposure::Proxies
        }
    }

    /// Checks that the settings of the edge are consistent.
    ///
    /// # Errors
    /// The name of the inconsistent setting, and the accepted form.
    pub(super) fn check_edge(&self) -> Result<(), (&'static str, String)> {
        match (&self.edge.tls_cert, &self.edge.tls_key) {
            (Some(_), None) => {
                return Err(("tls_cert", "a certificate needs its key: set tls_key as well".to_owned()));
            }
            (None, Some(_)) => {
                return Err(("tls_key", "a key needs its certificate: set tls_cert as well".to_owned()));
            }
            _ => {}
        }
        if self.edge.insecure_http && self.edge.certificate().is_some() {
            let message =
                "insecure_http serves plain HTTP: remove it, or remove tls_cert and tls_key".to_owned();
            return Err(("insecure_http", message));
        }
        Ok(())
    }

    /// Where the setting `name` was set, for error messages: `--listen`, `WATCHGLASS_LISTEN`, `line 3: listen`.
    pub(super) fn source_of(&self, name: &'static str) -> String {
        match self.assigned.iter().find(|given| given.has_name(name)).map(|given| given.source()) {
            Some(SettingSource::Flag(flag)) => format!("--{flag}"),
            Some(SettingSource::Variable(variable)) => variable.clone(),
            Some(SettingSource::File(line)) => match &self.file {
                Some(file) => format!("{}, line {line}: {name}", file.display()),
                None => format!("line {line}: {name}"),
            },
            None => name.to_owned(),
        }
    }
}

pub(super) fn set_trusted_proxies(settings: &mut Settings, value: &str) -> Result<(), String> {
    let networks: Vec<Network> = value.split(',').map(Network::parse).collect::<Result<_, _>>()?;
    if networks.len() > MAX_NETWORKS {
        return Err(format!("there are {} networks: at most {MAX_NETWORKS} are allowed", networks.len()));
    }
    settings.edge.trusted_proxies = networks;
    Ok(())
}

pub(super) fn set_tls_cert(settings: &mut Settings, value: &str) -> Result<(), String> {
    settings.edge.tls_cert = Some(super::values::path(value)?);
    Ok(())
}

pub(super) fn set_tls_key(settings: &mut Settings, value: &str) -> Result<(), String> {
    settings.edge.tls_key = Some(super::values::path(value)?);
    Ok(())
}

pub(super) fn set_insecure_http(settings: &mut Settings, value: &str) -> Result<(), String> {
    settings.edge.insecure_http = value.parse().map_err(|_| format!("{value:?} must be true or false"))?;
    Ok(())
}

pub(super) fn set_max_connections(settings: &mut Settings, value: &str) -> Result<(), String> {
    settings.edge.max_connections = super::values::number(value, 1, 1_000_000)?;
    Ok(())
}

pub(super) fn set_max_connections_per_address(settings: &mut Settings, value: &str) -> Result<(), String> {
    settings.edge.max_connections_per_address = super::values::number(value, 1, 1_000_000)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::resolve;
    use crate::edge::Exposure;

    fn outcome(flags: &[(&str, &str)], variables: &[(&str, &str)]) -> Result<Exposure, String> {
        let find = |all: &[(&str, &str)], name: &str| {
            all.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        resolve(None, |name| find(flags, name), |name| find(variables, name))
            .map(|settings| settings.exposure())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn other_machines_connect_with_tls_or_through_proxies_unless_plain_http_is_set() {
        let tls = [("tls-cert", "/c.pem"), ("tls-key", "/k.pem")];
        let proxies = ("trusted-proxies", "10.0.0.0/8, 192.0.2.1");
        let insecure = ("insecure-http", "true");
        for (flags, expected) in [
            (vec![], Exposure::Local),
            (vec![("listen", "[::1]:1")], Exposure::Local),
            (vec![("listen", "[::ffff:127.0.0.1]:1")], Exposure::Local),
            (vec![("listen", "127.0.0.1:1"), proxies], Exposure::Local),
            (vec![("listen", "127.0.0.1:1"), insecure], Exposure::Local),
            (vec![("listen", "0.0.0.0:1"), proxies], Exposure::Proxies),
            (vec![("listen", "0.0.0.0:1"), proxies, insecure], Exposure::PlainHttp),
            (vec![("listen", "0.0.0.0:1"), insecure], Exposure::PlainHttp),
            (vec![("listen", "0.0.0.0:1")], Exposure::SelfSigned),
            (vec![("listen", "[2001:db8::1]:1")], Exposure::SelfSigned),
            (vec![("listen", "192.0.2.1:1"), tls[0], tls[1]], Exposure::Tls),
            (vec![("listen", "[::]:1"), tls[0], tls[1], proxies], Exposure::Tls),
        ] {
            assert_eq!(outcome(&flags, &[]), Ok(expected), "{flags:?}");
        }
    }

    #[test]
    fn inconsistent_settings_are_named_with_their_source() {
        for (flags, variables, expected) in [
            (
                vec![("insecure-http", "true"), ("tls-cert", "/c"), ("tls-key", "/k")],
                vec![],
                "--insecure-http: insecure_http serves plain HTTP: remove it",
            ),
            (vec![("insecure-http", "maybe")], vec![], "must be true or false"),
            (vec![("tls-cert", "/c")], vec![], "--tls-cert: a certificate needs its key: set tls_key"),
            (vec![], vec![("WATCHGLASS_TLS_KEY", "/k")], "WATCHGLASS_TLS_KEY: a key needs its certificate"),
            (vec![("trusted-proxies", "10.0.0.0/8,")], vec![], "--trusted-proxies: \"\" must be a network"),
            (vec![("trusted-proxies", "10.0.0.1/8")], vec![], "write 10.0.0.0/8"),
            (vec![("tls-cert", " ")], vec![], "--tls-cert: it must not be empty"),
            (vec![("max-connections", "0")], vec![], "from 1 to 1000000"),
            (vec![("max-connections-per-address", "x")], vec![], "from 1 to 1000000"),
        ] {
            let error = outcome(&flags, &variables).unwrap_err();
            assert!(error.contains(expected), "{expected}: {error}");
        }
        let many = vec!["10.0.0.1"; 101].join(",");
        assert!(outcome(&[("trusted-proxies", &many)], &[]).unwrap_err().contains("at most 100 are allowed"));
    }
}
