//! The last minute of a recorder, rolling.

use super::{Recorder, RouteSnapshot, Snapshot, Window};
use crate::sketch::Sketch;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

/// How long something stays in the window. Half a second more than a minute, so that of ticks one second apart
/// it holds sixty even when one comes a little late.
const KEPT: Duration = Duration::from_millis(60_500);

/// A slot that is shorter goes on with the next tick, so that there are never more than about 120.
const SHORTEST_SLOT: Duration = Duration::from_millis(500);

/// The last minute of a recorder, rolling: counts and latencies, by route and of all together.
///
/// [`LastMinute::advance`] is called about once a second. What came since the call before forms a slot, and slots
/// that began more than 60.5 s ago are taken out: figures are those of the last 60 s, to half a second. One
/// that came after a longer pause than that is no part of it, since nobody knows when in the pause it was.
#[derive(Debug)]
pub struct LastMinute {
    recorder: Arc<Recorder>,
    snapshot: Snapshot,
    read_at: Option<Duration>,
    /// When the slots began, the oldest first.
    starts: VecDeque<Duration>,
    all: Window,
    routes: Vec<Window>,
    /// How long answers took since the recorder was made, of all routes.
    latency: Sketch,
}

impl LastMinute {
    /// The last minute of `recorder`, empty as yet. What came before the first call of [`LastMinute::advance`]
    /// is no part of it.
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

    /// Reads what came to the recorder. `now` is the time since some fixed moment; it never steps back.
    pub fn advance(&mut self, now: Duration) {
        let latency = &mut self.latency;
        let Some(before) = self.read_at.replace(now) else {
            self.snapshot.follow(&self.recorder, |_, growth| latency.add(&growth.latency));
            return;
        };
        let from = match self.starts.back() {
            Some(&start) if before.saturating_sub(start) < SHORTEST_SLOT => start,
            _ => {
                self.starts.push_back(before);
                before
            }
        };
        let (all, routes) = (&mut self.all, &mut self.routes);
        self.snapshot.follow(&self.recorder, |place, growth| {
            if routes.len() <= place {
                routes.resize_with(place + 1, Window::default);
            }
            latency.add(&growth.latency);
            all.push(from, growth);
            if let Some(window) = routes.get_mut(place) {
                window.push(from, growth);
            }
        });
        let oldest = now.saturating_sub(KEPT);
        while self.starts.pop_front_if(|start| *start < oldest).is_some() {}
        self.all.expire(oldest);
        self.routes.iter_mut().for_each(|window| window.expire(oldest));
    }

    /// How much time the window holds: less than a minute at first, and `None` as long as it holds none.
    pub fn span(&self) -> Option<Duration> {
        let span = self.read_at?.checked_sub(*self.starts.front()?)?;
        (!span.is_zero()).then_some(span)
    }

    /// All routes together.
    pub fn all(&self) -> &Window {
        &self.all
    }

    /// How long answers took since the recorder was made, of all routes together, as of the last call of
    /// [`LastMinute::advance`].
    pub fn latency(&self) -> &Sketch {
        &self.latency
    }

    /// Each route: since the recorder was made, and in the last minute.
    pub fn routes(&self) -> impl Iterator<Item = (&RouteSnapshot, &Window)> {
        self.snapshot.routes.iter().zip(&self.routes)
    }

    /// Everything since the recorder was made, as of the last call of [`LastMinute::advance`].
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
    fn holds_sixty_ticks_and_forgets_those_before() {
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
    fn what_came_in_a_long_pause_is_no_part_of_the_last_minute() {
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
    fn many_ticks_in_a_row_make_no_more_slots() {
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
        /// Against a list of everything that ever came.
        #[test]
        fn is_what_came_in_the_slots_that_it_holds(
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
