//! Settings that have no effect without another one: probably that one is missing, or was misspelt elsewhere.

use super::Settings;
use std::fmt;

/// Each setting, and the one that it needs.
const COMPANIONS: [(&str, &str); 3] =
    [("redis_prefix", "redis_url"), ("redis_sessions", "redis_url"), ("heartbeat.interval", "heartbeat.url")];

/// Setting without effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MissingCompanion {
    /// Where it was set: flag, variable, or file and line.
    place: String,
    needed: &'static str,
}

impl fmt::Display for MissingCompanion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, needed } = self;
        write!(f, "{place} has no effect without {needed}: set it as well")
    }
}

impl Settings {
    /// The settings that were set without the one that they need.
    pub(crate) fn missing_companions(&self) -> Vec<MissingCompanion> {
        let is_set = |name: &str| self.assigned.iter().any(|given| given.has_name(name));
        let missing = COMPANIONS.into_iter().filter(|(name, needed)| is_set(name) && !is_set(needed));
        missing.map(|(name, needed)| MissingCompanion { place: self.source_of(name), needed }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::{OPTIONS, read_file, resolve};
    use super::*;

    #[test]
    fn settings_without_the_one_that_they_need_are_named_with_their_place() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("w.toml");
        for (text, expected) in [
            ("", vec![]),
            (
                "\nredis_prefix = 'a'\n",
                vec!["w.toml, line 2: redis_prefix has no effect without redis_url: set it as well"],
            ),
            ("redis_prefix = 'a'\nredis_url = 'redis://127.0.0.1'\n", vec![]),
            (
                "redis_sessions = false\n",
                vec!["w.toml, line 1: redis_sessions has no effect without redis_url: set it as well"],
            ),
            (
                "[heartbeat]\ninterval = '5m'\n",
                vec![
                    "w.toml, line 2: heartbeat.interval has no effect without heartbeat.url: set it as well",
                ],
            ),
            ("[heartbeat]\ninterval = '5m'\nurl = 'https://a.example/'\n", vec![]),
        ] {
            std::fs::write(&path, text).unwrap();
            let mut settings = Settings::default();
            read_file(&path, &mut settings).unwrap();
            let found: Vec<String> = settings
                .missing_companions()
                .iter()
                .map(|found| found.to_string().replace(&format!("{}/", folder.path().display()), ""))
                .collect();
            assert_eq!(found, expected, "{text}");
        }
        let variable = |name: &str| (name == "WATCHGLASS_REDIS_PREFIX").then(|| "a".to_owned());
        let found = resolve(None, |_| None, variable).unwrap().missing_companions();
        assert_eq!(
            found.iter().map(ToString::to_string).collect::<Vec<_>>(),
            ["WATCHGLASS_REDIS_PREFIX has no effect without redis_url: set it as well"]
        );
    }

    #[test]
    fn companions_are_settings() {
        for name in COMPANIONS.into_iter().flat_map(|(name, needed)| [name, needed]) {
            assert!(OPTIONS.iter().any(|option| option.name == name), "{name}");
        }
    }
}
