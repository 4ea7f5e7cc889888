//! Time cursor and selection.

use super::Theme;
use super::surface::Surface;
use super::view::View;
use crate::layers::Layers;
use crate::{Line, Plot};
use std::f64::consts::TAU;
use watchglass_model::{Style, Timestamp};

/// Radius of the dots, and of the background ring around them, in CSS pixels.
const DOT_RADIUS: f64 = 3.0;
const RING_RADIUS: f64 = 4.5;
/// Maximum distance of the cursor from an isolated point, in CSS pixels.
const SNAP_DISTANCE: f64 = 4.0;
/// Opacity of the selection.
const SELECTION_ALPHA: f64 = 0.25;

/// Draws a vertical line at `time`, and a dot on each line that has a value there.
pub(super) fn draw_cursor(
    surface: &mut Surface,
    layers: &Layers,
    plot: &Plot<'_>,
    theme: &Theme,
    view: &View,
    time: Timestamp,
) {
    let frame = &view.frame;
    let (_, top, _, bottom) = view.rectangle(surface.ratio());
    surface.set_alpha(1.0);
    hairline(surface, &theme.cursor, frame.x(time.millis()), top, bottom);

    // Half the maximum distance of joined points: further away the cursor is in a gap.
    let snap = (frame.time.invert(SNAP_DISTANCE) - frame.time.invert(0.0)) as i64;
    let tolerance = (plot.gap_after_millis / 2).max(snap);
    let mut draw_dot = |line: Line<'_>| {
        let near = line.near(time.millis(), tolerance);
        let Some(point) = near.filter(|point| view.shows(Timestamp::from_millis(point.time))) else { return };
        let (x, y) = (frame.x(point.time), frame.y(point.value));
        // Half a stroke may lie beyond the edges. Values above the end of the axis have no dot.
        if (top - 1.0..=bottom + 1.0).contains(&y) {
            dot(surface, &theme.background, x, y, RING_RADIUS);
            dot(surface, theme.series(line.colour), x, y, DOT_RADIUS);
        }
    };
    match plot.style {
        Style::Stacked => layers.stack().lines().for_each(draw_dot),
        // Bars and cells need no dots, and dots on many zero values would be distracting.
        Style::Bars | Style::Heat => {}
        Style::Line | Style::Area => plot.lines.iter().for_each(|line| draw_dot(*line)),
    }
}

/// Highlights a time range.
pub(super) fn draw_selection(surface: &mut Surface, theme: &Theme, view: &View, from: i64, to: i64) {
    let (_, top, _, bottom) = view.rectangle(surface.ratio());
    let (start, end) = (view.frame.x(from), view.frame.x(to));
    surface.set_alpha(SELECTION_ALPHA);
    surface.set_fill(&theme.cursor);
    surface.context().fill_rect(start.min(end), top, (end - start).abs(), bottom - top);
}

/// A crisp vertical line, aligned to device pixels.
fn hairline(surface: &mut Surface, colour: &str, x: f64, top: f64, bottom: f64) {
    let (ratio, width) = (surface.ratio(), surface.hairline());
    let left = (x * ratio - width / 2.0).round() / ratio;
    surface.set_fill(colour);
    surface.context().fill_rect(left, top, width / ratio, bottom - top);
}

fn dot(surface: &mut Surface, colour: &str, x: f64, y: f64, radius: f64) {
    surface.set_fill(colour);
    surface.context().begin_path();
    // `arc` fails only for a negative radius.
    let _ = surface.context().arc(x, y, radius, 0.0, TAU);
    surface.context().fill();
}
