//! Rolling last minute of a recorder.

use super::{Recorder, RouteSnapshot, Snapshot, Window};
use crate::sketch::Sketch;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

/// Window length: half a second more than a minute, so that it holds sixty ticks of one second even when one is late.
const WINDOW: Duration = Duration::from_millis(60_500);

/// A shorter slot is extended by the next tick, so that there are never more than about 120.
const MIN_SLOT: Duration = Duration::from_millis(500);

/// Rolling last minute of a recorder: counts and latencies by route and in total.
///
/// Call [`LastMinute::advance`] about once a second. The requests since the previous call form a slot, and slots that
/// began more than 60.5 s ago are removed: the figures cover the last 60 s with an accuracy of half a second. Requests
/// after a longer pause are excluded, because their time is unknown.
#[derive(Debug)]
pub struct LastMinute {
    recorder: Arc<Recorder>,
    snapshot: Snapshot,
    read_at: Option<Duration>,
    /// Start times of the slots, oldest first.
    starts: VecDeque<Duration>,
    all: Window,
    routes: Vec<Window>,
    /// Latencies of all routes since the recorder was created.
    latency: Sketch,
}

impl LastMinute {
    /// An empty window over `recorder`. Requests before the first call of [`LastMinute::advance`] are excluded.
    pub fn new(recorder: Arc<Recorder>) -> Self {
        Self {
            recorder,
            snapshot: Snapshot::default(),
            read_at: None,
            starts: VecDeque::new(),
            all: Window::default(),
            routes: Vec::new(),
            latency: Sketch::new(),
        }
    }

    /// Reads the recorder. `now` is a monotonic time.
    pub fn advance(&mut self, now: Duration) {
        let latency = &mut self.latency;
        let Some(before) = self.read_at.replace(now) else {
            self.snapshot.update_from(&self.recorder, |_, growth| latency.add(&growth.latency));
            return;
        };
        let from = match self.starts.back() {
            Some(&start) if before.saturating_sub(start) < MIN_SLOT => start,
            _ => {
                self.starts.push_back(before);
                before
            }
        };
        let (all, routes) = (&mut self.all, &mut self.routes);
        self.snapshot.update_from(&self.recorder, |place, growth| {
            if routes.len() <= place {
                routes.resize_with(place + 1, Window::default);
            }
            latency.add(&growth.latency);
            all.push(from, growth);
            if let Some(window) = routes.get_mut(place) {
                window.push(from, growth);
            }
        });
        let oldest = now.saturating_sub(WINDOW);
        while self.starts.pop_front_if(|start| *start < oldest).is_some() {}
        self.all.expire(oldest);
        self.routes.iter_mut().for_each(|window| window.expire(oldest));
    }

    /// Time covered by the window: less than a minute at first, `None` while it is empty.
    pub fn span(&self) -> Option<Duration> {
        let span = self.read_at?.checked_sub(*self.starts.front()?)?;
        (!span.is_zero()).then_some(span)
    }

    /// All routes together.
    pub fn all(&self) -> &Window {
        &self.all
    }

    /// Latencies of all routes since the recorder was created, as of the last call of [`LastMinute::advance`].
    pub fn latency(&self) -> &Sketch {
        &self.latency
    }

    /// Each route: totals since the recorder was created, and the last minute.
    pub fn routes(&self) -> impl Iterator<Item = (&RouteSnapshot, &Window)> {
        self.snapshot.routes.iter().zip(&self.routes)
    }

    /// Totals since the recorder was created, as of the last call of [`LastMinute::advance`].
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::requests::StatusClass;
    use http::Method;
    use proptest::collection::vec;
    use proptest::prelude::*;

    const ROUTES: [&str; 3] = ["/a", "/b", "/c"];

    fn answer(recorder: &Recorder, route: &str, millis: u64) {
        let ticket = recorder.start(Some(route), &Method::GET);
        recorder.answered(ticket, StatusClass::Success, Duration::from_millis(millis));
    }

    fn millis(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn window_holds_sixty_ticks() {
        let recorder = Arc::new(Recorder::default());
        let mut minute = LastMinute::new(Arc::clone(&recorder));
        answer(&recorder, "/a", 1);
        minute.advance(millis(0));
        assert_eq!((minute.span(), minute.all().counts().answered()), (None, 0), "before the first tick");
        assert_eq!((minute.snapshot().counts().answered(), minute.latency().count()), (1, 1));
        for second in 1..=200 {
            answer(&recorder, "/a", 1);
            // Ticks come a little early or late.
            minute.advance(millis(second * 1000 + second * 37 % 90));
            let expected = second.min(60);
            assert_eq!(minute.all().counts().answered(), expected, "after {second} s");
            assert_eq!(minute.all().latency().count(), expected);
            let off = minute.span().unwrap().abs_diff(Duration::from_secs(expected));
            assert!(off < millis(100), "{off:?} after {second} s");
        }
        minute.advance(millis(261_000));
        assert_eq!((minute.all().counts().answered(), minute.all().latency().quantile(0.5)), (0, None));
    }

    #[test]
    fn requests_during_a_long_pause_are_excluded() {
        let recorder = Arc::new(Recorder::default());
        let mut minute = LastMinute::new(Arc::clone(&recorder));
        minute.advance(millis(0));
        minute.advance(millis(1000));
        answer(&recorder, "/a", 1);
        minute.advance(millis(100_000));
        assert_eq!((minute.span(), minute.all().counts().answered()), (None, 0));
        answer(&recorder, "/a", 1);
        minute.advance(millis(101_000));
        assert_eq!((minute.span(), minute.all().counts().answered()), (Some(millis(1000)), 1));
        assert_eq!(minute.snapshot().counts().answered(), 2);
    }

    #[test]
    fn frequent_ticks_share_slots() {
        let recorder = Arc::new(Recorder::default());
        let mut minute = LastMinute::new(Arc::clone(&recorder));
        for tick in 0..10_000 {
            answer(&recorder, "/a", 1);
            minute.advance(millis(tick * 10));
        }
        assert!(minute.starts.len() <= 122, "{}", minute.starts.len());
        let answered = minute.all().counts().answered();
        assert!((6_000..=6_050).contains(&answered), "{answered}");
    }

    proptest! {
        /// Compared with a list of all requests.
        #[test]
        fn window_matches_a_plain_model(
            ticks in vec((500_u64..9_000, vec((0_usize..3, 1_u64..100_000), 0..5)), 1..60),
        ) {
            let recorder = Arc::new(Recorder::default());
            let mut minute = LastMinute::new(Arc::clone(&recorder));
            minute.advance(Duration::ZERO);
            let (mut now, mut came) = (0, Vec::new());
            for (pause, requests) in ticks {
                for (route, latency) in requests {
                    answer(&recorder, ROUTES[route], latency);
                    came.push((now, route, latency));
                }
                now += pause;
                minute.advance(millis(now));

                let sketch = |wanted: &dyn Fn(usize) -> bool| {
                    let mut sketch = Sketch::new();
                    came.iter()
                        .filter(|(from, route, _)| from + 60_500 >= now && wanted(*route))
                        .for_each(|(_, _, latency)| sketch.record(millis(*latency)));
                    sketch
                };
                prop_assert_eq!(minute.all().latency(), &sketch(&|_| true));
                prop_assert_eq!(minute.all().counts().answered(), sketch(&|_| true).count());
                let mut ever = Sketch::new();
                came.iter().for_each(|(_, _, latency)| ever.record(millis(*latency)));
                prop_assert_eq!(minute.latency(), &ever);
                for (route, window) in minute.routes().skip(2) {
                    let index = ROUTES.iter().position(|name| *name == route.route.as_ref()).unwrap();
                    prop_assert_eq!(window.latency(), &sketch(&|route| route == index));
                    prop_assert_eq!(window.counts().answered(), window.latency().count());
                }
            }
        }
    }
}
