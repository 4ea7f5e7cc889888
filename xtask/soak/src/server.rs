//! The server's process: start, SIGKILL and restart at the same address, memory.

use crate::context::{Tokens, now_millis};
use crate::error::SoakError;
use crate::http;
use crate::record::Memory;
use std::fs::{self, OpenOptions};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use watchglass_test_servers::free_port;

/// Timeout of a start.
const START_TIMEOUT: Duration = Duration::from_secs(60);
const POLL_INTERVAL: Duration = Duration::from_millis(20);
/// Limits of requests that do not apply: all jobs use one address.
const UNLIMITED: [&str; 4] = [
    "WATCHGLASS_LIMITS_REST",
    "WATCHGLASS_LIMITS_PAGES",
    "WATCHGLASS_LIMITS_LIVE",
    "WATCHGLASS_LIMITS_INGEST",
];

/// A running server; dropping it kills it.
#[derive(Debug)]
pub(crate) struct Server {
    binary: PathBuf,
    folder: PathBuf,
    flags: Vec<String>,
    address: SocketAddr,
    child: Child,
}

impl Server {
    /// Starts the server on a free loopback port, and waits until it answers.
    ///
    /// # Errors
    /// It could not be started, or does not answer.
    pub(crate) fn start(binary: &Path, folder: &Path, flags: &[(&str, String)]) -> Result<Self, SoakError> {
        let flags: Vec<String> =
            flags.iter().flat_map(|(name, value)| [(*name).to_owned(), value.clone()]).collect();
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
        let (binary, folder) = (binary.to_owned(), folder.to_owned());
        let child = spawn(&binary, &folder, address, &flags)?;
        let mut server = Self { binary, folder, flags, address, child };
        server.wait_until_ready()?;
        Ok(server)
    }

    /// Address of the server.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Creates tokens.
    ///
    /// # Errors
    /// [`SoakError::Token`].
    pub(crate) fn tokens(&self) -> Result<Tokens, SoakError> {
        let create = |role: &str| {
            let mut command = Command::new(&self.binary);
            command.args(["token", "create", "--name", role, "--role", role, "--data-dir"]).arg(self.data());
            let output = command.output().map_err(|error| SoakError::Token(error.to_string()))?;
            if output.status.success() {
                Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
            } else {
                Err(SoakError::Token(String::from_utf8_lossy(&output.stderr).into_owned()))
            }
        };
        Ok(Tokens { admin: create("admin")?, viewer: create("viewer")?, ingest: create("ingest")? })
    }

    /// Kills the server (SIGKILL) and starts it again.
    ///
    /// # Errors
    /// It could not be started, or does not answer.
    pub(crate) fn kill_and_restart(&mut self) -> Result<(), SoakError> {
        self.stop();
        self.child = spawn(&self.binary, &self.folder, self.address, &self.flags)?;
        self.wait_until_ready()
    }

    /// Kills the server.
    pub(crate) fn stop(&mut self) {
        // An error means that it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Memory of the process now.
    pub(crate) fn memory(&self) -> Option<Memory> {
        let text = fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        memory(&text, now_millis())
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn wait_until_ready(&mut self) -> Result<(), SoakError> {
        let started = Instant::now();
        while started.elapsed() < START_TIMEOUT {
            if http::get(self.address, "/api/live", "").is_ok_and(|answer| answer.status == 200) {
                return Ok(());
            }
            std::thread::sleep(POLL_INTERVAL);
        }
        Err(SoakError::NoAnswer { seconds: START_TIMEOUT.as_secs(), log: log(&self.folder) })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

fn log(folder: &Path) -> PathBuf {
    folder.join("server.log")
}

fn spawn(binary: &Path, folder: &Path, address: SocketAddr, flags: &[String]) -> Result<Child, SoakError> {
    let path = log(folder);
    let open =
        || OpenOptions::new().create(true).append(true).open(&path).map_err(SoakError::file("write", &path));
    let mut command = Command::new(binary);
    command
        .args(["serve", "--listen", &address.to_string(), "--data-dir"])
        .arg(folder.join("data"))
        .args(flags);
    command.envs(UNLIMITED.map(|name| (name, "off")));
    command.stdin(Stdio::null()).stdout(open()?).stderr(open()?);
    command.spawn().map_err(SoakError::file("start", binary))
}

/// Resident and anonymous memory from `/proc/PID/status`; see proc_pid_status(5).
fn memory(status: &str, time: i64) -> Option<Memory> {
    let kib = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim_start_matches(':').trim().strip_suffix("kB")?.trim().parse::<u64>().ok()
    };
    Some(Memory { time, resident: kib("VmRSS")? * 1024, anonymous: kib("RssAnon")? * 1024 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_parsed() {
        let status = "Name:\twatchglass\nVmRSS:\t   52340 kB\nRssAnon:\t   30000 kB\nRssFile:\t 22340 kB\n";
        let expected = Memory { time: 7, resident: 52_340 * 1024, anonymous: 30_000 * 1024 };
        assert_eq!(memory(status, 7), Some(expected));
        assert_eq!(memory("VmRSS: 1 kB\n", 7), None);
    }
}
