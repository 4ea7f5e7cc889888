//! Processes under measurement: start, memory usage, stop.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Timeout of a process's end after SIGTERM.
const STOP_TIMEOUT: Duration = Duration::from_secs(20);

/// A process. Dropping it stops the process.
pub(crate) struct Program(pub(crate) Child);

impl Program {
    pub(crate) fn start(command: &mut Command) -> Self {
        Self(command.spawn().unwrap_or_else(|error| panic!("{:?}: {error}", command.get_program())))
    }

    /// Current memory usage.
    pub(crate) fn memory(&self) -> Memory {
        Memory::of(&self.0.id().to_string())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = Command::new("kill").arg(self.0.id().to_string()).stderr(Stdio::null()).status();
        let begun = Instant::now();
        while begun.elapsed() < STOP_TIMEOUT {
            if let Ok(Some(_)) = self.0.try_wait() {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Memory usage of a process in megabytes.
#[derive(Clone, Copy)]
pub(crate) struct Memory {
    /// Anonymous memory.
    pub(crate) anonymous: f64,
    /// Proportional set size.
    pub(crate) pss: f64,
}

impl Memory {
    /// Memory usage of a process, by its id or `self`; see proc_pid_smaps(5).
    pub(crate) fn of(process: &str) -> Self {
        let text = fs::read_to_string(format!("/proc/{process}/smaps_rollup")).unwrap();
        let kib = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap();
            line.trim().trim_end_matches(" kB").trim().parse::<f64>().unwrap()
        };
        Self { anonymous: kib("Anonymous:") * 1024.0 / 1e6, pss: kib("Pss:") * 1024.0 / 1e6 }
    }
}

/// A free loopback address.
pub(crate) fn free_address() -> SocketAddr {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap()
}
