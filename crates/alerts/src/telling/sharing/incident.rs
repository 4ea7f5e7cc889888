//! What several servers find: an alert about a service, and not about one of their hosts.

use super::super::hash::Hash128;
use crate::alert::AlertKey;
use std::net::IpAddr;
use watchglass_model::{APP, Labels};

/// Where a server stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The value of the label `host` of what it measures.
    pub host: String,
    /// The same for all servers for which `localhost` is the same, and for no other.
    pub machine: String,
}

impl Place {
    /// 32 hexadecimal digits that say what is wrong, and not who has found it: the same on every server that watches the
    /// same database, Redis or application. `None` for what is about a host.
    pub(in crate::telling) fn incident(&self, key: &AlertKey) -> Option<String> {
        let labels = &key.labels;
        if labels.get("host") != Some(&self.host) {
            // Somebody else's series, which this server only tells of.
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

/// Whether several hosts may find the same thing under these labels, but for `host`.
pub fn spans_hosts(labels: &Labels) -> bool {
    service(labels).is_some_and(|service| !is_local(service))
}

/// The database, the Redis or the application that a series is about.
fn service(labels: &Labels) -> Option<&str> {
    let probed = labels.get("probe").and_then(|probe| probe.split_once(':')).map(|(_, name)| name);
    labels.get(APP).or(labels.get("instance")).or(probed)
}

/// Whether a service is meant by its place on the machine: `127.0.0.1:5432/app`, `[::1]:6379`, `/run/redis.sock`.
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
        let place = Place { host: host.to_owned(), machine: machine.to_owned() };
        let labels = labels.iter().copied().chain([("host", host)]).collect();
        place.incident(&AlertKey { rule: rule.to_owned(), labels })
    }

    #[test]
    fn what_two_hosts_find_about_a_service_is_the_same() {
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
    fn what_differs_in_more_than_the_host_is_not_the_same() {
        let one = incident("a", "m", "down", &[("instance", "db1")]);
        assert_eq!(one.as_ref().unwrap().len(), 32);
        for other in [
            incident("a", "m", "slow", &[("instance", "db1")]),
            incident("a", "m", "down", &[("instance", "db2")]),
            incident("a", "m", "down", &[("instance", "db1"), ("database", "app")]),
        ] {
            assert_ne!(one, other);
        }
        let place = Place { host: "a".to_owned(), machine: String::new() };
        let of_another =
            AlertKey { rule: "x".to_owned(), labels: [("app", "shop"), ("host", "b")].into_iter().collect() };
        assert_eq!(place.incident(&of_another), None);
    }
}
