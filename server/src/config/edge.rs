//! Settings of the HTTP edge: proxies, TLS and connection limits.

use super::{SettingSource, Settings};
use crate::edge::{CertificateFiles, Network};
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
    /// Whether other machines can reach the server without TLS: then only trusted proxies may connect.
    pub(crate) fn proxies_only(&self) -> bool {
        !self.listen.ip().to_canonical().is_loopback() && self.edge.certificate().is_none()
    }

    /// A warning if the server listens on all addresses but has no host name that other machines may use.
    pub(crate) fn missing_host_name_warning(&self) -> Option<String> {
        let is_nameless = self.listen.ip().is_unspecified() && self.host_names().is_empty();
        is_nameless.then(|| {
            format!(
                "{} means all addresses of this machine, but no host name is allowed yet: set public_url to the URL that users \
                 open, or list host names in allowed_hosts",
                self.listen
            )
        })
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
        if self.proxies_only() && self.edge.trusted_proxies.is_empty() {
            let (address, port) = (self.listen, self.listen.port());
            let message = format!(
                "{address} can be reached from other machines, and passwords would be sent unencrypted: set tls_cert and \
                 tls_key, or list the proxies that terminate TLS in trusted_proxies, or listen on a loopback address such as \
                 127.0.0.1:{port} and tunnel to it with ssh -L"
            );
            return Err(("listen", message));
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
    settings.edge.tls_cert = Some(path(value)?);
    Ok(())
}

pub(super) fn set_tls_key(settings: &mut Settings, value: &str) -> Result<(), String> {
    settings.edge.tls_key = Some(path(value)?);
    Ok(())
}

pub(super) fn set_max_connections(settings: &mut Settings, value: &str) -> Result<(), String> {
    settings.edge.max_connections = super::options::number(value, 1, 1_000_000)?;
    Ok(())
}

pub(super) fn set_max_connections_per_address(settings: &mut Settings, value: &str) -> Result<(), String> {
    settings.edge.max_connections_per_address = super::options::number(value, 1, 1_000_000)?;
    Ok(())
}

fn path(value: &str) -> Result<PathBuf, String> {
    super::options::non_empty(value).map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::super::resolve;

    fn outcome(flags: &[(&str, &str)], variables: &[(&str, &str)]) -> Result<bool, String> {
        let find = |all: &[(&str, &str)], name: &str| {
            all.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        resolve(None, |name| find(flags, name), |name| find(variables, name))
            .map(|settings| settings.proxies_only())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn non_loopback_addresses_need_tls_or_proxies() {
        let tls = [("tls-cert", "/c.pem"), ("tls-key", "/k.pem")];
        let proxies = ("trusted-proxies", "10.0.0.0/8, 192.0.2.1");
        for (flags, proxies_only) in [
            (vec![], false),
            (vec![("listen", "[::1]:1")], false),
            (vec![("listen", "[::ffff:127.0.0.1]:1")], false),
            (vec![("listen", "127.0.0.1:1"), proxies], false),
            (vec![("listen", "0.0.0.0:1"), proxies], true),
            (vec![("listen", "192.0.2.1:1"), tls[0], tls[1]], false),
            (vec![("listen", "[::]:1"), tls[0], tls[1], proxies], false),
        ] {
            assert_eq!(outcome(&flags, &[]), Ok(proxies_only), "{flags:?}");
        }
    }

    #[test]
    fn unspecified_addresses_need_a_host_name() {
        let listen = |address| ("WATCHGLASS_LISTEN", address);
        let proxies = ("WATCHGLASS_TRUSTED_PROXIES", "10.0.0.0/8");
        let public = ("WATCHGLASS_PUBLIC_URL", "https://watch.example.com");
        let allowed = ("WATCHGLASS_ALLOWED_HOSTS", "a.example");
        for (variables, is_warned) in [
            (vec![], false),
            (vec![listen("192.0.2.1:1"), proxies], false),
            (vec![listen("0.0.0.0:1"), proxies], true),
            (vec![listen("[::]:1"), proxies], true),
            (vec![listen("0.0.0.0:1"), proxies, public], false),
            (vec![listen("0.0.0.0:1"), proxies, allowed], false),
        ] {
            let find = |name: &str| {
                variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
            };
            let warning = resolve(None, |_| None, find).unwrap().missing_host_name_warning();
            assert_eq!(warning.is_some(), is_warned, "{variables:?}");
            assert!(warning.is_none_or(|warning| warning.contains("public_url")), "{variables:?}");
        }
    }

    #[test]
    fn inconsistent_settings_are_named_with_their_source() {
        for (flags, variables, expected) in [
            (
                vec![("listen", "192.0.2.1:80")],
                vec![],
                "--listen: 192.0.2.1:80 can be reached from other machines",
            ),
            (vec![], vec![("WATCHGLASS_LISTEN", "[::]:80")], "WATCHGLASS_LISTEN: [::]:80 can be reached"),
            (vec![("listen", "0.0.0.0:80")], vec![], "tls_cert and tls_key, or list the proxies"),
            (vec![("listen", "0.0.0.0:80")], vec![], "trusted_proxies, or listen on a loopback address"),
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
