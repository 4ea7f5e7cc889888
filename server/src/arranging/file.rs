//! `layouts.json` in the data folder: `{"version":1,"layouts":{"ada":{"panels":[{"panel":"cpu","width":"wide"},…]}}}`.

use super::Layout;
use crate::files;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const NAME: &str = "layouts.json";
const VERSION: u32 = 1;

/// The file in a folder.
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

    /// What is kept, by the names of people; nothing before the first time. A file that cannot be understood is set aside.
    ///
    /// # Errors
    /// The system cannot read or rename it.
    pub(super) fn read(&self) -> io::Result<BTreeMap<String, Layout>> {
        let Some(text) = files::read(&self.folder, NAME)? else { return Ok(BTreeMap::new()) };
        let reason = match serde_json::from_str::<Content<Layout>>(&text) {
            Ok(Content { version: VERSION, layouts }) => return Ok(layouts),
            Ok(Content { version, .. }) => {
                format!("it has version {version}: this program reads version {VERSION}")
            }
            Err(error) => format!("it cannot be understood: {error}"),
        };
        files::set_aside(&self.folder, NAME, &reason)?;
        Ok(BTreeMap::new())
    }

    /// Replaces what is kept.
    ///
    /// # Errors
    /// The disk does not take it. What was there before is there still.
    pub(super) fn write(&self, layouts: &BTreeMap<String, Arc<Layout>>) -> io::Result<()> {
        let layouts = layouts.iter().map(|(user, layout)| (user.clone(), layout.as_ref())).collect();
        let text = serde_json::to_string_pretty(&Content { version: VERSION, layouts })?;
        files::replace(&self.folder, NAME, (text + "\n").as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::super::Layouts;
    use super::super::layout::{Placed, Width};
    use super::*;
    use std::fs;

    fn layout() -> Layout {
        let placed = |panel: &str, hidden, width| Placed { panel: panel.to_owned(), hidden, width };
        let panels = vec![
            placed("memory", false, Width::Usual),
            placed("cpu", true, Width::Usual),
            placed("load", false, Width::Wide),
            placed("disk", true, Width::Full),
        ];
        Layout { panels }
    }

    #[test]
    fn what_is_kept_stays_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let layouts = Layouts::open(folder.path()).unwrap();
        layouts.keep("ada", Some(layout())).unwrap();
        layouts.keep("bob", Some(Layout::default())).unwrap();
        layouts.keep("eve", Some(layout())).unwrap();
        layouts.keep("eve", None).unwrap();
        let text = fs::read_to_string(folder.path().join(NAME)).unwrap();
        let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/layouts.json");
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            fs::write(&golden, &text).unwrap();
        }
        assert_eq!(fs::read_to_string(&golden).unwrap(), text);
        let again = Layouts::open(folder.path()).unwrap();
        assert_eq!(again.of("ada").as_deref(), Some(&layout()));
        assert_eq!(again.of("bob").as_deref(), Some(&Layout::default()));
        assert_eq!(again.of("eve"), None);
    }

    #[test]
    fn a_file_that_cannot_be_understood_is_set_aside() {
        for text in
            ["", "[]", "{\"version\":2,\"layouts\":{}}", "{\"version\":1,\"layouts\":{\"a\":{\"x\":1}}}"]
        {
            let folder = tempfile::tempdir().unwrap();
            fs::write(folder.path().join(NAME), text).unwrap();
            let layouts = Layouts::open(folder.path()).unwrap();
            assert_eq!(layouts.of("a"), None);
            assert_eq!(fs::read_to_string(folder.path().join("layouts.json.damaged")).unwrap(), text);
        }
    }

    #[test]
    fn what_the_disk_does_not_take_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let layouts = Layouts::open(folder.path()).unwrap();
        folder.close().unwrap();
        assert!(layouts.keep("ada", Some(layout())).is_err());
        assert_eq!(layouts.of("ada"), None);
    }
}
