//! Configuration file of a test.

use tempfile::TempDir;

/// A file for the flag `--config`, removed on drop.
pub(crate) struct ConfigFile {
    folder: TempDir,
    path: String,
}

impl ConfigFile {
    /// A file with this text.
    pub(crate) fn with(text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("watchglass.toml");
        std::fs::write(&path, text).unwrap();
        Self { path: path.to_str().unwrap().to_owned(), folder }
    }

    /// A file in which these built-in rules fire without delay.
    pub(crate) fn without_delay(rules: &[&str]) -> Self {
        let rules = rules.iter().map(|id| format!("[[rules]]\nid = '{id}'\nfor_seconds = 0\n"));
        Self::with(&rules.collect::<String>())
    }

    /// The flag and its value, with a data directory.
    pub(crate) fn flags_with_data<'a>(&'a self, folder: &'a TempDir) -> Vec<&'a str> {
        let mut flags = vec!["--data-dir", folder.path().to_str().unwrap()];
        flags.extend(self.flags());
        flags
    }

    /// The flag and its value.
    pub(crate) fn flags(&self) -> [&str; 2] {
        debug_assert!(self.folder.path().exists());
        ["--config", &self.path]
    }
}
