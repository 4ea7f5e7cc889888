//! One number from the readings of a stretch of time that moves along, kept up with each reading.
//!
//! A window is kept in at most 60 pieces of whole seconds, so that a day takes no more memory than a minute. It begins
//! at the boundary of a piece: up to a sixtieth of it is cut off at its far end.

use crate::Point;
use serde::{Deserialize, Serialize};
use watchglass_model::{Metric, Unit};

/// The most pieces that a window is kept in.
const PIECES: i64 = 60;

/// How the readings of a window become one value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Aggregation {
    /// The newest reading; there is no window.
    #[default]
    Last,
    /// Their mean.
    Mean,
    /// The smallest.
    Min,
    /// The largest.
    Max,
    /// Their sum.
    Sum,
    /// By how much a counter grew, restarts left out.
    Increase,
    /// How many there are; 0 when there are none.
    Count,
}

impl Aggregation {
    /// The unit of what is made of the readings of a metric.
    pub fn unit(self, metric: &Metric) -> Unit {
        match self {
            Self::Count => Unit::Count,
            Self::Increase => metric.unit,
            Self::Last | Self::Mean | Self::Min | Self::Max | Self::Sum => metric.reading_unit(),
        }
    }
}

/// Readings of a piece, or of several.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Piece {
    value: f64,
    count: u32,
}

/// A window over the readings of one series.
#[derive(Debug)]
pub(crate) struct Window {
    aggregation: Aggregation,
    millis: i64,
    piece_millis: i64,
    /// A ring: the piece with number `n` since the epoch is at `n` modulo their count.
    pieces: Box<[Piece]>,
    /// Number of the newest piece.
    newest: Option<i64>,
    /// Time of the first reading since the window was empty.
    began: Option<i64>,
    /// All pieces but the newest.
    closed: Piece,
}

impl Window {
    /// An empty window of `seconds`, at least one.
    pub(crate) fn new(aggregation: Aggregation, seconds: u32) -> Self {
        let seconds = i64::from(seconds.max(1));
        let piece = (seconds + PIECES - 1) / PIECES;
        let pieces = usize::try_from((seconds + piece - 1) / piece).unwrap_or(1);
        let empty = Piece::empty(aggregation);
        Self {
            aggregation,
            millis: seconds * 1000,
            piece_millis: piece * 1000,
            pieces: vec![empty; pieces].into_boxed_slice(),
            newest: None,
            began: None,
            closed: empty,
        }
    }

    /// Moves the window so that it ends at `now`.
    ///
    /// When the clock steps back by less than half the window, what comes is put into the newest piece until the clock
    /// has caught up; when by more, the window begins anew.
    pub(crate) fn advance(&mut self, now: i64) {
        let piece = now.div_euclid(self.piece_millis);
        let count = self.pieces.len() as i64;
        let Some(newest) = self.newest else {
            self.newest = Some(piece);
            return;
        };
        if piece == newest {
            return;
        }
        if piece < newest {
            if newest.saturating_sub(piece) > count / 2 {
                *self = Self { newest: Some(piece), ..Self::new(self.aggregation, self.seconds()) };
            } else {
                self.began = self.began.map(|began| began.min(now));
            }
            return;
        }
        let empty = Piece::empty(self.aggregation);
        for step in 1..=piece.saturating_sub(newest).min(count) {
            if let Some(old) = self.at(newest.saturating_add(step)) {
                *old = empty;
            }
        }
        self.newest = Some(piece);
        // The newest piece is empty now, and adds nothing.
        self.closed = self.pieces.iter().fold(empty, |all, piece| all.with(self.aggregation, piece));
        if self.closed.count == 0 && self.aggregation != Aggregation::Count {
            self.began = None;
        }
    }

    /// Takes in readings of now, after [`Window::advance`]. `increase` is by how much the counter grew, if it is one.
    pub(crate) fn add(&mut self, now: i64, point: &Point, increase: Option<f64>) {
        let aggregation = self.aggregation;
        let value = match aggregation {
            Aggregation::Last | Aggregation::Mean | Aggregation::Sum => point.sum,
            Aggregation::Min => point.low,
            Aggregation::Max => point.high,
            Aggregation::Count => f64::from(point.count),
            Aggregation::Increase => match increase {
                Some(increase) => increase,
                None => return,
            },
        };
        self.began.get_or_insert(now);
        if let Some(newest) = self.newest
            && let Some(piece) = self.at(newest)
        {
            *piece = piece.with(aggregation, &Piece { value, count: point.count });
        }
    }

    /// The value of the window that ends at `now`. Until its readings reach back over half of it there is none: what is
    /// true of the first second need not be true of the minute.
    pub(crate) fn value(&self, now: i64) -> Option<f64> {
        if now.saturating_sub(self.began?) < self.millis / 2 {
            return None;
        }
        let newest = self.pieces.get(self.place(self.newest?))?;
        let all = self.closed.with(self.aggregation, newest);
        let value = match self.aggregation {
            Aggregation::Count => all.value,
            _ if all.count == 0 => return None,
            Aggregation::Mean => all.value / f64::from(all.count),
            _ => all.value,
        };
        value.is_finite().then_some(value)
    }

    /// Whether no readings at all are a value of it as well.
    pub(crate) fn counts(&self) -> bool {
        self.aggregation == Aggregation::Count
    }

    fn seconds(&self) -> u32 {
        u32::try_from(self.millis / 1000).unwrap_or(1)
    }

    fn place(&self, piece: i64) -> usize {
        usize::try_from(piece.rem_euclid((self.pieces.len() as i64).max(1))).unwrap_or(0)
    }

    fn at(&mut self, piece: i64) -> Option<&mut Piece> {
        let place = self.place(piece);
        self.pieces.get_mut(place)
    }
}

impl Piece {
    const fn empty(aggregation: Aggregation) -> Self {
        let value = match aggregation {
            Aggregation::Min => f64::INFINITY,
            Aggregation::Max => f64::NEG_INFINITY,
            _ => 0.0,
        };
        Self { value, count: 0 }
    }

    fn with(self, aggregation: Aggregation, other: &Self) -> Self {
        let value = match aggregation {
            Aggregation::Min => self.value.min(other.value),
            Aggregation::Max => self.value.max(other.value),
            _ => self.value + other.value,
        };
        Self { value, count: self.count.saturating_add(other.count) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use watchglass_model::Timestamp;

    fn add(window: &mut Window, second: i64, reading: f64) {
        let point = Point::of(Timestamp::from_millis(second * 1000), Some(reading));
        window.advance(second * 1000);
        window.add(second * 1000, &point, Some(reading));
    }

    fn value(window: &mut Window, second: i64) -> Option<f64> {
        window.advance(second * 1000);
        window.value(second * 1000)
    }

    #[test]
    fn a_window_has_a_value_when_half_of_it_is_known() {
        for (aggregation, expected) in [
            (Aggregation::Mean, 12.0),
            (Aggregation::Min, 10.0),
            (Aggregation::Max, 14.0),
            (Aggregation::Sum, 36.0),
            (Aggregation::Increase, 36.0),
            (Aggregation::Count, 3.0),
        ] {
            let mut window = Window::new(aggregation, 4);
            for (second, reading) in [(100, 10.0), (101, 12.0)] {
                add(&mut window, second, reading);
                assert_eq!(value(&mut window, second), None, "{aggregation:?}");
            }
            add(&mut window, 102, 14.0);
            assert_eq!(value(&mut window, 102), Some(expected), "{aggregation:?}");
        }
    }

    #[test]
    fn what_is_too_old_is_forgotten_and_an_empty_window_begins_anew() {
        let mut window = Window::new(Aggregation::Max, 3);
        for (second, reading) in [(1, 9.0), (2, 1.0), (3, 2.0)] {
            add(&mut window, second, reading);
        }
        assert_eq!(value(&mut window, 3), Some(9.0));
        assert_eq!(value(&mut window, 4), Some(2.0));
        assert_eq!(value(&mut window, 6), None);
        add(&mut window, 7, 5.0);
        assert_eq!(value(&mut window, 7), None);
        assert_eq!(value(&mut window, 9), Some(5.0));
        let mut count = Window::new(Aggregation::Count, 3);
        add(&mut count, 1, 1.0);
        assert_eq!(value(&mut count, 100), Some(0.0));
    }

    #[test]
    fn a_day_takes_sixty_pieces() {
        for (seconds, pieces) in [(1, 1), (59, 59), (60, 60), (61, 31), (600, 60), (86_400, 60)] {
            assert_eq!(Window::new(Aggregation::Mean, seconds).pieces.len(), pieces, "{seconds}");
        }
    }

    #[test]
    fn a_clock_that_steps_back_costs_a_little_or_the_window() {
        let mut window = Window::new(Aggregation::Sum, 10);
        (0..20).for_each(|second| add(&mut window, second, 1.0));
        add(&mut window, 17, 1.0);
        assert_eq!(value(&mut window, 17), Some(11.0));
        add(&mut window, 5, 1.0);
        assert_eq!(value(&mut window, 5), None);
        (6..11).for_each(|second| add(&mut window, second, 1.0));
        assert_eq!(value(&mut window, 10), Some(6.0));
    }

    proptest! {
        #[test]
        fn a_window_of_a_minute_is_what_its_readings_are(
            readings in prop::collection::vec(prop::option::of(-1e6..1e6_f64), 60..200),
        ) {
            let mut minimum = Window::new(Aggregation::Min, 60);
            let mut mean = Window::new(Aggregation::Mean, 60);
            for (second, reading) in readings.iter().enumerate() {
                let second = second as i64;
                for window in [&mut minimum, &mut mean] {
                    window.advance(second * 1000);
                    if let Some(reading) = reading {
                        add(window, second, *reading);
                    }
                }
            }
            let last: Vec<f64> = readings.iter().rev().take(60).rev().copied().flatten().collect();
            let now = readings.len() as i64 - 1;
            if let Some(least) = minimum.value(now * 1000) {
                prop_assert_eq!(Some(least), last.iter().copied().reduce(f64::min));
                let expected = last.iter().sum::<f64>() / last.len() as f64;
                prop_assert!((mean.value(now * 1000).unwrap() - expected).abs() < 1e-6);
            }
        }
    }
}
