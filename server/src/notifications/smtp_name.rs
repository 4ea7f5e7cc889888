//! Name of this server in SMTP, where a mail channel sets none.

use crate::config::Settings;
use std::net::IpAddr;

/// The host of `public_url`, else `host.name`, else the host name of the system; `None` if all of them are unknown, local
/// or no valid host names. Mail servers refuse names such as `localhost`.
pub(crate) fn smtp_name(settings: &Settings, system_hostname: &str) -> Option<String> {
    let public = settings.public_url.as_ref().map(|url| url.host());
    let names = [public, settings.host_name.as_deref(), Some(system_hostname)];
    names.into_iter().flatten().find(|name| is_public(name)).map(str::to_owned)
}

fn is_public(name: &str) -> bool {
    if let Ok(address) = name.parse::<IpAddr>() {
        return !address.is_loopback() && !address.is_unspecified();
    }
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    name.len() <= 253 && name.split('.').all(is_label) && name != "localhost"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::PublicUrl;

    #[test]
    fn first_known_name_is_used() {
        for (url, host, system, expected) in [
            (Some("https://watch.example.com:8443"), Some("web-1"), "box", Some("watch.example.com")),
            (Some("http://192.0.2.7"), Some("web-1"), "box", Some("192.0.2.7")),
            (Some("http://[2001:db8::1]"), None, "box", Some("2001:db8::1")),
            (Some("http://localhost:7070"), Some("web-1"), "box", Some("web-1")),
            (Some("http://127.0.0.1:7070"), None, "box", Some("box")),
            (None, Some("my web server"), "box.example.com", Some("box.example.com")),
            (None, None, "localhost", None),
            (None, None, "", None),
        ] {
            let settings = Settings {
                public_url: url.map(|url| PublicUrl::parse(url).unwrap()),
                host_name: host.map(str::to_owned),
                ..Settings::default()
            };
            assert_eq!(smtp_name(&settings, system).as_deref(), expected, "{url:?} {host:?} {system:?}");
        }
    }
}
