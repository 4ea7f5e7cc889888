//! Memory and CPU usage of the server, from `/proc`.

use crate::error::LoadError;
use std::fs;
use std::io;
use std::time::Duration;

/// Memory and CPU time of the server's process.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Usage {
    /// Proportional set size in bytes.
    pub(crate) memory: u64,
    /// CPU time since its start, in user and system mode.
    pub(crate) processor: Duration,
}

/// Reads memory and CPU time of process `pid`.
///
/// # Errors
/// [`LoadError::Process`].
pub(crate) fn usage(pid: u32) -> Result<Usage, LoadError> {
    let wrap = |source| LoadError::Process { pid, source };
    let read = |name: &str| fs::read_to_string(format!("/proc/{pid}/{name}"));
    let odd = || wrap(io::Error::new(io::ErrorKind::InvalidData, "unknown format"));
    let memory = pss(&read("smaps_rollup").map_err(wrap)?).ok_or_else(odd)?;
    let ticks = processor_ticks(&read("stat").map_err(wrap)?).ok_or_else(odd)?;
    let a_second = rustix::param::clock_ticks_per_second().max(1);
    Ok(Usage { memory, processor: Duration::from_secs_f64(ticks as f64 / a_second as f64) })
}

/// Bytes of the line `Pss:  1234 kB` of `smaps_rollup`; see proc_pid_smaps(5).
fn pss(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

/// Fields 14 and 15 of `stat`, utime and stime; see proc_pid_stat(5). The name in field 2 may hold anything, but
/// it ends at the last bracket.
fn processor_ticks(text: &str) -> Option<u64> {
    let (_, rest) = text.rsplit_once(") ")?;
    let mut fields = rest.split(' ').skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(user + system)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proc_files_are_parsed() {
        let smaps = "55d0-7ffe ---p 00000000 00:00 0   [rollup]\nRss:     2048 kB\nPss:     1234 kB\nPss_Anon: 9 kB\n";
        assert_eq!(pss(smaps), Some(1234 * 1024));
        assert_eq!(pss("Rss: 1 kB\n"), None);
        let stat = "42 (a) b (c) S 1 42 42 0 -1 4194560 1000 0 3 0 250 50 0 0 20 0 8 0 100 1000 200";
        assert_eq!(processor_ticks(stat), Some(300));
        assert_eq!(processor_ticks("42 (a) S 1"), None);
    }

    #[test]
    fn error_names_a_missing_process() {
        assert!(usage(std::process::id()).unwrap().memory > 0);
        let message = usage(u32::MAX).unwrap_err().to_string();
        assert!(message.contains("process 4294967295"), "{message}");
    }
}
