//! The servers that are watched, and what they tell of themselves beyond numbers.

use crate::settings::{PACE, Settings};
use app::api;
use watchglass_model::{PostgresDetails, RedisDetails};
use watchglass_probes::{Details, Probe, TargetError, Watched, postgres, redis};

/// The servers that are watched. What is known of them is always the newest.
#[derive(Debug, Default)]
pub(crate) struct Services {
    postgres: Vec<Service<PostgresDetails>>,
    redis: Vec<Service<RedisDetails>>,
}

/// A server, by the name of its probe.
#[derive(Debug)]
struct Service<T> {
    probe: String,
    details: Details<T>,
}

impl Services {
    /// The servers that the settings name, and their probes. The Redis that is shared with other servers is among
    /// them, unless others are named.
    ///
    /// # Errors
    /// What is wrong with a URL, in words that contain nothing of it.
    pub(crate) fn watch(settings: &Settings) -> Result<(Self, Vec<Box<dyn Probe>>), TargetError> {
        let (mut services, mut probes) = (Self::default(), Vec::new());
        for url in &settings.postgres {
            services.postgres.push(keep(postgres(url, PACE)?, &mut probes));
        }
        let shared = settings.redis_url.iter().filter(|_| settings.redis.is_empty());
        for url in settings.redis.iter().chain(shared) {
            services.redis.push(keep(redis(url, PACE)?, &mut probes));
        }
        Ok((services, probes))
    }

    /// What is known now. Nobody is asked for it.
    pub(crate) fn known(&self) -> api::Services {
        api::Services { postgres: all(&self.postgres), redis: all(&self.redis) }
    }
}

fn keep<T>(watched: Watched<T>, probes: &mut Vec<Box<dyn Probe>>) -> Service<T> {
    let service = Service { probe: watched.probe.name().to_owned(), details: watched.details };
    probes.push(watched.probe);
    service
}

fn all<T: Clone>(services: &[Service<T>]) -> Vec<api::Service<T>> {
    let known = |service: &Service<T>| api::Service {
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
    fn every_server_has_a_probe_by_which_it_is_found_and_the_shared_redis_stands_in_where_none_is_named() {
        const SHARED: &str = "redis://:sesame@shared.invalid";
        let cases: [(Settings, &[&str]); 4] = [
            (settings(&[], &[], None), &[]),
            (settings(&[], &[], Some(SHARED)), &["redis:shared.invalid:6379"]),
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
            let (services, probes) = Services::watch(&settings).unwrap();
            let names: Vec<_> = probes.iter().map(|probe| probe.name()).collect();
            assert_eq!(names, expected);
            let known = services.known();
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
    fn a_url_that_cannot_be_is_refused_without_being_repeated() {
        let error = Services::watch(&settings(&["mysql://a:sesame@b/c"], &[], None)).err().unwrap();
        assert!(!error.to_string().contains("sesame"), "{error}");
    }
}
