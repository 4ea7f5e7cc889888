//! Flags count before the environment, the environment before the file, the file before the defaults.

use super::file::{FileError, read_file};
use super::shown::{Given, Place};
use super::{KEYS, Settings};
use std::path::Path;
use thiserror::Error;

/// What is wrong with the settings.
#[derive(Debug, Error)]
pub(crate) enum SettingsError {
    /// In the file.
    #[error(transparent)]
    File(#[from] FileError),
    /// In a flag or an environment variable.
    #[error("{place}: {message}")]
    Value {
        /// `--listen`, or `WATCHGLASS_LISTEN`.
        place: String,
        /// What is wrong, and what would be right.
        message: String,
    },
}

/// The settings from all places. `flag` and `variable` look up a value by the name of a flag or variable.
///
/// # Errors
/// The first thing that is wrong.
pub(crate) fn resolve(
    file: Option<&Path>,
    flag: impl Fn(&str) -> Option<String>,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Settings, SettingsError> {
    let mut settings = Settings::default();
    if let Some(path) = file {
        read_file(path, &mut settings)?;
    }
    for key in KEYS {
        let given = match flag(&key.flag()) {
            Some(value) => Some((format!("--{}", key.flag()), Place::Flag(key.flag()), value)),
            None => variable(&key.variable())
                .map(|value| (key.variable(), Place::Variable(key.variable()), value)),
        };
        if let Some((name, place, value)) = given {
            (key.set)(&mut settings, &value)
                .map_err(|message| SettingsError::Value { place: name, message })?;
            Given::new(key.name, &value, place).note(&mut settings.given);
        }
    }
    check(&settings)?;
    Ok(settings)
}

/// Whether the settings go together.
///
/// # Errors
/// The first that does not.
pub(crate) fn check(settings: &Settings) -> Result<(), SettingsError> {
    let place = |(name, message)| SettingsError::Value { place: settings.place_of(name), message };
    settings.check_edge().map_err(place)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn port(file: Option<&str>, flag: Option<&str>, variable: Option<&str>) -> Result<u16, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("w.toml");
        if let Some(text) = file {
            std::fs::write(&path, text).unwrap();
        }
        resolve(
            file.map(|_| path.as_path()),
            |name| flag.filter(|_| name == "listen").map(str::to_owned),
            |name| variable.filter(|_| name == "WATCHGLASS_LISTEN").map(str::to_owned),
        )
        .map(|settings| settings.listen.port())
        .map_err(|error| error.to_string())
    }

    #[test]
    fn the_nearer_place_counts() {
        let file = Some("listen = '127.0.0.1:1'");
        assert_eq!(port(None, None, None), Ok(7070));
        assert_eq!(port(file, None, None), Ok(1));
        assert_eq!(port(file, None, Some("127.0.0.1:2")), Ok(2));
        assert_eq!(port(file, Some("localhost:3"), Some("127.0.0.1:2")), Ok(3));
    }

    #[test]
    fn the_place_of_a_mistake_is_named() {
        assert!(
            port(None, Some("x"), None)
                .unwrap_err()
                .starts_with("--listen: \"x\" must be an address and a port")
        );
        assert!(port(None, None, Some("")).unwrap_err().starts_with("WATCHGLASS_LISTEN: "));
        assert!(port(None, Some("192.0.2.1:80"), None).unwrap_err().contains("set tls_cert"));
    }
}
