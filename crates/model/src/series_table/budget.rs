//! Budget of series: who may add how many.

use super::sources::Sources;

/// Name of the metric with the status of each source.
const STATUS: &str = "up";
/// Prefix of the metrics of this server.
const OWN_PREFIX: &str = "watchglass_";
/// Prefix of the metrics of the host.
const HOST_PREFIX: &str = "host_";
/// Series that are kept free for the host and for this server, unless the limit is low.
const HOST_SERIES: usize = 2000;
const OWN_SERIES: usize = 1000;
/// One in so many series is kept free for sources with less than the largest share, so that the first report of a new
/// application has room at once.
const FREE: usize = 20;

/// What a series counts for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Share {
    /// The status of a source: always admitted, and not counted.
    Status,
    /// The host.
    Host,
    /// This server.
    Own,
    /// Another source, by its number.
    Source(usize),
}

/// Series in use by share.
#[derive(Debug)]
pub(super) struct Budget {
    limit: usize,
    host: Kept,
    own: Kept,
    sources: Sources,
    used: usize,
    /// Series refused in this tick although their source has less than the largest share.
    refused_in_share: usize,
    /// Whether there were any in the previous tick.
    was_contended: bool,
}

/// Share with series that are kept free for it.
#[derive(Debug)]
struct Kept {
    used: usize,
    kept: usize,
}

impl Kept {
    fn unused(&self) -> usize {
        self.kept.saturating_sub(self.used)
    }
}

impl Budget {
    /// A budget of `limit` series: a fifth of it, up to 2,000, is kept for the host, and a tenth, up to 1,000, for this
    /// server.
    pub(super) fn new(limit: usize) -> Self {
        Self {
            limit,
            host: Kept { used: 0, kept: HOST_SERIES.min(limit / 5) },
            own: Kept { used: 0, kept: OWN_SERIES.min(limit / 10) },
            sources: Sources::default(),
            used: 0,
            refused_in_share: 0,
            was_contended: false,
        }
    }

    /// The largest share of a source while series of others are refused: a quarter.
    fn largest_share(&self) -> usize {
        (self.limit / 4).max(1)
    }

    /// Series that sources with the largest share or more leave free for others.
    fn free(&self) -> usize {
        self.limit / FREE
    }

    pub(super) fn begin_tick(&mut self) {
        self.was_contended = std::mem::take(&mut self.refused_in_share) > 0;
    }

    /// How many series must end so that `count` others have room.
    fn missing(&self, count: usize) -> usize {
        let room = self.limit.saturating_sub(self.used + self.host.unused() + self.own.unused());
        count.saturating_sub(room)
    }

    /// Number of series refused in this tick although their source has less than the largest share.
    pub(super) fn refused_in_share(&self) -> usize {
        self.refused_in_share
    }

    /// How many series must end for those refused in this tick although their source has less than the largest share.
    pub(super) fn missing_in_share(&self) -> usize {
        self.missing(self.refused_in_share)
    }

    /// How many series of sources above the largest share must end, so that `refused` others have room and some stay free.
    pub(super) fn missing_over_share(&self, refused: usize) -> usize {
        let is_any_above = self.largest_excess().is_some();
        self.missing(refused + if is_any_above { self.free() } else { 0 })
    }

    /// Whether others could use a series of it: series that are kept free are of no use to them.
    pub(super) fn can_spare(&self, share: Share) -> bool {
        match share {
            Share::Status => false,
            Share::Host => self.host.used > self.host.kept,
            Share::Own => self.own.used > self.own.kept,
            Share::Source(_) => true,
        }
    }

    /// Admits a new series of a metric, measured by `probe` or reported by an application; `None` if it is refused.
    pub(super) fn admit(&mut self, metric: &str, probe: &str, app: &str) -> Option<Share> {
        if metric == STATUS {
            return Some(Share::Status);
        }
        let (is_own, is_host) = (metric.starts_with(OWN_PREFIX), metric.starts_with(HOST_PREFIX));
        let (used, kept_for_others) = if is_own {
            (self.own.used, self.host.unused())
        } else if is_host {
            (self.host.used, self.own.unused())
        } else {
            (self.sources.used(probe, app), self.host.unused() + self.own.unused())
        };
        let is_in_share = used < self.largest_share();
        let free = if is_in_share { 0 } else { self.free() };
        let has_room = self.limit.saturating_sub(self.used) > kept_for_others + free;
        let is_contended = self.was_contended || self.refused_in_share > 0;
        if !has_room || (is_contended && !is_in_share) {
            self.refused_in_share += usize::from(is_in_share);
            return None;
        }
        self.used += 1;
        Some(if is_own {
            self.own.used += 1;
            Share::Own
        } else if is_host {
            self.host.used += 1;
            Share::Host
        } else {
            Share::Source(self.sources.add(probe, app))
        })
    }

    /// Returns a series.
    pub(super) fn release(&mut self, share: Share) {
        match share {
            Share::Status => return,
            Share::Host => self.host.used = self.host.used.saturating_sub(1),
            Share::Own => self.own.used = self.own.used.saturating_sub(1),
            Share::Source(number) => self.sources.remove(number),
        }
        self.used = self.used.saturating_sub(1);
    }

    /// Whether it has at least the largest share: it gets no more while series of others are refused.
    pub(super) fn is_over_share(&self, share: Share) -> bool {
        let used = match share {
            Share::Status => 0,
            Share::Host => self.host.used,
            Share::Own => self.own.used,
            Share::Source(number) => self.sources.used_by(number),
        };
        used >= self.largest_share()
    }

    /// What is most above the largest share, and by how many series.
    pub(super) fn largest_excess(&self) -> Option<(Share, usize)> {
        let sources = self.sources.iter().map(|(number, used)| (Share::Source(number), used));
        let all = [(Share::Host, self.host.used), (Share::Own, self.own.used)].into_iter().chain(sources);
        let excess = all.map(|(share, used)| (share, used.saturating_sub(self.largest_share())));
        excess.max_by_key(|(_, excess)| *excess).filter(|(_, excess)| *excess > 0)
    }
}
