//! Dedup key: identity of an alert across servers, for alerts about a service and not about a host.

use super::super::hash::Hash128;
use std::net::IpAddr;
use watchglass_model::{APP, Labels};
use watchglass_rules::AlertKey;

/// Identity of the host of a server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostIdentity {
    /// Value of the label `host` of its series.
    pub host: String,
    /// Equal on all servers that share the same `localhost`, and unique otherwise.
    pub machine: String,
}

impl HostIdentity {
    /// 32 hexadecimal digits that identify the problem and not the server: equal on all servers that monitor the same
    /// database, Redis or application. `None` for alerts about a host.
    pub(crate) fn dedup_key(&self, key: &AlertKey) -> Option<String> {
        let labels = &key.labels;
        if labels.get("host") != Some(&self.host) {
            // Series of another server, which this one only notifies.
            return None;
        }
        let service = service(labels)?;
        let mut hash = Hash128::new(0);
        hash.text(&key.rule);
        for (name, value) in labels.iter().filter(|(name, _)| *name != "host") {
            hash.text(name);
            hash.text(value);
        }
        if is_local(service) {
            hash.text(&self.machine);
        }
        Some(hash.finish())
    }
}

/// Whether several hosts may find the same alert with these labels, ignoring `host`.
pub fn spans_hosts(labels: &Labels) -> bool {
    service(labels).is_some_and(|service| !is_local(service))
}

/// The database, Redis or application of a series.
fn service(labels: &Labels) -> Option<&str> {
    let probed = labels.get("probe").and_then(|probe| probe.split_once(':')).map(|(_, name)| name);
    labels.get(APP).or(labels.get("instance")).or(probed)
}

/// Whether a service is addressed by its place on the machine: `127.0.0.1:5432/app`, `[::1]:6379`, `/run/redis.sock`.
fn is_local(service: &str) -> bool {
    let Some(address) = service.split('/').next().filter(|address| !address.is_empty()) else { return true };
    let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn incident(host: &str, machine: &str, rule: &str, labels: &[(&str, &str)]) -> Option<String> {
        let place = HostIdentity { host: host.to_owned(), machine: machine.to_owned() };
        let labels = labels.iter().copied().chain([("host", host)]).collect();
        place.dedup_key(&AlertKey { rule: rule.to_owned(), labels })
    }

    #[test]
    fn service_alerts_of_two_hosts_have_the_same_key() {
        for (labels, shared, shared_on_a_machine) in [
            (&[("instance", "db1:5432")][..], true, true),
            (&[("probe", "postgres:db1:5432/app")], true, true),
            (&[("probe", "app:shop")], true, true),
            (&[("app", "shop"), ("route", "/")], true, true),
            (&[("probe", "redis:127.0.0.1:6379")], false, true),
            (&[("instance", "127.9.0.1:6379")], false, true),
            (&[("instance", "localhost:5432/app")], false, true),
            (&[("instance", "[::1]:5432")], false, true),
            (&[("instance", "/run/redis.sock")], false, true),
            (&[("probe", "memory")], false, false),
            (&[("mountpoint", "/")], false, false),
            (&[], false, false),
        ] {
            let find = |host, machine| incident(host, machine, "down", labels);
            let same = |a: Option<String>, b: Option<String>| a.is_some() && a == b;
            assert_eq!(same(find("a", "m"), find("b", "n")), shared, "{labels:?}");
            assert_eq!(spans_hosts(&labels.iter().copied().collect()), shared, "{labels:?}");
            assert_eq!(same(find("a", "m"), find("b", "m")), shared_on_a_machine, "{labels:?}");
        }
    }

    #[test]
    fn other_label_differences_give_another_key() {
        let one = incident("a", "m", "down", &[("instance", "db1")]);
        assert_eq!(one.as_ref().unwrap().len(), 32);
        for other in [
            incident("a", "m", "slow", &[("instance", "db1")]),
            incident("a", "m", "down", &[("instance", "db2")]),
            incident("a", "m", "down", &[("instance", "db1"), ("database", "app")]),
        ] {
            assert_ne!(one, other);
        }
        let place = HostIdentity { host: "a".to_owned(), machine: String::new() };
        let of_another =
            AlertKey { rule: "x".to_owned(), labels: [("app", "shop"), ("host", "b")].into_iter().collect() };
        assert_eq!(place.dedup_key(&of_another), None);
    }
}
