//! Lines, areas, bars and heat map cells as canvas paths.

use super::Theme;
use super::surface::Surface;
use crate::axis_options::mark_clipped;
use crate::heat::HEAT_OPACITY;
use crate::layers::{Layer, Layers};
use crate::path::{self, Frame, Pen};
use watchglass_model::Style;
use web_sys::CanvasRenderingContext2d;

/// Line widths in CSS pixels. In a stack the areas matter, and their edges are thin.
const LINE_WIDTH: f64 = 1.5;
const STACK_LINE_WIDTH: f64 = 1.0;
/// Opacity of fills.
const AREA_ALPHA: f64 = 0.15;
const STACK_AREA_ALPHA: f64 = 0.45;
const BARS_ALPHA: f64 = 0.85;
/// Opacity of the previous period.
const PREVIOUS_ALPHA: f64 = 0.7;

struct CanvasPen<'a>(&'a CanvasRenderingContext2d);

impl Pen for CanvasPen<'_> {
    fn move_to(&mut self, x: f64, y: f64) {
        self.0.move_to(x, y);
    }

    fn line_to(&mut self, x: f64, y: f64) {
        self.0.line_to(x, y);
    }

    fn close(&mut self) {
        self.0.close_path();
    }
}

/// Draws the lines of the previous period, dashed.
pub(super) fn draw_previous(surface: &mut Surface, layers: &[Layer], frame: &Frame, theme: &Theme) {
    if layers.is_empty() {
        return;
    }
    // `setLineDash` fails only for values that are not numbers.
    let _ = surface.context().set_line_dash(&js_sys::Array::of2(&3.0.into(), &4.0.into()));
    surface.set_alpha(PREVIOUS_ALPHA);
    surface.set_line_width(LINE_WIDTH);
    for layer in layers {
        surface.set_stroke(theme.series(layer.colour));
        surface.context().begin_path();
        path::outline(&layer.points, frame, &mut CanvasPen(surface.context()));
        surface.context().stroke();
    }
    let _ = surface.context().set_line_dash(&js_sys::Array::new());
}

/// Draws all areas, bars or cells first and the lines on top, so that no line is hidden.
pub(super) fn draw_series(surface: &mut Surface, drawn: &Layers, style: Style, frame: &Frame, theme: &Theme) {
    let layers = drawn.as_slice();
    if style != Style::Line {
        let below = std::iter::once(None).chain(layers.iter().map(Some));
        for (index, (layer, below)) in layers.iter().zip(below).enumerate() {
            surface.set_alpha(match style {
                Style::Stacked => STACK_AREA_ALPHA,
                Style::Bars => BARS_ALPHA,
                Style::Heat => HEAT_OPACITY.get(index).copied().unwrap_or(1.0),
                Style::Line | Style::Area => AREA_ALPHA,
            });
            surface.set_fill(theme.series(layer.colour));
            surface.context().begin_path();
            drawn.fill(style, layer, below, frame, &mut CanvasPen(surface.context()));
            surface.context().fill();
        }
    }
    if matches!(style, Style::Bars | Style::Heat) {
        return;
    }
    surface.set_alpha(1.0);
    surface.set_line_width(if style == Style::Stacked { STACK_LINE_WIDTH } else { LINE_WIDTH });
    // The first line last: in a stack, edges of zero values lie on the edge of the area below and must not hide it.
    for layer in layers.iter().rev() {
        surface.set_stroke(theme.series(layer.colour));
        surface.context().begin_path();
        path::outline(&layer.points, frame, &mut CanvasPen(surface.context()));
        surface.context().stroke();
    }
}

/// Marks values above `high`, the end of the axis, at the upper edge `top`.
pub(super) fn draw_clipped(
    surface: &mut Surface,
    layers: &[Layer],
    (top, high): (f64, f64),
    frame: &Frame,
    theme: &Theme,
) {
    for layer in layers {
        surface.set_fill(theme.series(layer.colour));
        surface.context().begin_path();
        mark_clipped(&layer.points, high, frame, top, &mut CanvasPen(surface.context()));
        surface.context().fill();
    }
}
