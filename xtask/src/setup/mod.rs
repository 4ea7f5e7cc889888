//! Installation of what building and testing need. Each part skips what is up to date, and uses the network only for
//! what is missing.

mod browser;
mod jobs;
mod node;
mod packages;
mod progress;
mod services;
mod target;
mod tools;

pub(crate) use browser::{browser_script, install_driver};
pub(crate) use packages::fetch;
pub(crate) use services::{COMPILER, MAKE, Needs, ensure, ensure_tool};
pub(crate) use target::add_wasm_target;
pub(crate) use tools::{build_tools_and_page, tool_versions};
