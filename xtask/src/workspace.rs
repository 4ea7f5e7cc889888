//! Where things are.

use crate::failure::Failure;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The folders of this checkout.
#[derive(Debug)]
pub(crate) struct Workspace {
    root: PathBuf,
    target: PathBuf,
}

impl Workspace {
    /// Finds the checkout that this program was built from, and the folder that cargo builds into.
    ///
    /// # Errors
    /// The current folder does not exist.
    pub(crate) fn find() -> Result<Self, Failure> {
        // Cargo sets the variable when it runs this program; the other one is from when it was built.
        let manifest = std::env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = manifest.parent().unwrap_or(&manifest).to_owned();
        let target = match std::env::var_os("CARGO_TARGET_DIR").filter(|folder| !folder.is_empty()) {
            // Cargo reads a relative folder from where it was called, and calls this program from there too.
            Some(folder) => {
                std::path::absolute(&folder).map_err(Failure::file("find", Path::new(&folder)))?
            }
            None => root.join("target"),
        };
        Ok(Self { root, target })
    }

    /// The folder of the workspace's `Cargo.toml`.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The folder that cargo builds into.
    pub(crate) fn target(&self) -> &Path {
        &self.target
    }

    /// Installed tools, logs and stamps.
    pub(crate) fn tools(&self) -> PathBuf {
        self.target.join("tools")
    }

    /// Our own wasm-bindgen command.
    pub(crate) fn wasm_bindgen(&self) -> PathBuf {
        self.target.join("tool").join("wasm-bindgen")
    }

    /// The page's program as the compiler leaves it.
    pub(crate) fn page_wasm(&self) -> PathBuf {
        self.target.join("wasm32-unknown-unknown").join("wasm-release").join("app.wasm")
    }

    /// What the server embeds: the page's program, styles and public files, with compressed siblings.
    pub(crate) fn dist(&self) -> PathBuf {
        self.root.join("dist")
    }

    /// The program that is shipped.
    pub(crate) fn binary(&self) -> PathBuf {
        self.target.join("release").join("watchglass")
    }

    /// The browser tests.
    pub(crate) fn browser_tests(&self) -> PathBuf {
        self.root.join("end2end")
    }

    /// `PATH` with our tools before all others.
    pub(crate) fn path_with_tools(&self) -> OsString {
        let mut path = OsString::new();
        for folder in [self.target.join("tool"), self.tools().join("bin")] {
            path.push(folder);
            path.push(":");
        }
        path.push(std::env::var_os("PATH").unwrap_or_default());
        path
    }
}
