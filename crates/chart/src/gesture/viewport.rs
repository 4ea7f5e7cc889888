//! Viewport of a chart: mapping between pixels and times, and valid time ranges.

use watchglass_model::{TimeRange, Timestamp};

/// Minimum length of a time range in milliseconds: 10 s.
pub const MIN_RANGE_MILLIS: i64 = 10_000;
/// Maximum length of a time range in milliseconds: the retention of seven days and one more day.
pub const MAX_RANGE_MILLIS: i64 = 8 * 86_400_000;

/// Geometry and time range of a chart at the time of an event.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Viewport {
    /// Left edge of the plot area.
    pub left: f64,
    /// Right edge of the plot area.
    pub right: f64,
    /// Time range between the two edges.
    pub window: TimeRange,
    /// Time of the newest values.
    pub newest: Timestamp,
}

impl Viewport {
    /// Milliseconds in this many pixels.
    pub fn millis_in(&self, pixels: f64) -> i64 {
        (pixels * self.millis_per_pixel()) as i64
    }

    /// The time at `x`, also outside the window.
    pub(super) fn time_at(&self, x: f64) -> f64 {
        self.window.start.millis() as f64 + (x - self.left) * self.millis_per_pixel()
    }

    /// The time at `x`, clamped to the window.
    pub(super) fn nearest_time(&self, x: f64) -> i64 {
        (self.time_at(x).round() as i64).clamp(self.window.start.millis(), self.window.end.millis())
    }

    /// The time at `x`; `None` outside the window.
    pub(super) fn time_inside(&self, x: f64) -> Option<i64> {
        let time = self.time_at(x).round() as i64;
        (self.window.start.millis()..=self.window.end.millis()).contains(&time).then_some(time)
    }

    pub(super) fn millis_per_pixel(&self) -> f64 {
        let width = self.right - self.left;
        // A chart without width has the same time everywhere.
        if width >= 1.0 && width.is_finite() { self.window.millis() as f64 / width } else { 0.0 }
    }

    /// A valid range: whole seconds, within the length limits, and not in the future.
    pub(super) fn clamp_range(&self, from: f64, to: f64) -> TimeRange {
        let length = ((to - from).abs().round() as i64).clamp(MIN_RANGE_MILLIS, MAX_RANGE_MILLIS);
        let length = (length + 999) / 1000 * 1000;
        // The length is adjusted around the middle.
        let start = (f64::midpoint(from, to) - length as f64 / 2.0).round() as i64;
        let latest = self.newest.millis().max(MAX_RANGE_MILLIS) / 1000 * 1000 + 1000;
        let start = (start / 1000 * 1000).clamp(0, latest - length);
        TimeRange { start: Timestamp::from_millis(start), end: Timestamp::from_millis(start + length) }
    }

    /// `range` moved by this many milliseconds.
    pub(super) fn moved(&self, range: TimeRange, by: f64) -> TimeRange {
        self.clamp_range(range.start.millis() as f64 + by, range.end.millis() as f64 + by)
    }

    /// The window scaled by `factor` around the fixed point `middle`.
    pub(super) fn zoomed(&self, middle: f64, factor: f64) -> TimeRange {
        let (start, end) = (self.window.start.millis() as f64, self.window.end.millis() as f64);
        self.clamp_range(middle - (middle - start) * factor, middle + (end - middle) * factor)
    }
}
