//! Precedence of settings: flags, environment variables, file, defaults.

use super::effective::{AssignedSetting, SettingSource};
use super::file::{FileError, read_file};
use super::renamed::FormerName;
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
    // Containers and unit files often set a variable to nothing: that counts as unset.
    let variable = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
    for key in OPTIONS {
        let by_flag = look_up(&flag, "--", key.flag(), key.former_flag())?;
        let by_variable = look_up(&variable, "", key.variable(), key.former_variable())?;
        let by_flag = by_flag.map(|given| (SettingSource::Flag(given.name.clone()), given));
        let by_variable = by_variable.map(|given| (SettingSource::Variable(given.name.clone()), given));
        if let Some((source, given)) = by_flag.or(by_variable) {
            (key.set)(&mut settings, &given.value)
                .map_err(|message| SettingsError::Value { source_name: given.shown_name, message })?;
            AssignedSetting::new(key.name, &given.value, source).insert_into(&mut settings.assigned);
            settings.former_names.extend(given.former);
        }
    }
    check(&settings)?;
    Ok(settings)
}

/// Value of a flag or an environment variable.
struct Given {
    /// Name that was used.
    name: String,
    /// This name as it is typed: `--listen`.
    shown_name: String,
    value: String,
    /// Set if it is the former name.
    former: Option<FormerName>,
}

/// Looks up a value under the current and the former name of a flag or environment variable.
///
/// # Errors
/// Both have a value.
fn look_up(
    find: &impl Fn(&str) -> Option<String>,
    prefix: &str,
    name: String,
    former: Option<String>,
) -> Result<Option<Given>, SettingsError> {
    let shown_name = format!("{prefix}{name}");
    let current = find(&name);
    let Some((value, former)) = former.and_then(|former| Some((find(&former)?, former))) else {
        return Ok(current.map(|value| Given { name, shown_name, value, former: None }));
    };
    let shown_former = format!("{prefix}{former}");
    let warning = FormerName::new(shown_former.clone(), shown_name);
    match current {
        Some(_) => Err(SettingsError::Value { source_name: shown_former, message: warning.conflict() }),
        None => Ok(Some(Given { name: former, shown_name: shown_former, value, former: Some(warning) })),
    }
}

/// Checks that the settings are consistent.
///
/// # Errors
/// The first inconsistent setting.
pub(crate) fn check(settings: &Settings) -> Result<(), SettingsError> {
    let error = |(name, message)| SettingsError::Value { source_name: settings.source_of(name), message };
    settings.check_edge().and_then(|()| settings.check_base_path()).map_err(error)
}

#[cfg(test)]
mod tests {
    use super::super::LogFormat;
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
        assert!(port(None, None, Some("y")).unwrap_err().starts_with("WATCHGLASS_LISTEN: "));
        assert!(port(None, Some(""), None).unwrap_err().starts_with("--listen: "));
    }
    #[test]
    fn empty_variables_are_unset_and_case_does_not_matter() {
        for value in ["", " ", "\t"] {
            let settings = resolve(None, |_| None, |_| Some(value.to_owned())).unwrap();
            assert!(settings.assigned.is_empty(), "{value:?}");
        }
        let variable = |name: &str| {
            let value = match name {
                "WATCHGLASS_LOG_LEVEL" => "INFO",
                "WATCHGLASS_LOG_FORMAT" => "Json",
                "WATCHGLASS_METRICS_ANONYMOUS" => "TRUE",
                "WATCHGLASS_REDIS_SESSIONS" => "False",
                _ => return None,
            };
            Some(value.to_owned())
        };
        let settings = resolve(None, |_| None, variable).unwrap();
        assert_eq!((settings.log_level.as_str(), settings.metrics_anonymous), ("info", true));
        assert!(!settings.redis_sessions && settings.log_format == LogFormat::Json);
    }
}
