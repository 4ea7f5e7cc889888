//! Axes, drawn by plotters at given ticks.

use super::PainterError;
use super::backend::AxesBackend;
use super::view::Edges;
use crate::layout::LABEL_DISTANCE;
use plotters::chart::ChartBuilder;
use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};
use plotters::drawing::IntoDrawingArea;
use plotters::style::{BLACK, TRANSPARENT};
use std::ops::Range;

/// A tick at a device pixel, with its label.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct AxisTick {
    pub(super) pixel: i32,
    pub(super) label: String,
}

/// An axis for plotters: its coordinates are device pixels from `start` to `end`, and its key points are the given ticks.
/// Plotters only draws.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct AxisTicks {
    pub(super) start: i32,
    pub(super) end: i32,
    pub(super) ticks: Vec<AxisTick>,
}

impl Ranged for AxisTicks {
    type FormatOption = NoDefaultFormatting;
    type ValueType = i32;

    fn map(&self, value: &i32, _limit: (i32, i32)) -> i32 {
        *value
    }

    /// All ticks are bold. Plotters asks for light ones too, of which there are none.
    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<i32> {
        if hint.weight().allow_light_points() {
            return Vec::new();
        }
        self.ticks.iter().map(|tick| tick.pixel).collect()
    }

    fn range(&self) -> Range<i32> {
        self.start..self.end
    }
}

impl ValueFormatter<i32> for AxisTicks {
    fn format_ext(&self, value: &i32) -> String {
        self.ticks.iter().find(|tick| tick.pixel == *value).map(|tick| tick.label.clone()).unwrap_or_default()
    }
}

/// Draws the horizontal grid lines, and the labels of both axes around `edges`.
pub(super) fn draw_axes(
    backend: AxesBackend<'_>,
    edges: Edges,
    time: AxisTicks,
    value: AxisTicks,
) -> Result<(), PainterError> {
    let (width, height) = backend.surface.size();
    let [width, height] = [width, height].map(|side| i32::try_from(side).unwrap_or(i32::MAX));
    // Plotters puts a label at twice the length of a tick from the axis. The ticks themselves are invisible.
    let tick = (LABEL_DISTANCE / 2.0 * backend.surface.ratio()).round() as i32;
    let area = backend.into_drawing_area();
    let mut chart = ChartBuilder::on(&area)
        .margin_top(edges.top)
        .margin_right(width - edges.right)
        .y_label_area_size(edges.left)
        .x_label_area_size(height - edges.bottom)
        .build_cartesian_2d(time, value)
        .map_err(|_| PainterError::Axes)?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .axis_style(TRANSPARENT)
        .bold_line_style(BLACK)
        .set_all_tick_mark_size(tick)
        .draw()
        .map_err(|_| PainterError::Axes)
}
