//! Figures of a measurement.

use crate::arguments::Arguments;
use crate::socket::Seen;
use std::fmt;

/// Result of a measurement.
#[derive(Debug, PartialEq)]
pub(crate) struct Summary {
    plan: String,
    open: usize,
    slow: usize,
    failed: usize,
    closed: usize,
    silent: usize,
    first_reason: Option<String>,
    frames: u64,
    lost: u64,
    /// 50th, 95th, 99th percentile and largest, in microseconds.
    latencies: Option<[u32; 4]>,
    server: Option<ServerCost>,
}

/// Memory and CPU usage of the server.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct ServerCost {
    /// Proportional set size with all connections open, in bytes.
    pub(crate) memory: u64,
    /// Growth per connection in bytes. Negative if other memory shrank.
    pub(crate) memory_a_socket: f64,
    /// CPU usage during the measurement: 0.5 is half a core.
    pub(crate) core_share: f64,
}

impl Summary {
    /// Summarises the results of the open connections and the errors of the `failed` ones.
    pub(crate) fn new(
        plan: &Arguments,
        seen: &[Seen],
        failed: &[String],
        server: Option<ServerCost>,
    ) -> Self {
        let newest = seen.iter().filter_map(|one| one.last_seq).max().unwrap_or(0);
        // The last frame may still be in transit; earlier missing frames are lost.
        let behind = |one: &Seen| match (one.last_seq, &one.closed) {
            (Some(last), None) => newest.saturating_sub(1).saturating_sub(last),
            _ => 0,
        };
        let mut latencies: Vec<u32> = seen.iter().flat_map(|one| one.latencies.iter().copied()).collect();
        latencies.sort_unstable();
        let closed: Vec<_> = seen.iter().filter_map(|one| one.closed.as_ref()).collect();
        Self {
            plan: format!(
                "{} connections ({}) for {} s at {}",
                plan.sockets(),
                plan.protocol.name(),
                plan.window().as_secs(),
                plan.url.url()
            ),
            open: seen.len() - closed.len(),
            slow: plan.slow(),
            failed: failed.len(),
            closed: closed.len(),
            // Connections that never read have no frames by design.
            silent: seen
                .iter()
                .filter(|one| one.last_seq.is_none() && one.closed.is_none())
                .count()
                .saturating_sub(plan.slow()),
            first_reason: failed.iter().chain(closed).next().cloned(),
            frames: seen.iter().map(|one| one.frames).sum(),
            lost: seen.iter().map(|one| one.lost + behind(one)).sum(),
            latencies: percentiles(&latencies),
            server,
        }
    }
}

/// The 50th, 95th and 99th percentile by nearest rank, and the largest, of `sorted`.
pub(crate) fn percentiles(sorted: &[u32]) -> Option<[u32; 4]> {
    let rank = |percent: usize| {
        let rank = (sorted.len() * percent).div_ceil(100);
        sorted.get(rank.saturating_sub(1)).copied()
    };
    Some([rank(50)?, rank(95)?, rank(99)?, rank(100)?])
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.plan)?;
        write!(f, "sockets   {} open, {} failed, {} closed early", self.open, self.failed, self.closed)?;
        if self.slow > 0 {
            write!(f, "; {} of them never read", self.slow)?;
        }
        if self.silent > 0 {
            write!(f, "; {} got no frames", self.silent)?;
        }
        if let Some(reason) = &self.first_reason {
            write!(f, "; first error: {reason}")?;
        }
        let expected = self.frames + self.lost;
        writeln!(f, "\nframes    {} of {expected} expected, {} lost", self.frames, self.lost)?;
        match self.latencies {
            Some(micros) => {
                let [p50, p95, p99, max] = micros.map(|micros| f64::from(micros) / 1000.0);
                writeln!(f, "latency   p50 {p50:.1} ms, p95 {p95:.1} ms, p99 {p99:.1} ms, max {max:.1} ms")?;
                write!(f, "          from the timestamp of a frame, including the collection of its values")?;
            }
            None => write!(f, "latency   no frames")?,
        }
        if let Some(server) = self.server {
            write!(
                f,
                "\nserver    {:.1} MiB, {:.1} KiB per socket, {:.1} % of a core",
                server.memory as f64 / (1024.0 * 1024.0),
                server.memory_a_socket / 1024.0,
                server.core_share * 100.0
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[test]
    fn percentiles_by_nearest_rank() {
        let hundred: Vec<u32> = (1..=100).collect();
        for (sorted, expected) in [
            (&hundred[..], Some([50, 95, 99, 100])),
            (&hundred[..1], Some([1, 1, 1, 1])),
            (&hundred[..3], Some([2, 3, 3, 3])),
            (&hundred[..0], None),
        ] {
            assert_eq!(percentiles(sorted), expected);
        }
    }

    #[test]
    fn summary_has_totals_and_percentiles() {
        let line = "--url ws://127.0.0.1:7070/ws/live --sockets 7 --slow 1 --seconds 3";
        let plan = Arguments::parse_from(std::iter::once("watchglass-load").chain(line.split(' ')));
        let one = Seen {
            frames: 3,
            lost: 0,
            last_seq: Some(9),
            latencies: vec![1000, 2000, 3000],
            ..Seen::default()
        };
        let seen = [
            one.clone(),
            Seen { frames: 2, lost: 1, last_seq: Some(8), latencies: vec![500, 250_000], ..one.clone() },
            // Two frames behind, one of which may be in transit.
            Seen { frames: 1, last_seq: Some(7), latencies: vec![900], closed: None, ..one.clone() },
            Seen::default(),
            Seen::default(),
            Seen {
                frames: 1,
                last_seq: Some(2),
                latencies: vec![900],
                closed: Some("gone".to_owned()),
                ..one
            },
        ];
        let server = ServerCost { memory: 33_554_432, memory_a_socket: 10_240.0, core_share: 0.125 };
        let summary = Summary::new(&plan, &seen, &["refused".to_owned()], Some(server));
        let expected = "\
7 connections (watchglass.json.v1) for 3 s at ws://127.0.0.1:7070/ws/live
sockets   5 open, 1 failed, 1 closed early; 1 of them never read; 1 got no frames; first error: refused
frames    7 of 9 expected, 2 lost
latency   p50 1.0 ms, p95 250.0 ms, p99 250.0 ms, max 250.0 ms
          from the timestamp of a frame, including the collection of its values
server    32.0 MiB, 10.0 KiB per socket, 12.5 % of a core";
        assert_eq!(summary.to_string(), expected);
    }
}
