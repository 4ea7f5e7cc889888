//! State machine of the live connection, without a clock, socket or random source of its own.
//!
//! It reconnects with exponential backoff and full jitter: after the n-th failure in a row it waits a random part of
//! 1 s × 2ⁿ, at most 15 s (see "Exponential Backoff And Jitter", AWS Architecture Blog, 2015), so that a thousand pages do not
//! reconnect to a restarted server at the same instant. A connection that lasts 30 seconds resets n.

use watchglass_model::format;

/// Without a frame for this many milliseconds, the data is stale: two ticks were missed.
const STALE_AFTER: i64 = 3_000;
/// Without a frame for this many milliseconds, the connection is considered dead: unplugged cable, suspended laptop.
const DEAD_AFTER: i64 = 15_000;
/// Timeout of a connection attempt, in milliseconds.
const CONNECT_TIMEOUT: i64 = 10_000;
const HEALTHY_AFTER: i64 = 30_000;
const INITIAL_BACKOFF: f64 = 1_000.0;
const MAX_BACKOFF: f64 = 15_000.0;

/// Connection status as shown to the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ConnectionStatus {
    /// The page as rendered by the server, before the first connection attempt.
    Snapshot,
    /// Frames arrive.
    Live,
    /// Connected, but without a frame for `age` milliseconds.
    Stale { age: i64 },
    /// Disconnected. The data is `age` milliseconds old; `None` when no frame was ever received.
    Reconnecting { age: Option<i64> },
    /// The browser reports that it has no network.
    Offline { age: Option<i64> },
}

impl ConnectionStatus {
    /// Value of `data-state`, for style sheets and tests.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Snapshot => "snapshot",
            Self::Live => "live",
            Self::Stale { .. } => "stale",
            Self::Reconnecting { .. } => "reconnecting",
            Self::Offline { .. } => "offline",
        }
    }

    /// Text of the badge.
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

/// What the owner of the socket has to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Nothing.
    None,
    /// Open a new connection.
    Connect,
    /// Close the current connection and call [`Connection::closed`].
    Drop,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Phase {
    Waiting { until: i64 },
    Connecting { since: i64 },
    Open { since: i64 },
}

/// State of the connection. All times are in milliseconds of the same clock.
#[derive(Clone, Debug)]
pub(crate) struct Connection {
    phase: Phase,
    failures: u32,
    last_frame: Option<i64>,
}

impl Connection {
    /// Disconnected; the first [`Connection::poll`] connects.
    pub(crate) fn new(now: i64) -> Self {
        Self { phase: Phase::Waiting { until: now }, failures: 0, last_frame: None }
    }

    /// Advances the state machine. Call it a few times a second.
    pub(crate) fn poll(&mut self, now: i64, online: bool) -> Action {
        match self.phase {
            Phase::Waiting { until } if now >= until && online => {
                self.phase = Phase::Connecting { since: now };
                Action::Connect
            }
            Phase::Connecting { since } if now - since > CONNECT_TIMEOUT => Action::Drop,
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
    pub(crate) fn frame_received(&mut self, now: i64) {
        self.last_frame = Some(now);
    }

    /// The connection was closed or refused. `random` is between 0 and 1.
    pub(crate) fn closed(&mut self, now: i64, random: f64) {
        self.failures = self.failures.saturating_add(1);
        let longest = (INITIAL_BACKOFF * 2_f64.powi(self.failures.min(10) as i32 - 1)).min(MAX_BACKOFF);
        self.phase = Phase::Waiting { until: now + (longest * random.clamp(0.0, 1.0)) as i64 };
    }

    /// Skips the backoff: the network is back, or the page has become visible.
    pub(crate) fn retry_now(&mut self, now: i64) {
        if let Phase::Waiting { .. } = self.phase {
            self.phase = Phase::Waiting { until: now };
        }
    }

    /// The current status.
    pub(crate) fn status(&self, now: i64, online: bool) -> ConnectionStatus {
        let age = self.last_frame.map(|last| now - last);
        match (self.phase, age) {
            (Phase::Open { .. }, Some(age)) if age <= STALE_AFTER => ConnectionStatus::Live,
            _ if !online => ConnectionStatus::Offline { age },
            (Phase::Open { .. }, Some(age)) => ConnectionStatus::Stale { age },
            _ => ConnectionStatus::Reconnecting { age },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn live_since(now: i64) -> Connection {
        let mut link = Connection::new(now);
        assert_eq!(link.poll(now, true), Action::Connect);
        link.opened(now);
        link.frame_received(now);
        link
    }

    #[test]
    fn silent_connection_becomes_stale_then_dead() {
        let mut link = live_since(0);
        assert_eq!(link.status(3_000, true), ConnectionStatus::Live);
        assert_eq!(link.status(3_001, true), ConnectionStatus::Stale { age: 3_001 });
        assert_eq!(link.poll(15_000, true), Action::None);
        assert_eq!(link.poll(15_001, true), Action::Drop);
        link.closed(15_001, 0.5);
        assert_eq!(link.status(15_001, true), ConnectionStatus::Reconnecting { age: Some(15_001) });
        assert_eq!(link.status(15_001, false), ConnectionStatus::Offline { age: Some(15_001) });
    }

    #[test]
    fn backoff_grows_up_to_its_limit() {
        let mut link = Connection::new(0);
        let mut waits = Vec::new();
        for _ in 0..7 {
            assert_eq!(link.poll(1_000_000, true), Action::Connect);
            link.closed(0, 1.0);
            let Phase::Waiting { until } = link.phase else { panic!("not waiting") };
            waits.push(until);
        }
        assert_eq!(waits, [1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000]);
    }

    #[test]
    fn failures_are_reset_after_a_healthy_period() {
        for (held, wait) in [(29_000, 4_000), (31_000, 1_000)] {
            let mut link = Connection::new(0);
            for _ in 0..2 {
                link.poll(1_000_000, true);
                link.closed(0, 1.0);
            }
            link.poll(1_000_000, true);
            link.opened(0);
            link.frame_received(held);
            link.poll(held, true);
            link.closed(held, 1.0);
            assert_eq!(link.phase, Phase::Waiting { until: held + wait });
        }
    }

    #[test]
    fn retry_now_skips_the_backoff() {
        let mut link = Connection::new(0);
        link.poll(0, true);
        link.closed(0, 1.0);
        assert_eq!(link.poll(1, true), Action::None);
        link.retry_now(1);
        assert_eq!(link.poll(1, false), Action::None);
        assert_eq!(link.poll(1, true), Action::Connect);
    }

    #[test]
    fn connection_attempt_times_out() {
        let mut link = Connection::new(0);
        assert_eq!(link.poll(0, true), Action::Connect);
        assert_eq!(link.poll(10_000, true), Action::None);
        assert_eq!(link.poll(10_001, true), Action::Drop);
    }

    proptest! {
        /// After any events, a page that stays online is connected, connecting, or retries within the maximum backoff.
        #[test]
        fn reconnect_never_stops(events in proptest::collection::vec((0_u8..5, 0_i64..20_000, 0.0_f64..1.0), 0..60)) {
            let (mut link, mut now) = (Connection::new(0), 0);
            for (event, later, random) in events {
                now += later;
                match event {
                    0 => if link.poll(now, true) == Action::Drop { link.closed(now, random) },
                    1 => if matches!(link.phase, Phase::Connecting { .. }) { link.opened(now) },
                    2 => if matches!(link.phase, Phase::Open { .. }) { link.frame_received(now) },
                    3 => if !matches!(link.phase, Phase::Waiting { .. }) { link.closed(now, random) },
                    _ => link.retry_now(now),
                }
            }
            if matches!(link.phase, Phase::Waiting { .. }) {
                prop_assert_eq!(link.poll(now + MAX_BACKOFF as i64, true), Action::Connect);
            } else {
                prop_assert_eq!(link.poll(now + DEAD_AFTER + 1, true), Action::Drop);
            }
        }
    }
}
