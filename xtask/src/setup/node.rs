//! Version of Node.js.

use crate::process;
use crate::workspace::Workspace;

/// Whether Node.js 20 or newer is installed, with npm.
pub(super) fn is_installed(workspace: &Workspace) -> bool {
    process::find_on_path("npm").is_some()
        && process::output_of(process::program(workspace, "node").arg("--version"))
            .is_some_and(|version| major(&version).is_some_and(|major| major >= 20))
}

/// `20` of `v20.11.1`.
fn major(version: &str) -> Option<u32> {
    version.trim().strip_prefix('v')?.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn node_version_is_parsed() {
        for (text, expected) in [("v20.11.1\n", Some(20)), ("v8.0", Some(8)), ("20.1", None), ("", None)] {
            assert_eq!(major(text), expected, "{text:?}");
        }
    }
}
