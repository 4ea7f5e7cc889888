//! The TOML file. Errors name file, line and key.

use super::Settings;
use super::keys::{Form, KEYS, Key};
use super::shown::{Given, Place};
use super::tables;
use std::fmt;
use std::path::{Path, PathBuf};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A larger file is not a configuration.
const MOST_BYTES: u64 = 1 << 20;

/// What is wrong with a configuration file.
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

/// Takes over everything that a file sets.
///
/// # Errors
/// A file that cannot be read, is larger than 1 MiB, is not TOML, or holds an unknown key, a wrong type or a value that cannot be.
pub(crate) fn read_file(path: &Path, settings: &mut Settings) -> Result<(), FileError> {
    let fail = |line, message: String| FileError { path: path.to_owned(), line, message };
    let size = std::fs::metadata(path).map_err(|error| fail(None, error.to_string()))?.len();
    if size > MOST_BYTES {
        return Err(fail(None, format!("it has {size} bytes: at most {MOST_BYTES} are read")));
    }
    let text = std::fs::read_to_string(path).map_err(|error| fail(None, error.to_string()))?;
    apply(&text, settings)
        .map_err(|(offset, message)| fail(offset.map(|offset| line_of(&text, offset)), message))?;
    settings.file = Some(path.to_owned());
    Ok(())
}

type Wrong = (Option<usize>, String);

fn apply(text: &str, settings: &mut Settings) -> Result<(), Wrong> {
    let table = DeTable::parse(text)
        .map_err(|error| (error.span().map(|span| span.start), error.message().to_owned()))?;
    apply_table(table.get_ref(), "", text, settings)
}

fn apply_table(table: &DeTable<'_>, prefix: &str, text: &str, settings: &mut Settings) -> Result<(), Wrong> {
    for (key, value) in table {
        let name = format!("{prefix}{}", key.get_ref());
        let line = line_of(text, key.span().start);
        if let Some(known) = tables::TABLES.into_iter().find(|known| *known == name) {
            tables::apply(known, value, settings)?;
            Given::table(known, entries(value.get_ref()), line).note(&mut settings.given);
            continue;
        }
        match KEYS.iter().find(|known| known.name == name) {
            Some(known) => apply_value(known, value, line, settings)?,
            None => match value.get_ref() {
                DeValue::Table(inner)
                    if KEYS.iter().any(|known| known.name.starts_with(&format!("{name}."))) =>
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
    key: &Key,
    value: &Spanned<DeValue<'_>>,
    line: usize,
    settings: &mut Settings,
) -> Result<(), Wrong> {
    let at = Some(value.span().start);
    let wrong = |found: &str| (at, format!("{} is {found}: it must be {}", key.name, key.form.wanted()));
    let text = match (value.get_ref(), key.form) {
        (DeValue::String(text), Form::Text | Form::Spaces | Form::Limit) => text.to_string(),
        (DeValue::Integer(number), Form::Number | Form::Limit) => number.to_string(),
        (DeValue::Boolean(is_on), Form::Switch) => is_on.to_string(),
        (DeValue::Array(items), Form::Commas | Form::Spaces) => {
            let items: Option<Vec<&str>> = items.iter().map(|item| item.get_ref().as_str()).collect();
            let separator = if key.form == Form::Spaces { " " } else { "," };
            items.ok_or_else(|| wrong("a list of other things"))?.join(separator)
        }
        (other, _) => return Err(wrong(other.type_str())),
    };
    (key.set)(settings, &text).map_err(|message| (at, format!("{}: {message}", key.name)))?;
    Given::new(key.name, &text, Place::File(line)).note(&mut settings.given);
    Ok(())
}

/// How many entries a table of the file has; `set` for one that is a single thing.
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
    let known: Vec<&str> = KEYS.iter().map(|key| key.name).chain(tables::TABLES).collect();
    format!("there is no setting {name}; there are {}", known.join(", "))
}

fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|&byte| byte == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::LogFormat;

    fn error(text: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("watchglass.toml");
        std::fs::write(&path, text).unwrap();
        let error = read_file(&path, &mut Settings::default()).unwrap_err();
        error.to_string().replace(&folder.path().display().to_string(), "")
    }

    #[test]
    fn takes_over_what_is_set() {
        let mut settings = Settings::default();
        let text = "listen = '127.0.0.1:1'\nallowed_hosts = ['A.example', 'b']\nmetrics_open = true\n[log]\nformat = 'json'\n[host]\nname = 'h'";
        apply(text, &mut settings).unwrap();
        assert_eq!(settings.listen.port(), 1);
        assert_eq!(settings.allowed_hosts, ["a.example", "b"]);
        assert!(settings.metrics_open);
        assert_eq!((settings.log_format, settings.host_name.as_deref()), (LogFormat::Json, Some("h")));
    }

    #[test]
    fn mistakes_are_named_with_file_line_and_key() {
        for (text, expected) in [
            ("\nlisten = 7070", "/watchglass.toml, line 2: listen is integer: it must be a string"),
            (
                "[log]\n\nformt = 'x'",
                "/watchglass.toml, line 3: there is no setting log.formt; there are listen",
            ),
            ("[lgo]\nformat = 'x'", "/watchglass.toml, line 1: there is no setting lgo;"),
            ("log = 3", "/watchglass.toml, line 1: there is no setting log;"),
            ("[log]\nformat = 'xml'", "/watchglass.toml, line 2: log.format: \"xml\" must be text or json"),
            (
                "trusted_proxies = ['10.0.0.0/8', '10.0.0.0/40']",
                "/watchglass.toml, line 1: trusted_proxies: \"10.0.0.0/40\" must have a whole number from 1 to 32",
            ),
            (
                "allowed_hosts = ['a', 1]",
                "line 1: allowed_hosts is a list of other things: it must be a list of strings",
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
            ("metrics_open = 1", "line 1: metrics_open is integer: it must be true or false"),
            ("listen = ", "/watchglass.toml, line 1: "),
        ] {
            let error = error(text);
            assert!(error.contains(expected), "{text:?}: {error}");
        }
    }

    #[test]
    fn several_servers_are_a_list_and_one_is_a_text() {
        let mut settings = Settings::default();
        let text =
            "[postgres]\nurl = 'postgresql://u:p@a/x'\n[redis]\nwatch = ['redis://b', 'redis://:p,w@c']";
        apply(text, &mut settings).unwrap();
        assert_eq!(settings.postgres, ["postgresql://u:p@a/x"]);
        assert_eq!(settings.redis, ["redis://b", "redis://:p,w@c"]);
    }

    #[test]
    fn a_password_in_an_url_is_not_repeated() {
        for text in ["[postgres]\nurl = 'http://u:secret@h/d'", "[redis]\nwatch = ['redis://:secret@h:port']"]
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
    fn a_file_that_is_too_large_is_refused() {
        assert!(error(&"#".repeat(1 << 21)).contains("at most 1048576 are read"));
    }
}
