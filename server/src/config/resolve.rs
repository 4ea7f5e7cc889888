//! Precedence of settings: flags, environment variables, file, defaults.

use super::effective::{AssignedSetting, SettingSource};
use super::file::{FileError, read_file};
use super::{OPTIONS, Settings};
use std::path::Path;
use thiserror::Error;

/// Invalid settings.
#[derive(Debug, Error)]
pub(crate) enum SettingsError {
    /// In the file.
    #[error(transparent)]
    File(#[from] FileError),
    /// In a flag or an environment variable.
    #[error("{source_name}: {message}")]
    Value {
        /// `--listen`, or `WATCHGLASS_LISTEN`.
        source_name: String,
        /// What is invalid, and the accepted form.
        message: String,
    },
}

/// Resolves the settings from all sources. `flag` and `variable` look up a value by the name of a flag or variable.
///
/// # Errors
/// The first invalid setting.
pub(crate) fn resolve(
    file: Option<&Path>,
    flag: impl Fn(&str) -> Option<String>,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Settings, SettingsError> {
    let mut settings = Settings::default();
    if let Some(path) = file {
        read_file(path, &mut settings)?;
    }
    for key in OPTIONS {
        let given = match flag(&key.flag()) {
            Some(value) => Some((format!("--{}", key.flag()), SettingSource::Flag(key.flag()), value)),
            None => variable(&key.variable())
                .map(|value| (key.variable(), SettingSource::Variable(key.variable()), value)),
        };
        if let Some((name, place, value)) = given {
            (key.set)(&mut settings, &value)
                .map_err(|message| SettingsError::Value { source_name: name, message })?;
            AssignedSetting::new(key.name, &value, place).insert_into(&mut settings.assigned);
        }
    }
    check(&settings)?;
    Ok(settings)
}

/// Checks that the settings are consistent.
///
/// # Errors
/// The first inconsistent setting.
pub(crate) fn check(settings: &Settings) -> Result<(), SettingsError> {
    let error = |(name, message)| SettingsError::Value { source_name: settings.source_of(name), message };
    settings.check_edge().map_err(error)
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
    fn flags_override_variables_and_variables_override_the_file() {
        let file = Some("listen = '127.0.0.1:1'");
        assert_eq!(port(None, None, None), Ok(7070));
        assert_eq!(port(file, None, None), Ok(1));
        assert_eq!(port(file, None, Some("127.0.0.1:2")), Ok(2));
        assert_eq!(port(file, Some("localhost:3"), Some("127.0.0.1:2")), Ok(3));
    }

    #[test]
    fn errors_name_the_source_of_the_setting() {
        assert!(
            port(None, Some("x"), None)
                .unwrap_err()
                .starts_with("--listen: \"x\" must be an address and a port")
        );
        assert!(port(None, None, Some("")).unwrap_err().starts_with("WATCHGLASS_LISTEN: "));
        assert!(port(None, Some("192.0.2.1:80"), None).unwrap_err().contains("set tls_cert"));
    }
}
