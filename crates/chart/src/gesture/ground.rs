//! The chart under a hand: what it shows where, and what it could show.

use watchglass_model::{TimeRange, Timestamp};

/// The shortest stretch that can be zoomed into, and the longest that can be shown, in milliseconds: 10 s, and the seven days
/// that are kept and one more.
pub const SHORTEST: i64 = 10_000;
/// The longest that can be shown: see [`SHORTEST`].
pub const LONGEST: i64 = 8 * 86_400_000;
/// What a chart shows where, when something happens to it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ground {
    /// Left edge of the rectangle for the lines.
    pub left: f64,
    /// Its right edge.
    pub right: f64,
    /// The stretch of time between the two.
    pub window: TimeRange,
    /// The newest moment that there is.
    pub newest: Timestamp,
}

impl Ground {
    /// The milliseconds in so many pixels.
    pub fn millis_in(&self, pixels: f64) -> i64 {
        (pixels * self.millis_per_pixel()) as i64
    }

    /// The moment at a place, also beside what is shown.
    pub(super) fn moment(&self, x: f64) -> f64 {
        self.window.start.millis() as f64 + (x - self.left) * self.millis_per_pixel()
    }

    /// The moment at a place; beside what is shown, the nearest that is.
    pub(super) fn nearest(&self, x: f64) -> i64 {
        (self.moment(x).round() as i64).clamp(self.window.start.millis(), self.window.end.millis())
    }

    /// The moment at a place where there are lines.
    pub(super) fn inside(&self, x: f64) -> Option<i64> {
        let moment = self.moment(x).round() as i64;
        (self.window.start.millis()..=self.window.end.millis()).contains(&moment).then_some(moment)
    }

    pub(super) fn millis_per_pixel(&self) -> f64 {
        let width = self.right - self.left;
        // A chart without width has one moment everywhere.
        if width >= 1.0 && width.is_finite() { self.window.millis() as f64 / width } else { 0.0 }
    }

    /// A stretch that can be shown: whole seconds, neither too short nor too long, and not of what is still to come.
    pub(super) fn fit(&self, from: f64, to: f64) -> TimeRange {
        let length = ((to - from).abs().round() as i64).clamp(SHORTEST, LONGEST);
        let length = (length + 999) / 1000 * 1000;
        // What is too short grows, and what is too long shrinks, about its middle.
        let start = (f64::midpoint(from, to) - length as f64 / 2.0).round() as i64;
        let latest = self.newest.millis().max(LONGEST) / 1000 * 1000 + 1000;
        let start = (start / 1000 * 1000).clamp(0, latest - length);
        TimeRange { start: Timestamp::from_millis(start), end: Timestamp::from_millis(start + length) }
    }

    /// What is shown, moved by so many milliseconds.
    pub(super) fn moved(&self, range: TimeRange, by: f64) -> TimeRange {
        self.fit(range.start.millis() as f64 + by, range.end.millis() as f64 + by)
    }

    /// The stretch around `middle` that is `factor` times as long as what is shown, `middle` staying where it is.
    pub(super) fn zoomed(&self, middle: f64, factor: f64) -> TimeRange {
        let (start, end) = (self.window.start.millis() as f64, self.window.end.millis() as f64);
        self.fit(middle - (middle - start) * factor, middle + (end - middle) * factor)
    }
}
