//! Programs that are measured: started, asked how much memory they have, and stopped.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long a program may take to end after it was asked to.
const PATIENCE: Duration = Duration::from_secs(20);

/// A program that is stopped when this is dropped.
pub(crate) struct Program(pub(crate) Child);

impl Program {
    pub(crate) fn start(command: &mut Command) -> Self {
        Self(command.spawn().unwrap_or_else(|error| panic!("{:?}: {error}", command.get_program())))
    }

    /// Its memory now.
    pub(crate) fn memory(&self) -> Memory {
        Memory::of(&self.0.id().to_string())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = Command::new("kill").arg(self.0.id().to_string()).stderr(Stdio::null()).status();
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            if let Ok(Some(_)) = self.0.try_wait() {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Memory of a process in megabytes.
#[derive(Clone, Copy)]
pub(crate) struct Memory {
    /// Its own, which no file stands behind.
    pub(crate) anonymous: f64,
    /// Everything, with shared pages divided among those who share them.
    pub(crate) pss: f64,
}

impl Memory {
    /// The memory of a process, by its number or `self`; see proc_pid_smaps(5).
    pub(crate) fn of(process: &str) -> Self {
        let text = fs::read_to_string(format!("/proc/{process}/smaps_rollup")).unwrap();
        let kib = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap();
            line.trim().trim_end_matches(" kB").trim().parse::<f64>().unwrap()
        };
        Self { anonymous: kib("Anonymous:") * 1024.0 / 1e6, pss: kib("Pss:") * 1024.0 / 1e6 }
    }
}

/// A loopback address that was free just now.
pub(crate) fn free_address() -> SocketAddr {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap()
}
