//! The state of the live connection, as a machine without a clock, a socket or a die of its own.
//!
//! It reconnects with full jitter: after the n-th failure in a row it waits a random part of 1 s × 2ⁿ, at most 15 s
//! (see "Exponential Backoff And Jitter", AWS Architecture Blog, 2015), so that a thousand pages do not return to a
//! restarted server in the same instant. A connection that has held for half a minute counts as healthy and resets n.

use watchglass_model::format;

/// Without a frame for longer than this the data is stale: two ticks were missed.
const STALE_AFTER: i64 = 3_000;
/// Without a frame for longer than this the connection is taken for dead: a cable was pulled, a laptop slept.
const DEAD_AFTER: i64 = 15_000;
/// An attempt that has not succeeded by then has failed.
const CONNECT_WITHIN: i64 = 10_000;
const HEALTHY_AFTER: i64 = 30_000;
const FIRST_DELAY: f64 = 1_000.0;
const LONGEST_DELAY: f64 = 15_000.0;

/// What a person is told about the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// The page as the server rendered it; no connection was tried yet.
    Snapshot,
    /// Frames arrive.
    Live,
    /// Connected, but no frame for `age` milliseconds.
    Stale { age: i64 },
    /// Not connected. The data is `age` milliseconds old, if there is any from this connection or one before.
    Reconnecting { age: Option<i64> },
    /// The browser says that it has no network.
    Offline { age: Option<i64> },
}

impl Status {
    /// One word for style sheets and tests.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Snapshot => "snapshot",
            Self::Live => "live",
            Self::Stale { .. } => "stale",
            Self::Reconnecting { .. } => "reconnecting",
            Self::Offline { .. } => "offline",
        }
    }

    /// What the badge says.
    pub(crate) fn text(self) -> String {
        let with_age = |word: &str, age: Option<i64>| match age {
            Some(age) => format!("{word} · data {} old", format::age(age)),
            None => word.to_owned(),
        };
        match self {
            Self::Snapshot => "Snapshot".to_owned(),
            Self::Live => "Live".to_owned(),
            Self::Stale { age } => with_age("Stale", Some(age)),
            Self::Reconnecting { age } => with_age("Reconnecting", age),
            Self::Offline { age } => with_age("Offline", age),
        }
    }
}

/// What the owner of the socket is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Nothing.
    None,
    /// Open a new connection.
    Connect,
    /// Give up the present one; [`Link::closed`] follows.
    Drop,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Phase {
    Waiting { until: i64 },
    Connecting { since: i64 },
    Open { since: i64 },
}

/// The state of the connection. All times are milliseconds of one clock.
#[derive(Clone, Debug)]
pub(crate) struct Link {
    phase: Phase,
    failures: u32,
    last_frame: Option<i64>,
}

impl Link {
    /// Not connected; the first [`Link::beat`] connects.
    pub(crate) fn new(now: i64) -> Self {
        Self { phase: Phase::Waiting { until: now }, failures: 0, last_frame: None }
    }

    /// To be called a few times a second.
    pub(crate) fn beat(&mut self, now: i64, online: bool) -> Action {
        match self.phase {
            Phase::Waiting { until } if now >= until && online => {
                self.phase = Phase::Connecting { since: now };
                Action::Connect
            }
            Phase::Connecting { since } if now - since > CONNECT_WITHIN => Action::Drop,
            Phase::Open { since } => {
                if now - since > HEALTHY_AFTER {
                    self.failures = 0;
                }
                if now - self.last_frame.unwrap_or(since).max(since) > DEAD_AFTER {
                    Action::Drop
                } else {
                    Action::None
                }
            }
            Phase::Waiting { .. } | Phase::Connecting { .. } => Action::None,
        }
    }

    /// The connection was accepted.
    pub(crate) fn opened(&mut self, now: i64) {
        self.phase = Phase::Open { since: now };
    }

    /// A metrics frame arrived.
    pub(crate) fn frame(&mut self, now: i64) {
        self.last_frame = Some(now);
    }

    /// The connection ended or was refused. `random` is from 0 to 1.
    pub(crate) fn closed(&mut self, now: i64, random: f64) {
        self.failures = self.failures.saturating_add(1);
        let longest = (FIRST_DELAY * 2_f64.powi(self.failures.min(10) as i32 - 1)).min(LONGEST_DELAY);
        self.phase = Phase::Waiting { until: now + (longest * random.clamp(0.0, 1.0)) as i64 };
    }

    /// Something changed for the better: the network is back, or the page is looked at again.
    pub(crate) fn hurry(&mut self, now: i64) {
        if let Phase::Waiting { .. } = self.phase {
            self.phase = Phase::Waiting { until: now };
        }
    }

    /// What to tell the person.
    pub(crate) fn status(&self, now: i64, online: bool) -> Status {
        let age = self.last_frame.map(|last| now - last);
        match (self.phase, age) {
            (Phase::Open { .. }, Some(age)) if age <= STALE_AFTER => Status::Live,
            _ if !online => Status::Offline { age },
            (Phase::Open { .. }, Some(age)) => Status::Stale { age },
            _ => Status::Reconnecting { age },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn live_since(now: i64) -> Link {
        let mut link = Link::new(now);
        assert_eq!(link.beat(now, true), Action::Connect);
        link.opened(now);
        link.frame(now);
        link
    }

    #[test]
    fn goes_from_live_to_stale_to_dead() {
        let mut link = live_since(0);
        assert_eq!(link.status(3_000, true), Status::Live);
        assert_eq!(link.status(3_001, true), Status::Stale { age: 3_001 });
        assert_eq!(link.beat(15_000, true), Action::None);
        assert_eq!(link.beat(15_001, true), Action::Drop);
        link.closed(15_001, 0.5);
        assert_eq!(link.status(15_001, true), Status::Reconnecting { age: Some(15_001) });
        assert_eq!(link.status(15_001, false), Status::Offline { age: Some(15_001) });
    }

    #[test]
    fn waits_longer_after_every_failure_and_not_beyond_the_bound() {
        let mut link = Link::new(0);
        let mut waits = Vec::new();
        for _ in 0..7 {
            assert_eq!(link.beat(1_000_000, true), Action::Connect);
            link.closed(0, 1.0);
            let Phase::Waiting { until } = link.phase else { panic!("not waiting") };
            waits.push(until);
        }
        assert_eq!(waits, [1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000]);
    }

    #[test]
    fn a_healthy_half_minute_forgets_failures_and_a_short_one_does_not() {
        for (held, wait) in [(29_000, 4_000), (31_000, 1_000)] {
            let mut link = Link::new(0);
            for _ in 0..2 {
                link.beat(1_000_000, true);
                link.closed(0, 1.0);
            }
            link.beat(1_000_000, true);
            link.opened(0);
            link.frame(held);
            link.beat(held, true);
            link.closed(held, 1.0);
            assert_eq!(link.phase, Phase::Waiting { until: held + wait });
        }
    }

    #[test]
    fn hurries_when_the_network_is_back() {
        let mut link = Link::new(0);
        link.beat(0, true);
        link.closed(0, 1.0);
        assert_eq!(link.beat(1, true), Action::None);
        link.hurry(1);
        assert_eq!(link.beat(1, false), Action::None);
        assert_eq!(link.beat(1, true), Action::Connect);
    }

    #[test]
    fn an_attempt_that_hangs_is_given_up() {
        let mut link = Link::new(0);
        assert_eq!(link.beat(0, true), Action::Connect);
        assert_eq!(link.beat(10_000, true), Action::None);
        assert_eq!(link.beat(10_001, true), Action::Drop);
    }

    proptest! {
        /// Whatever happens, a page that stays online is connected, connecting, or tries again within the bound.
        #[test]
        fn never_stops_trying(events in proptest::collection::vec((0_u8..5, 0_i64..20_000, 0.0_f64..1.0), 0..60)) {
            let (mut link, mut now) = (Link::new(0), 0);
            for (event, later, random) in events {
                now += later;
                match event {
                    0 => if link.beat(now, true) == Action::Drop { link.closed(now, random) },
                    1 => if matches!(link.phase, Phase::Connecting { .. }) { link.opened(now) },
                    2 => if matches!(link.phase, Phase::Open { .. }) { link.frame(now) },
                    3 => if !matches!(link.phase, Phase::Waiting { .. }) { link.closed(now, random) },
                    _ => link.hurry(now),
                }
            }
            if matches!(link.phase, Phase::Waiting { .. }) {
                prop_assert_eq!(link.beat(now + LONGEST_DELAY as i64, true), Action::Connect);
            } else {
                prop_assert_eq!(link.beat(now + DEAD_AFTER + 1, true), Action::Drop);
            }
        }
    }
}
