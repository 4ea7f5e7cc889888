//! Parser of `/proc/PID/stat`.

use crate::TextError;
use crate::text::Line;

/// Process statistics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ProcessStat<'a> {
    /// Command name, at most 15 bytes for a program and 63 for a kernel thread. May contain any character, including
    /// parentheses and newlines.
    pub(crate) command: &'a str,
    /// State, such as `S`.
    pub(crate) state: char,
    /// Process id of the parent.
    pub(crate) parent: u32,
    /// Whether it is a kernel thread.
    pub(crate) is_kernel: bool,
    /// CPU time in kernel clock ticks, without children.
    pub(crate) ticks: u64,
    /// Number of threads.
    pub(crate) threads: u64,
    /// Start time in ticks since boot. Distinguishes processes with a reused PID.
    pub(crate) started: u64,
    /// Virtual memory in bytes.
    pub(crate) virtual_bytes: u64,
    /// Resident memory in pages, including shared memory and mapped files. The kernel's counter may be off by some hundred
    /// KiB.
    pub(crate) resident_pages: u64,
}

impl ProcessStat<'_> {
    /// The statistics alone, which outlive the text.
    pub(crate) fn without_command(self) -> ProcessStat<'static> {
        let Self {
            command: _,
            state,
            parent,
            is_kernel,
            ticks,
            threads,
            started,
            virtual_bytes,
            resident_pages,
        } = self;
        ProcessStat {
            command: "",
            state,
            parent,
            is_kernel,
            ticks,
            threads,
            started,
            virtual_bytes,
            resident_pages,
        }
    }
}

/// Kernel flag `PF_KTHREAD` (`include/linux/sched.h`).
const KERNEL_THREAD: u64 = 0x0020_0000;

/// Parses [`/proc/PID/stat`](https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html).
pub(crate) fn parse(text: &str) -> Result<ProcessStat<'_>, TextError> {
    // Only numbers follow the last parenthesis.
    let named = text.rsplit_once(')').and_then(|(head, rest)| Some((head.split_once('(')?.1, rest)));
    let Some((command, rest)) = named else {
        return Err(Line::new(1, text).invalid("the command", "in parentheses"));
    };
    let mut line = Line::new(1, rest);
    let state = line.word("state")?.chars().next().unwrap_or('?');
    let parent = line.integer("ppid")?;
    line.skip(4);
    let flags = line.integer("flags")?;
    line.skip(4);
    let user = line.integer("utime")?;
    let system = line.integer("stime")?;
    line.skip(4);
    let threads = line.integer("num_threads")?;
    line.skip(1);
    let started = line.integer("starttime")?;
    let virtual_bytes = line.integer("vsize")?;
    Ok(ProcessStat {
        command,
        state,
        // Process ids are at most 2^22.
        parent: u32::try_from(parent).unwrap_or(0),
        is_kernel: flags & KERNEL_THREAD != 0,
        ticks: user.saturating_add(system),
        threads,
        started,
        virtual_bytes,
        resident_pages: line.integer("rss")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROGRAM: &str = include_str!("../../fixtures/process/postgres.stat");
    const KERNEL: &str = include_str!("../../fixtures/process/kworker.stat");

    #[test]
    fn kernel_files_are_parsed() {
        let program = ProcessStat {
            command: "postgres",
            state: 'S',
            parent: 1,
            is_kernel: false,
            ticks: 1234 + 567,
            threads: 1,
            started: 1_522_760,
            virtual_bytes: 224_804_864,
            resident_pages: 7390,
        };
        let kernel = ProcessStat {
            command: "kworker/0:1-events",
            state: 'I',
            parent: 2,
            is_kernel: true,
            ticks: 45,
            threads: 1,
            started: 99,
            virtual_bytes: 0,
            resident_pages: 0,
        };
        let odd = PROGRAM.replace("postgres", "a) R 1 (b\n) c");
        let cases = [
            (PROGRAM, program),
            (KERNEL, kernel),
            (&odd, ProcessStat { command: "a) R 1 (b\n) c", ..program }),
            (&PROGRAM.replace("postgres", ""), ProcessStat { command: "", ..program }),
        ];
        for (text, expected) in cases {
            assert_eq!(parse(text).unwrap(), expected, "{text:?}");
        }
    }

    #[test]
    fn errors_name_line_and_field() {
        let cases = [
            ("", "line 1: the command should be in parentheses"),
            ("1 cat", "line 1: the command should be in parentheses"),
            (")(", "line 1: the command should be in parentheses"),
            ("1 (cat)", "line 1: state should be a word"),
            ("1 (cat) S -1", "line 1: ppid should be a whole number"),
            ("1 (cat) S 1 1 1 0 -1", "line 1: flags should be a whole number"),
            ("1 (cat) S 1 1 1 0 -1 0 0 0 0 0 -7", "line 1: utime should be a whole number"),
            (PROGRAM.split_at(90).0, "line 1: vsize should be a whole number"),
        ];
        for (text, expected) in cases {
            assert_eq!(parse(text).unwrap_err().to_string(), expected, "{text:?}");
        }
    }
}
