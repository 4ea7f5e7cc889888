//! TOML configuration file. Errors name file, line and key.

use super::Settings;
use super::effective::{AssignedSetting, SettingSource};
use super::option::{ConfigOption, ValueKind};
use super::options::OPTIONS;
use super::{channel_names, label_warnings, renamed, rule_warnings, sections};
use std::fmt;
use std::path::{Path, PathBuf};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The largest configuration file in bytes.
const MAX_FILE_BYTES: u64 = 1 << 20;

/// Error in a configuration file.
#[derive(Debug)]
pub(crate) struct FileError {
    path: PathBuf,
    line: Option<usize>,
    message: String,
}

impl std::error::Error for FileError {}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path.display())?;
        if let Some(line) = self.line {
            write!(f, ", line {line}")?;
        }
        write!(f, ": {}", self.message)
    }
}

/// Applies all settings of a file.
///
/// # Errors
/// The file cannot be read, is larger than 1 MiB, is not TOML, or has an unknown key, a wrong type or an invalid value.
pub(crate) fn read_file(path: &Path, settings: &mut Settings) -> Result<(), FileError> {
    let fail = |line, message: String| FileError { path: path.to_owned(), line, message };
    let size = std::fs::metadata(path).map_err(|error| fail(None, error.to_string()))?.len();
    if size > MAX_FILE_BYTES {
        return Err(fail(None, format!("the file has {size} bytes: at most {MAX_FILE_BYTES} are allowed")));
    }
    let text = std::fs::read_to_string(path).map_err(|error| fail(None, error.to_string()))?;
    apply(&text, path, settings)
        .map_err(|(offset, message)| fail(offset.map(|offset| line_of(&text, offset)), message))?;
    settings.file = Some(path.to_owned());
    Ok(())
}

/// Offset of an error, and the accepted form.
pub(super) type FileProblem = (Option<usize>, String);

fn apply(text: &str, path: &Path, settings: &mut Settings) -> Result<(), FileProblem> {
    let mut table = DeTable::parse(text)
        .map_err(|error| (error.span().map(|span| span.start), error.message().to_owned()))?
        .into_inner();
    settings.former_names = renamed::rename_keys(&mut table, text, path)?;
    apply_table(&table, "", text, settings)?;
    settings.rule_warnings = rule_warnings::rule_warnings(&table, text, path, settings);
    settings.label_warnings = label_warnings::label_warnings(&table, text, path, settings);
    channel_names::check(&table, settings)
}

fn apply_table(
    table: &DeTable<'_>,
    prefix: &str,
    text: &str,
    settings: &mut Settings,
) -> Result<(), FileProblem> {
    for (key, value) in table {
        let name = format!("{prefix}{}", key.get_ref());
        let line = line_of(text, key.span().start);
        if let Some(known) = sections::SECTIONS.into_iter().find(|known| *known == name) {
            sections::apply(known, value, settings)?;
            AssignedSetting::section(known, entries(value.get_ref()), line)
                .insert_into(&mut settings.assigned);
            continue;
        }
        match OPTIONS.iter().find(|known| known.name == name) {
            Some(known) => apply_value(known, value, line, settings)?,
            None => match value.get_ref() {
                DeValue::Table(inner)
                    if OPTIONS.iter().any(|known| known.name.starts_with(&format!("{name}."))) =>
                {
                    apply_table(inner, &format!("{name}."), text, settings)?;
                }
                _ => return Err((Some(key.span().start), unknown(&name))),
            },
        }
    }
    Ok(())
}

fn apply_value(
    key: &ConfigOption,
    value: &Spanned<DeValue<'_>>,
    line: usize,
    settings: &mut Settings,
) -> Result<(), FileProblem> {
    let at = Some(value.span().start);
    let wrong =
        |found: &str| (at, format!("{} is {found}: it must be {}", key.name, key.kind.accepted_form()));
    let text = match (value.get_ref(), key.kind) {
        (
            DeValue::String(text),
            ValueKind::String | ValueKind::SpaceList | ValueKind::Limit | ValueKind::Duration,
        ) => text.to_string(),
        (DeValue::Integer(number), ValueKind::Number | ValueKind::Limit | ValueKind::Duration) => {
            number.to_string()
        }
        (DeValue::Boolean(is_on), ValueKind::Bool) => is_on.to_string(),
        (DeValue::Array(items), ValueKind::CommaList | ValueKind::SpaceList) => {
            let items: Option<Vec<&str>> = items.iter().map(|item| item.get_ref().as_str()).collect();
            let separator = if key.kind == ValueKind::SpaceList { " " } else { "," };
            items.ok_or_else(|| wrong("a list of other types"))?.join(separator)
        }
        (other, _) => return Err(wrong(other.type_str())),
    };
    (key.set)(settings, &text).map_err(|message| (at, format!("{}: {message}", key.name)))?;
    AssignedSetting::new(key.name, &text, SettingSource::File(line)).insert_into(&mut settings.assigned);
    Ok(())
}

/// Number of entries of a section; `set` for a section that is a single table.
fn entries(value: &DeValue<'_>) -> String {
    match value {
        DeValue::Array(items) => items.len().to_string(),
        DeValue::Table(table) if table.iter().all(|(_, value)| value.get_ref().is_table()) => {
            table.len().to_string()
        }
        _ => "set".to_owned(),
    }
}

fn unknown(name: &str) -> String {
    let known: Vec<&str> = OPTIONS.iter().map(|key| key.name).chain(sections::SECTIONS).collect();
    format!("unknown setting {name}; known settings: {}", known.join(", "))
}

pub(super) fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|&byte| byte == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::LogFormat;

    fn error(text: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("watchglass.toml");
        std::fs::write(&path, text).unwrap();
        let error = read_file(&path, &mut Settings::default()).unwrap_err();
        error.to_string().replace(&folder.path().display().to_string(), "")
    }

    #[test]
    fn settings_are_applied() {
        let mut settings = Settings::default();
        let text = "listen = '127.0.0.1:1'\nallowed_hosts = ['A.example', 'b']\nmetrics_anonymous = true\n[log]\nformat = 'json'\n[host]\nname = 'h'";
        apply(text, Path::new("w.toml"), &mut settings).unwrap();
        assert_eq!(settings.listen.port(), 1);
        assert_eq!(settings.allowed_hosts, ["a.example", "b"]);
        assert!(settings.metrics_anonymous);
        assert_eq!((settings.log_format, settings.host_name.as_deref()), (LogFormat::Json, Some("h")));
    }

    #[test]
    fn errors_name_file_line_and_key() {
        for (text, expected) in [
            ("\nlisten = 7070", "/watchglass.toml, line 2: listen is integer: it must be a string"),
            (
                "[log]\n\nformt = 'x'",
                "/watchglass.toml, line 3: unknown setting log.formt; known settings: listen",
            ),
            ("[lgo]\nformat = 'x'", "/watchglass.toml, line 1: unknown setting lgo;"),
            ("log = 3", "/watchglass.toml, line 1: unknown setting log;"),
            ("[log]\nformat = 'xml'", "/watchglass.toml, line 2: log.format: \"xml\" must be text or json"),
            (
                "trusted_proxies = ['10.0.0.0/8', '10.0.0.0/40']",
                "/watchglass.toml, line 1: trusted_proxies: \"10.0.0.0/40\" must have a prefix length from 1 to 32",
            ),
            (
                "allowed_hosts = ['a', 1]",
                "line 1: allowed_hosts is a list of other types: it must be a list of strings",
            ),
            ("[history]\ndays = '7'", "line 2: history.days is string: it must be a whole number"),
            ("[history]\ndays = 0", "line 2: history.days: \"0\" must be a whole number from 1 to 90"),
            (
                "[postgres]\nurl = 1",
                "line 2: postgres.url is integer: it must be a string or a list of strings",
            ),
            ("a = 1\na = 2", "/watchglass.toml, line 2: "),
            (
                "[limits]\nrest = 'many'",
                "line 2: limits.rest: \"many\" must be a whole number from 1 to 1000000000",
            ),
            ("[limits]\nrest = true", "line 2: limits.rest is boolean: it must be a whole number or \"off\""),
            (
                "[heartbeat]\ninterval = 0.5",
                "line 2: heartbeat.interval is float: it must be a duration such as \"5m\", or a whole number of seconds",
            ),
            (
                "[heartbeat]\ninterval = 0",
                "line 2: heartbeat.interval: \"0\" must be a duration from 1s to 1d",
            ),
            ("[heartbeat]\nurl = 'ftp://host/'", "line 2: heartbeat.url: it has a scheme other than"),
            ("metrics_anonymous = 1", "line 1: metrics_anonymous is integer: it must be true or false"),
            ("listen = ", "/watchglass.toml, line 1: "),
        ] {
            let error = error(text);
            assert!(error.contains(expected), "{text:?}: {error}");
        }
    }

    #[test]
    fn urls_are_a_string_or_a_list() {
        let mut settings = Settings::default();
        let text =
            "[postgres]\nurl = 'postgresql://u:p@a/x'\n[redis]\ntargets = ['redis://b', 'redis://:p,w@c']";
        apply(text, Path::new("w.toml"), &mut settings).unwrap();
        assert_eq!(settings.postgres, ["postgresql://u:p@a/x"]);
        assert_eq!(settings.redis, ["redis://b", "redis://:p,w@c"]);
    }

    #[test]
    fn errors_do_not_repeat_passwords_of_urls() {
        for text in
            ["[postgres]\nurl = 'http://u:secret@h/d'", "[redis]\ntargets = ['redis://:secret@h:port']"]
        {
            let error = error(text);
            assert!(error.contains("line 2: ") && !error.contains("secret"), "{error}");
        }
        let error = error("redis_url = 'http://:secret@h'");
        assert!(
            error.contains("line 1: redis_url: it must begin with redis://") && !error.contains("secret"),
            "{error}"
        );
    }

    #[test]
    fn too_large_files_are_rejected() {
        assert!(error(&"#".repeat(1 << 21)).contains("at most 1048576 are allowed"));
    }
}
