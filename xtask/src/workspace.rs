//! Folders and files of the workspace.

use crate::failure::Failure;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// A build profile of `Cargo.toml` for the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Profile {
    /// Short compile time, for `cargo xtask run`.
    FirstRun,
    /// Optimised for production use.
    Release,
}

impl Profile {
    /// Name of the profile, and of its folder below the target folder.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::FirstRun => "first-run",
            Self::Release => "release",
        }
    }
}

/// The folders of this checkout.
#[derive(Debug)]
pub(crate) struct Workspace {
    root: PathBuf,
    target: PathBuf,
}

impl Workspace {
    /// Finds the checkout that this program was built from, and cargo's target folder.
    ///
    /// # Errors
    /// The current folder does not exist.
    pub(crate) fn find() -> Result<Self, Failure> {
        // Cargo sets the variable when it runs this program. The fallback is the value at compile time.
        let manifest = std::env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = manifest.parent().unwrap_or(&manifest).to_owned();
        let target = match std::env::var_os("CARGO_TARGET_DIR").filter(|folder| !folder.is_empty()) {
            // Cargo resolves a relative folder from its working folder, which is also that of this program.
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

    /// Cargo's target folder.
    pub(crate) fn target(&self) -> &Path {
        &self.target
    }

    /// Installed tools, logs and stamps.
    pub(crate) fn tools(&self) -> PathBuf {
        self.target.join("tools")
    }

    /// The compressor of the page's files.
    pub(crate) fn compressor(&self) -> PathBuf {
        self.target.join(Profile::FirstRun.name()).join("compress")
    }

    /// The page's WebAssembly module as compiled, before wasm-bindgen.
    pub(crate) fn page_wasm(&self) -> PathBuf {
        self.target.join("wasm32-unknown-unknown").join("wasm-release").join("app.wasm")
    }

    /// The files that the server embeds: WebAssembly module, styles and public files, each also compressed.
    pub(crate) fn dist(&self) -> PathBuf {
        self.root.join("dist")
    }

    /// The server's binary.
    pub(crate) fn binary(&self, profile: Profile) -> PathBuf {
        self.target.join(profile.name()).join("watchglass")
    }

    /// Folder of the browser tests.
    pub(crate) fn browser_tests(&self) -> PathBuf {
        self.root.join("end2end")
    }

    /// `PATH` with the installed tools first.
    pub(crate) fn path_with_tools(&self) -> OsString {
        let mut path = self.tools().join("bin").into_os_string();
        path.push(":");
        path.push(std::env::var_os("PATH").unwrap_or_default());
        path
    }
}
