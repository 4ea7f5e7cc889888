//! Where secrets come from, and how they are kept out of what is said.

use crate::SettingsError;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use watchglass_remote::{Secret, one_line};

/// The longest secret, in bytes.
const MOST_SECRET: usize = 8 << 10;
/// Shorter ones are not looked for in the words of others: they would tear holes in everything.
const LEAST_SCRUBBED: usize = 4;
/// More of a server's words is not kept, in characters.
const MOST_WORDS: usize = 200;

/// What variables of the environment say: `std::env::var(name).ok()`, or what a test puts in its place.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Where a secret is: the name of a variable or the path of a file; one of them at most.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Source<'a> {
    pub(crate) env_field: &'static str,
    pub(crate) env: Option<&'a str>,
    pub(crate) file_field: &'static str,
    pub(crate) file: Option<&'a Path>,
}

impl Source<'_> {
    /// Whether the settings name a place at all.
    pub(crate) fn is_given(&self) -> bool {
        self.env.is_some() || self.file.is_some()
    }

    /// Whether the settings can be right; the place itself is not looked at.
    pub(crate) fn check(&self, is_needed: bool) -> Result<(), SettingsError> {
        let (env, file) = (self.env_field, self.file_field);
        if self.env.is_some() && self.file.is_some() {
            return Err(SettingsError::new(
                env,
                format!("is given, and {file} too"),
                "one of them is enough",
            ));
        }
        if is_needed && !self.is_given() {
            let right = format!("name a variable of the environment here, or a file in {file}");
            return Err(SettingsError::new(env, "is missing", right));
        }
        let is_name = |name: &str| {
            (1..=255).contains(&name.len())
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        };
        match self.env {
            // What is wrong here may be the secret itself: it is not repeated.
            Some(name) if !is_name(name) => Err(SettingsError::new(
                env,
                "is not the name of a variable",
                "give a name of letters, digits and _, not the secret itself",
            )),
            _ => Ok(()),
        }
    }

    /// The secret; none where the settings name no place.
    pub(crate) fn read(&self, environment: Environment<'_>) -> Result<Secret, SettingsError> {
        let (field, text) = match (self.env, self.file) {
            (Some(name), _) => {
                let missing =
                    || SettingsError::new(self.env_field, format!("{name} is not set"), "set this variable");
                (self.env_field, environment(name).ok_or_else(missing)?)
            }
            (None, Some(path)) => (self.file_field, read_file(self.file_field, path)?),
            (None, None) => return Ok(Secret::default()),
        };
        // Editors and `echo` end a file with a line's end that is not part of the secret.
        let text = text.trim_end_matches(['\r', '\n']);
        if text.is_empty() || text.len() > MOST_SECRET || text.chars().any(char::is_control) {
            let right = format!("a secret is one line of at most {MOST_SECRET} bytes");
            return Err(SettingsError::new(field, "names a place where there is no secret", right));
        }
        Ok(Secret::new(Some(text)))
    }
}

fn read_file(field: &'static str, path: &Path) -> Result<String, SettingsError> {
    let mut text = String::new();
    let most = MOST_SECRET as u64 + 2;
    match File::open(path).and_then(|file| file.take(most).read_to_string(&mut text)) {
        Ok(_) => Ok(text),
        Err(error) => {
            let wrong = format!("{} cannot be read: {error}", path.display());
            Err(SettingsError::new(field, wrong, "name a file that this program may read"))
        }
    }
}

/// All that must not be repeated of what the other side says.
#[derive(Clone, Debug, Default)]
pub(crate) struct Secrets(Vec<Secret>);

impl Secrets {
    /// Texts that must not be repeated.
    pub(crate) fn of<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut texts: Vec<&str> = texts.into_iter().filter(|text| text.len() >= LEAST_SCRUBBED).collect();
        // One may be a part of another: the longer first, or the rest of it would stay.
        texts.sort_by_key(|text| std::cmp::Reverse(text.len()));
        Self(texts.into_iter().map(|text| Secret::new(Some(text))).collect())
    }

    /// Words of another program: on one line, not too many, and without the secrets.
    pub(crate) fn scrub(&self, words: &str) -> String {
        let mut words = words.to_owned();
        for secret in self.0.iter().filter_map(Secret::reveal) {
            words = words.replace(secret, "…");
        }
        one_line(&words, MOST_WORDS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::fs;

    fn source<'a>(env: Option<&'a str>, file: Option<&'a Path>) -> Source<'a> {
        Source { env_field: "secret_env", env, file_field: "secret_file", file }
    }

    #[test]
    fn come_from_the_environment_or_from_files() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        let environment = |name: &str| (name == "NAME").then(|| "from-env".to_owned());
        fs::write(&path, "from-file\r\n").unwrap();
        let read = |source: Source<'_>| {
            source.check(false)?;
            source.read(&environment).map(|secret| secret.reveal().map(str::to_owned))
        };
        assert_eq!(read(source(Some("NAME"), None)), Ok(Some("from-env".to_owned())));
        assert_eq!(read(source(None, Some(&path))), Ok(Some("from-file".to_owned())));
        assert_eq!(read(source(None, None)), Ok(None));
        let error = |source: Source<'_>| read(source).unwrap_err().to_string();
        assert_eq!(error(source(Some("OTHER"), None)), "secret_env OTHER is not set: set this variable");
        assert!(error(source(Some("NAME"), Some(&path))).contains("one of them is enough"));
        assert!(error(source(None, Some(&folder.path().join("none")))).contains("cannot be read"));
        // Somebody gave the secret itself.
        assert!(!error(source(Some("hunter-2"), None)).contains("hunter"));
        let missing = source(None, None).check(true).unwrap_err().to_string();
        assert!(missing.starts_with("secret_env is missing: name a variable"), "{missing}");
        for bad in ["", "\n", "two\nlines", &"x".repeat(MOST_SECRET + 1)] {
            fs::write(&path, bad).unwrap();
            assert!(error(source(None, Some(&path))).contains("there is no secret"));
        }
    }

    proptest! {
        #[test]
        fn are_never_repeated(
            secrets in prop::collection::vec("[a-zA-Z0-9!@:/?#]{4,20}", 1..4),
            before in "[ -~]{0,80}",
            after in "[ -~]{0,80}",
        ) {
            let kept = Secrets::of(secrets.iter().map(String::as_str));
            for secret in &secrets {
                let shown = kept.scrub(&format!("{before}{secret}{after}"));
                prop_assert!(!shown.contains(secret), "{shown}");
                let debug = format!("{kept:?}");
                prop_assert!(!debug.contains(secret));
            }
        }
    }
}
