//! The axes, drawn by plotters with our own marks.

use super::PainterError;
use super::backend::AxesBackend;
use super::view::Edges;
use crate::layout::LABEL_DISTANCE;
use plotters::chart::ChartBuilder;
use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};
use plotters::drawing::IntoDrawingArea;
use plotters::style::{BLACK, TRANSPARENT};
use std::ops::Range;

/// A mark at a device pixel, with its label.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Mark {
    pub(super) place: i32,
    pub(super) label: String,
}

/// An axis as plotters sees it: a coordinate whose values are device pixels already, from `start` to `end`, and
/// whose key points are our marks. The pure part has chosen them; plotters only draws.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Marks {
    pub(super) start: i32,
    pub(super) end: i32,
    pub(super) marks: Vec<Mark>,
}

impl Ranged for Marks {
    type FormatOption = NoDefaultFormatting;
    type ValueType = i32;

    fn map(&self, value: &i32, _limit: (i32, i32)) -> i32 {
        *value
    }

    /// All marks are bold; plotters asks for light ones too, and there are none.
    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<i32> {
        if hint.weight().allow_light_points() {
            return Vec::new();
        }
        self.marks.iter().map(|mark| mark.place).collect()
    }

    fn range(&self) -> Range<i32> {
        self.start..self.end
    }
}

impl ValueFormatter<i32> for Marks {
    fn format_ext(&self, value: &i32) -> String {
        self.marks.iter().find(|mark| mark.place == *value).map(|mark| mark.label.clone()).unwrap_or_default()
    }
}

/// Draws level lines and the labels of both axes around `edges`, which leave room for them.
pub(super) fn draw_axes(
    backend: AxesBackend<'_>,
    edges: Edges,
    time: Marks,
    value: Marks,
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
