//! Geometry of the chart drawn last.

use super::surface::Surface;
use crate::path::Frame;
use crate::{Axis, Layout, Scale};
use watchglass_model::{TimeRange, Timestamp};

/// Edges of the plot area in device pixels; `right` and `bottom` are exclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Edges {
    pub(super) left: i32,
    pub(super) top: i32,
    pub(super) right: i32,
    pub(super) bottom: i32,
}

/// Geometry of a drawn chart. The frame maps to CSS pixels.
#[derive(Clone, Copy)]
pub(super) struct View {
    pub(super) edges: Edges,
    pub(super) frame: Frame,
    pub(super) window: TimeRange,
}

impl View {
    /// Rounds the edges of `layout` to device pixels, and maps to their centres, where the grid lines are.
    pub(super) fn new(layout: &Layout, surface: &Surface, window: TimeRange, axis: &Axis) -> Self {
        let ratio = surface.ratio();
        let device = |edge: f64| (edge * ratio).round() as i32;
        let (width, height) = surface.size();
        let limit = |side: u32| i32::try_from(side).unwrap_or(i32::MAX);
        let edges = Edges {
            left: device(layout.left),
            top: device(layout.top),
            right: device(layout.right).min(limit(width)),
            bottom: device(layout.bottom).min(limit(height)),
        };
        let first = |edge: i32| (f64::from(edge) + 0.5) / ratio;
        let last = |edge: i32| (f64::from(edge) - 0.5) / ratio;
        let ends = (window.start.millis() as f64, window.end.millis() as f64);
        let frame = Frame {
            time: Scale::new(ends, (first(edges.left), last(edges.right))),
            value: axis.scale((last(edges.bottom), first(edges.top))),
        };
        Self { edges, frame, window }
    }

    /// Left, upper, right and lower edge in CSS pixels.
    pub(super) fn rectangle(&self, ratio: f64) -> (f64, f64, f64, f64) {
        let Edges { left, top, right, bottom } = self.edges;
        let css = |edge: i32| f64::from(edge) / ratio;
        (css(left), css(top), css(right), css(bottom))
    }

    /// Whether `time` is within the window.
    pub(super) fn shows(&self, time: Timestamp) -> bool {
        (self.window.start..=self.window.end).contains(&time)
    }

    /// The time at `x` CSS pixels; `None` outside the window.
    pub(super) fn time_at(&self, x: f64) -> Option<Timestamp> {
        let millis = self.frame.time.invert(x).round();
        let inside = self.window.start.millis() as f64..=self.window.end.millis() as f64;
        inside.contains(&millis).then_some(Timestamp::from_millis(millis as i64))
    }
}

/// The device pixel that contains a CSS coordinate.
pub(super) fn device_pixel(coordinate: f64, ratio: f64) -> i32 {
    (coordinate * ratio).floor() as i32
}
