//! URLs of monitored servers.

use watchglass_probes::{Probe, TargetError};

/// The most servers of one kind that are monitored.
const MAX_SERVERS: usize = 20;

/// Parses the URLs of servers, each with its probe. Messages repeat no part of an invalid URL: it may contain a password.
///
/// # Errors
/// No URL, too many of them, an invalid one, or two of the same server.
pub(super) fn server_urls<P: Probe>(
    value: &str,
    probe: impl Fn(&str) -> Result<P, TargetError>,
) -> Result<Vec<String>, String> {
    let urls: Vec<String> = value.split_whitespace().map(str::to_owned).collect();
    if urls.is_empty() {
        return Err("it must not be empty".to_owned());
    }
    if urls.len() > MAX_SERVERS {
        return Err(format!("there are {} servers: at most {MAX_SERVERS} are allowed", urls.len()));
    }
    let mut names: Vec<String> = Vec::new();
    for url in &urls {
        let name = probe(url).map_err(|error| error.to_string())?.name().to_owned();
        // Each server has one probe: users and databases of Redis do not tell two apart.
        let compared = with_lowercase_host(&name);
        if names.contains(&compared) {
            return Err(format!("{name} is listed twice: list each server once"));
        }
        names.push(compared);
    }
    Ok(urls)
}

/// Name of a probe, such as `postgres:HOST:5432/database`, with the host in lower case: names of databases are case-sensitive.
fn with_lowercase_host(name: &str) -> String {
    let (server, database) = name.split_at(name.find('/').unwrap_or(name.len()));
    format!("{}{database}", server.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::options::COLLECT_INTERVAL;
    use watchglass_probes::{Postgres, Redis};

    #[test]
    fn two_urls_of_one_server_are_rejected_without_their_passwords() {
        let redis = |value: &str| server_urls(value, |url| Redis::new(url, COLLECT_INTERVAL));
        let postgres = |value: &str| server_urls(value, |url| Postgres::new(url, COLLECT_INTERVAL));
        let twice = |name: &str| Err(format!("{name} is listed twice: list each server once"));
        for (value, expected) in [
            ("redis://a redis://:sesame@a:6379/1", twice("redis:a:6379")),
            ("redis://a redis://b redis://A", twice("redis:A:6379")),
            ("redis://a redis://a:6380", Ok(2)),
        ] {
            assert_eq!(redis(value).map(|urls| urls.len()), expected, "{value}");
        }
        for (value, expected) in [
            ("postgresql://a@h/x postgresql://b:sesame@h:5432/x", twice("postgres:h:5432/x")),
            // Another database of the same server.
            ("postgresql://a@h/x postgresql://a@h/y", Ok(2)),
            ("postgresql://a@h/x postgresql://a@h/X", Ok(2)),
        ] {
            assert_eq!(postgres(value).map(|urls| urls.len()), expected, "{value}");
        }
    }
}
