//! `layouts.json` in the data directory: `{"version":1,"layouts":{"ada":{"panels":[{"panel":"cpu","width":"wide"},…]}}}`.

use super::Layout;
use crate::persist::atomic_file;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const FILE_NAME: &str = "layouts.json";
const VERSION: u32 = 1;

/// The file in a directory.
#[derive(Debug)]
pub(super) struct LayoutsFile {
    folder: PathBuf,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Content<L> {
    version: u32,
    layouts: BTreeMap<String, L>,
}

impl LayoutsFile {
    pub(super) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// Layouts by user name; empty if there is no file. An unreadable file is renamed.
    ///
    /// # Errors
    /// The file cannot be read or renamed.
    pub(super) fn read(&self) -> io::Result<BTreeMap<String, Layout>> {
        let Some(text) = atomic_file::read(&self.folder, FILE_NAME)? else { return Ok(BTreeMap::new()) };
        let reason = match serde_json::from_str::<Content<Layout>>(&text) {
            Ok(Content { version: VERSION, layouts }) => return Ok(layouts),
            Ok(Content { version, .. }) => {
                format!("unknown version {version}, expected {VERSION}")
            }
            Err(error) => format!("invalid JSON: {error}"),
        };
        atomic_file::quarantine(&self.folder, FILE_NAME, &reason)?;
        Ok(BTreeMap::new())
    }

    /// Replaces the file.
    ///
    /// # Errors
    /// Failed write; the old content stays.
    pub(super) fn write(&self, layouts: &BTreeMap<String, Arc<Layout>>) -> io::Result<()> {
        let layouts = layouts.iter().map(|(user, layout)| (user.clone(), layout.as_ref())).collect();
        let text = serde_json::to_string_pretty(&Content { version: VERSION, layouts })?;
        atomic_file::replace(&self.folder, FILE_NAME, (text + "\n").as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::super::Layouts;
    use super::super::layout::{PanelPlacement, Width};
    use super::*;
    use std::fs;

    fn layout() -> Layout {
        let placed = |panel: &str, hidden, width| PanelPlacement { panel: panel.to_owned(), hidden, width };
        let panels = vec![
            placed("memory", false, Width::Normal),
            placed("cpu", true, Width::Normal),
            placed("load", false, Width::Wide),
            placed("disk", true, Width::Full),
        ];
        Layout { panels }
    }

    #[test]
    fn layouts_match_the_golden_file_and_round_trip() {
        let folder = tempfile::tempdir().unwrap();
        let layouts = Layouts::open(folder.path()).unwrap();
        layouts.save("ada", Some(layout())).unwrap();
        layouts.save("bob", Some(Layout::default())).unwrap();
        layouts.save("eve", Some(layout())).unwrap();
        layouts.save("eve", None).unwrap();
        let text = fs::read_to_string(folder.path().join(FILE_NAME)).unwrap();
        let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/layouts.json");
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            fs::write(&golden, &text).unwrap();
        }
        assert_eq!(fs::read_to_string(&golden).unwrap(), text);
        let again = Layouts::open(folder.path()).unwrap();
        assert_eq!(again.get("ada").as_deref(), Some(&layout()));
        assert_eq!(again.get("bob").as_deref(), Some(&Layout::default()));
        assert_eq!(again.get("eve"), None);
    }

    #[test]
    fn unreadable_files_are_renamed() {
        for text in
            ["", "[]", "{\"version\":2,\"layouts\":{}}", "{\"version\":1,\"layouts\":{\"a\":{\"x\":1}}}"]
        {
            let folder = tempfile::tempdir().unwrap();
            fs::write(folder.path().join(FILE_NAME), text).unwrap();
            let layouts = Layouts::open(folder.path()).unwrap();
            assert_eq!(layouts.get("a"), None);
            assert_eq!(fs::read_to_string(folder.path().join("layouts.json.damaged")).unwrap(), text);
        }
    }

    #[test]
    fn failed_writes_change_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let layouts = Layouts::open(folder.path()).unwrap();
        folder.close().unwrap();
        assert!(layouts.save("ada", Some(layout())).is_err());
        assert_eq!(layouts.get("ada"), None);
    }
}
