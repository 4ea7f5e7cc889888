//! Monitored PostgreSQL and Redis servers with their details.

use crate::config::{COLLECT_INTERVAL, Settings};
use app::api;
use watchglass_model::{PostgresDetails, RedisDetails};
use watchglass_probes::{Details, MonitoredTarget, Probe, TargetError, postgres, redis};
use watchglass_remote::redis::Target;

/// Monitored servers with their latest details.
#[derive(Debug, Default)]
pub(crate) struct Targets {
    postgres: Vec<TargetDetails<PostgresDetails>>,
    redis: Vec<TargetDetails<RedisDetails>>,
}

/// Details of a monitored server, by probe name.
#[derive(Debug)]
struct TargetDetails<T> {
    probe: String,
    details: Details<T>,
}

impl Targets {
    /// Creates the configured targets and their probes. The shared Redis is monitored too, each of its addresses, unless
    /// other Redis servers are configured.
    ///
    /// # Errors
    /// Invalid URL; the message does not contain the URL, which may have a password.
    pub(crate) fn from_settings(settings: &Settings) -> Result<(Self, Vec<Box<dyn Probe>>), TargetError> {
        let (mut services, mut probes) = (Self::default(), Vec::new());
        for url in &settings.postgres {
            services.postgres.push(register(postgres(url, COLLECT_INTERVAL)?, &mut probes));
        }
        let shared = settings.redis_url.iter().filter(|_| settings.redis.is_empty());
        let shared = shared.flat_map(|url| Target::split(url));
        for url in settings.redis.iter().cloned().chain(shared) {
            services.redis.push(register(redis(&url, COLLECT_INTERVAL)?, &mut probes));
        }
        Ok((services, probes))
    }

    /// Latest details. Does no I/O.
    pub(crate) fn latest_details(&self) -> api::Services {
        api::Services { postgres: details_of(&self.postgres), redis: details_of(&self.redis) }
    }
}

fn register<T>(watched: MonitoredTarget<T>, probes: &mut Vec<Box<dyn Probe>>) -> TargetDetails<T> {
    let service = TargetDetails { probe: watched.probe.name().to_owned(), details: watched.details };
    probes.push(watched.probe);
    service
}

fn details_of<T: Clone>(services: &[TargetDetails<T>]) -> Vec<api::Service<T>> {
    let known = |service: &TargetDetails<T>| api::Service {
        probe: service.probe.clone(),
        details: T::clone(&service.details.get()),
    };
    services.iter().map(known).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(postgres: &[&str], redis: &[&str], shared: Option<&str>) -> Settings {
        let all = |urls: &[&str]| urls.iter().map(|&url| url.to_owned()).collect();
        Settings {
            postgres: all(postgres),
            redis: all(redis),
            redis_url: shared.map(str::to_owned),
            ..Settings::default()
        }
    }

    #[test]
    fn each_server_has_a_probe_and_the_shared_redis_is_the_default() {
        const SHARED: &str = "redis://:sesame@shared.invalid";
        let cases: [(Settings, &[&str]); 5] = [
            (settings(&[], &[], None), &[]),
            (settings(&[], &[], Some(SHARED)), &["redis:shared.invalid:6379"]),
            (
                settings(&[], &[], Some("redis://:sesame@a.invalid:1,b.invalid")),
                &["redis:a.invalid:1", "redis:b.invalid:6379"],
            ),
            (settings(&[], &["redis://a.invalid"], Some(SHARED)), &["redis:a.invalid:6379"]),
            (
                settings(
                    &["postgresql://w:sesame@db.invalid/app"],
                    &["redis://a.invalid", "redis://b.invalid"],
                    None,
                ),
                &["postgres:db.invalid:5432/app", "redis:a.invalid:6379", "redis:b.invalid:6379"],
            ),
        ];
        for (settings, expected) in cases {
            let (services, probes) = Targets::from_settings(&settings).unwrap();
            let names: Vec<_> = probes.iter().map(|probe| probe.name()).collect();
            assert_eq!(names, expected);
            let known = services.latest_details();
            let postgres = known.postgres.iter().map(|service| (&service.probe, &service.details.instance));
            let redis = known.redis.iter().map(|service| (&service.probe, &service.details.instance));
            let found: Vec<_> = postgres.chain(redis).collect();
            for ((probe, instance), name) in found.iter().zip(expected) {
                assert_eq!((probe.as_str(), probe.split_once(':').unwrap().1), (*name, instance.as_str()));
            }
            assert_eq!(found.len(), expected.len());
        }
    }

    #[test]
    fn invalid_urls_are_rejected_without_quoting_them() {
        let error = Targets::from_settings(&settings(&["mysql://a:sesame@b/c"], &[], None)).err().unwrap();
        assert!(!error.to_string().contains("sesame"), "{error}");
    }
}
