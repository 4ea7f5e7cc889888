//! The time cursor.

use super::Theme;
use super::surface::Surface;
use super::view::View;
use crate::layers::Layers;
use crate::{Line, Plot};
use std::f64::consts::TAU;
use watchglass_model::{Style, Timestamp};

/// Radius of the dots, and of the ring of background around them, in CSS pixels.
const DOT_RADIUS: f64 = 3.0;
const RING_RADIUS: f64 = 4.5;
/// How near the cursor must come to a lone point, in CSS pixels.
const REACH: f64 = 4.0;
/// Opacity of what is being chosen.
const CHOSEN_ALPHA: f64 = 0.25;

/// Draws an upright line at `time`, and a dot at the nearest value of each line that has one there.
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

    // Half the longest distance of joined points: further away the cursor is in a gap.
    let reach = (frame.time.invert(REACH) - frame.time.invert(0.0)) as i64;
    let tolerance = (plot.gap_after_millis / 2).max(reach);
    let mut mark = |line: Line<'_>| {
        let near = line.near(time.millis(), tolerance);
        let Some(point) = near.filter(|point| view.shows(Timestamp::from_millis(point.time))) else { return };
        let (x, y) = (frame.x(point.time), frame.y(point.value));
        // Half a stroke may lie beyond the edges; what exceeds a ceiling has no dot.
        if (top - 1.0..=bottom + 1.0).contains(&y) {
            dot(surface, &theme.background, x, y, RING_RADIUS);
            dot(surface, theme.series(line.colour), x, y, DOT_RADIUS);
        }
    };
    match plot.style {
        Style::Stacked => layers.stack().lines().for_each(mark),
        // A bar and a cell are at their place, and on each of the many that are zero a dot would be in the way.
        Style::Bars | Style::Heat => {}
        Style::Line | Style::Area => plot.lines.iter().for_each(|line| mark(*line)),
    }
}

/// Tints the stretch from one moment to another.
pub(super) fn draw_chosen(surface: &mut Surface, theme: &Theme, view: &View, from: i64, to: i64) {
    let (_, top, _, bottom) = view.rectangle(surface.ratio());
    let (one, two) = (view.frame.x(from), view.frame.x(to));
    surface.set_alpha(CHOSEN_ALPHA);
    surface.set_fill(&theme.cursor);
    surface.context().fill_rect(one.min(two), top, (two - one).abs(), bottom - top);
}

/// A crisp upright line: its edges are edges of device pixels.
fn hairline(surface: &mut Surface, colour: &str, x: f64, top: f64, bottom: f64) {
    let (ratio, width) = (surface.ratio(), surface.hairline());
    let left = (x * ratio - width / 2.0).round() / ratio;
    surface.set_fill(colour);
    surface.context().fill_rect(left, top, width / ratio, bottom - top);
}

fn dot(surface: &mut Surface, colour: &str, x: f64, y: f64, radius: f64) {
    surface.set_fill(colour);
    surface.context().begin_path();
    // A negative radius is all that `arc` refuses, and this one is a constant.
    let _ = surface.context().arc(x, y, radius, 0.0, TAU);
    surface.context().fill();
}
