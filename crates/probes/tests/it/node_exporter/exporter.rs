//! Node exporter test server.

use super::exposition::{Exposition, scrape};
use crate::support::{Process, find_program, free_port, wait_until};
use std::process::Command;

/// Program names: of Debian and Arch, and upstream.
const NAMES: [&str; 2] = ["prometheus-node-exporter", "node_exporter"];

/// Stopped on drop.
pub(crate) struct Exporter {
    address: String,
    _process: Process,
}

impl Exporter {
    /// Starts an exporter on a free loopback port, and waits for the first response, which is slow.
    pub(crate) fn start() -> Self {
        let name = NAMES.into_iter().find(|name| is_on_path(name)).unwrap_or(NAMES[0]);
        let program = find_program(name, &[]).unwrap();
        let address = format!("127.0.0.1:{}", free_port());
        let process = Process::start(Command::new(program).arg(format!("--web.listen-address={address}")));
        wait_until("the node exporter", || scrape(&address).ok());
        Self { address, _process: process }
    }

    pub(crate) fn scrape(&self) -> Exposition {
        scrape(&self.address).unwrap()
    }
}

fn is_on_path(name: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(name).is_file())
}
