//! Secrets: sources and redaction.

use crate::SettingsError;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use watchglass_remote::{Secret, one_line};

/// Maximum bytes of a secret.
const MAX_SECRET: usize = 8 << 10;
/// Shorter secrets are not redacted: they would match everywhere.
const MIN_REDACTED: usize = 4;
/// Maximum characters kept of a server's text.
const MAX_EXCERPT: usize = 200;

/// Lookup of environment variables: `std::env::var(name).ok()`, or a test double.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Source of a secret: the name of an environment variable or the path of a file; at most one of them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SecretSource<'a> {
    pub(crate) env_field: &'static str,
    pub(crate) env: Option<&'a str>,
    pub(crate) file_field: &'static str,
    pub(crate) file: Option<&'a Path>,
}

impl SecretSource<'_> {
    /// Whether a source is set.
    pub(crate) fn is_set(&self) -> bool {
        self.env.is_some() || self.file.is_some()
    }

    /// Validates the settings without reading the source.
    pub(crate) fn check(&self, is_required: bool) -> Result<(), SettingsError> {
        let (env, file) = (self.env_field, self.file_field);
        if self.env.is_some() && self.file.is_some() {
            return Err(SettingsError::new(env, format!("is set, and {file} too"), "set only one of them"));
        }
        if is_required && !self.is_set() {
            let right = format!("set it to the name of an environment variable, or set {file}");
            return Err(SettingsError::new(env, "is missing", right));
        }
        let is_name = |name: &str| {
            (1..=255).contains(&name.len())
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        };
        match self.env {
            // The invalid value may be the secret itself: it is not repeated.
            Some(name) if !is_name(name) => Err(SettingsError::new(
                env,
                "is not the name of an environment variable",
                "use a name of letters, digits and _, not the secret itself",
            )),
            _ => Ok(()),
        }
    }

    /// Reads the secret; empty if no source is set.
    pub(crate) fn read(&self, environment: Environment<'_>) -> Result<Secret, SettingsError> {
        let (field, text) = match (self.env, self.file) {
            (Some(name), _) => {
                let missing = || {
                    SettingsError::new(
                        self.env_field,
                        format!("{name} is not set"),
                        "set this environment variable",
                    )
                };
                (self.env_field, environment(name).ok_or_else(missing)?)
            }
            (None, Some(path)) => (self.file_field, read_file(self.file_field, path)?),
            (None, None) => return Ok(Secret::default()),
        };
        // Editors and `echo` append a line break that is not part of the secret.
        let text = text.trim_end_matches(['\r', '\n']);
        if text.is_empty() || text.len() > MAX_SECRET || text.chars().any(char::is_control) {
            let right = format!("a secret is one line of at most {MAX_SECRET} bytes");
            return Err(SettingsError::new(field, "has no valid secret", right));
        }
        Ok(Secret::new(Some(text)))
    }
}

fn read_file(field: &'static str, path: &Path) -> Result<String, SettingsError> {
    let mut text = String::new();
    let limit = MAX_SECRET as u64 + 2;
    match File::open(path).and_then(|file| file.take(limit).read_to_string(&mut text)) {
        Ok(_) => Ok(text),
        Err(error) => {
            let problem = format!("{} cannot be read: {error}", path.display());
            Err(SettingsError::new(field, problem, "use a file that Watchglass can read"))
        }
    }
}

/// Secrets to redact from responses.
#[derive(Clone, Debug, Default)]
pub(crate) struct Secrets(Vec<Secret>);

impl Secrets {
    /// Collects the secrets to redact.
    pub(crate) fn of<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut texts: Vec<&str> = texts.into_iter().filter(|text| text.len() >= MIN_REDACTED).collect();
        // One may be part of another: the longest first, or its rest would remain.
        texts.sort_by_key(|text| std::cmp::Reverse(text.len()));
        Self(texts.into_iter().map(|text| Secret::new(Some(text))).collect())
    }

    /// These secrets and others.
    pub(crate) fn with(&self, others: &Self) -> Self {
        Self::of(self.0.iter().chain(&others.0).filter_map(Secret::reveal))
    }

    /// Redacts secrets and action links from a text of another program and truncates it to one line.
    pub(crate) fn redact(&self, text: &str) -> String {
        let mut text = redact_action_links(text);
        for secret in self.0.iter().filter_map(Secret::reveal) {
            text = text.replace(secret, "…");
            remove_cut_off(&mut text, secret);
        }
        one_line(&text, MAX_EXCERPT)
    }
}

/// Path of action links: whoever knows one can acknowledge alerts.
const ACTION_PATHS: [&str; 2] = ["/action/", "\\/action\\/"];

/// Redacts the tokens of action links, which a receiver repeats if it repeats the message.
fn redact_action_links(text: &str) -> String {
    let mut text = text.to_owned();
    for path in ACTION_PATHS {
        let mut pieces = text.split(path);
        let mut redacted = pieces.next().unwrap_or_default().to_owned();
        for piece in pieces {
            let is_token = |character: char| character.is_ascii_alphanumeric() || "-_".contains(character);
            redacted.push_str(path);
            redacted.push('…');
            redacted.push_str(piece.trim_start_matches(is_token));
        }
        text = redacted;
    }
    text
}

/// Removes the beginning of a secret at the end of a text that was cut off there.
fn remove_cut_off(text: &mut String, secret: &str) {
    let starts = secret.char_indices().map(|(at, _)| at).filter(|at| *at >= MIN_REDACTED).rev();
    let mut starts = starts.filter_map(|at| secret.get(..at));
    if let Some(start) = starts.find(|start| text.ends_with(start)) {
        text.truncate(text.len() - start.len());
        text.push('…');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::fs;

    fn source<'a>(env: Option<&'a str>, file: Option<&'a Path>) -> SecretSource<'a> {
        SecretSource { env_field: "secret_env", env, file_field: "secret_file", file }
    }

    #[test]
    fn secrets_come_from_environment_or_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        let environment = |name: &str| (name == "NAME").then(|| "from-env".to_owned());
        fs::write(&path, "from-file\r\n").unwrap();
        let read = |source: SecretSource<'_>| {
            source.check(false)?;
            source.read(&environment).map(|secret| secret.reveal().map(str::to_owned))
        };
        assert_eq!(read(source(Some("NAME"), None)), Ok(Some("from-env".to_owned())));
        assert_eq!(read(source(None, Some(&path))), Ok(Some("from-file".to_owned())));
        assert_eq!(read(source(None, None)), Ok(None));
        let error = |source: SecretSource<'_>| read(source).unwrap_err().to_string();
        assert_eq!(
            error(source(Some("OTHER"), None)),
            "secret_env OTHER is not set: set this environment variable"
        );
        assert!(error(source(Some("NAME"), Some(&path))).contains("set only one of them"));
        assert!(error(source(None, Some(&folder.path().join("none")))).contains("cannot be read"));
        // The secret itself instead of a variable name.
        assert!(!error(source(Some("hunter-2"), None)).contains("hunter"));
        let missing = source(None, None).check(true).unwrap_err().to_string();
        assert!(missing.starts_with("secret_env is missing: set it to the name"), "{missing}");
        for bad in ["", "\n", "two\nlines", &"x".repeat(MAX_SECRET + 1)] {
            fs::write(&path, bad).unwrap();
            assert!(error(source(None, Some(&path))).contains("has no valid secret"));
        }
    }

    #[test]
    fn action_links_and_cut_off_secrets_are_redacted() {
        let secrets = Secrets::of(["s3cret-token"]);
        for (text, expected) in [
            ("no s3cret-token here", "no … here"),
            ("ends with s3cret-to", "ends with …"),
            ("ends with s3c", "ends with s3c"),
            ("\"https://watch.example/action/AQAB_-x\" failed", "\"https://watch.example/action/…\" failed"),
            (r"https:\/\/watch.example\/action\/AQAB", r"https:\/\/watch.example\/action\/…"),
        ] {
            assert_eq!(secrets.redact(text), expected);
        }
    }

    proptest! {
        #[test]
        fn secrets_are_never_repeated(
            secrets in prop::collection::vec("[a-zA-Z0-9!@:/?#]{4,20}", 1..4),
            before in "[ -~]{0,80}",
            after in "[ -~]{0,80}",
        ) {
            let kept = Secrets::of(secrets.iter().map(String::as_str));
            for secret in &secrets {
                let shown = kept.redact(&format!("{before}{secret}{after}"));
                prop_assert!(!shown.contains(secret), "{shown}");
                let debug = format!("{kept:?}");
                prop_assert!(!debug.contains(secret));
            }
        }
    }
}
