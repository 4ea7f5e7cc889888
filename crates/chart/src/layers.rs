//! Layers: the downsampled lines or cells of a plot, ready to draw.

use crate::bars::{TimeBuckets, bar_tops};
use crate::heat::Heat;
use crate::path::{self, Frame, Pen};
use crate::{Plot, Point, Stack, decimate};
use watchglass_model::{Style, TimeRange};

/// The lines of a plot, downsampled and stacked if the style asks for it, lowest first; for a heat map its cells by strength.
/// Reused between frames to avoid allocations.
#[derive(Debug, Default)]
pub(crate) struct Layers {
    stack: Stack,
    layers: Vec<Layer>,
    heat: Heat,
    /// Time buckets of bars.
    buckets: TimeBuckets,
}

#[derive(Debug, Default)]
pub(crate) struct Layer {
    pub(crate) points: Vec<Point>,
    pub(crate) colour: usize,
}

/// Minimum and maximum of the values; `None` when there are none.
pub(crate) fn min_max(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    values.fold(None, |range: Option<(f64, f64)>, value| match range {
        Some((low, high)) => Some((low.min(value), high.max(value))),
        None => Some((value, value)),
    })
}

impl Layers {
    pub(crate) fn build(&mut self, plot: &Plot<'_>, columns: usize) {
        let Self { stack, layers, heat, buckets: groups } = self;
        layers.resize_with(plot.lines.len(), Layer::default);
        let thin = |layer: &mut Layer, line| {
            decimate(&line, plot.window, plot.gap_after_millis, columns, &mut layer.points);
            layer.colour = line.colour;
        };
        match plot.style {
            Style::Stacked => {
                stack.build(plot.lines, plot.window);
                layers.iter_mut().zip(stack.lines()).for_each(|(layer, line)| thin(layer, line));
            }
            Style::Line | Style::Area => {
                layers.iter_mut().zip(plot.lines).for_each(|(layer, line)| thin(layer, *line));
            }
            Style::Bars => {
                stack.build(plot.lines, plot.window);
                // All sums share the same times.
                *groups =
                    TimeBuckets::of(&mut stack.lines().take(1), plot.window, plot.gap_after_millis, columns);
                for (layer, line) in layers.iter_mut().zip(stack.lines()) {
                    bar_tops(&line, *groups, plot.gap_after_millis, &mut layer.points);
                    layer.colour = line.colour;
                }
            }
            Style::Heat => {
                heat.build(plot, columns);
                heat.layers(layers);
            }
        }
    }

    /// Builds the layers of the previous period. A heat map has none: its cells would hide them.
    pub(crate) fn build_previous(&mut self, plot: &Plot<'_>, columns: usize) {
        if plot.style == Style::Heat {
            self.layers.clear();
            return;
        }
        self.build(&Plot { lines: plot.previous, ..*plot }, columns);
    }

    /// The sums of a stacked plot, not downsampled.
    #[cfg(all(feature = "canvas", target_arch = "wasm32"))]
    pub(crate) fn stack(&self) -> &Stack {
        &self.stack
    }

    pub(crate) fn as_slice(&self) -> &[Layer] {
        &self.layers
    }

    /// Draws the fill of a layer; in a stack, down to the layer `below`.
    pub(crate) fn fill(
        &self,
        style: Style,
        layer: &Layer,
        below: Option<&Layer>,
        frame: &Frame,
        pen: &mut dyn Pen,
    ) {
        let below = below.map(|below| below.points.as_slice());
        match (style, below) {
            (Style::Line, _) => {}
            (Style::Stacked, Some(below)) => path::area_between(&layer.points, below, frame, pen),
            (Style::Area | Style::Stacked, _) => path::area_to_zero(&layer.points, frame, pen),
            (Style::Bars, below) => path::bars(&layer.points, below, self.buckets.length, frame, pen),
            (Style::Heat, _) => path::cells(&layer.points, frame, pen),
        }
    }

    /// Minimum and maximum in `window`, including its end; `None` without values.
    pub(crate) fn value_range(&self, window: TimeRange) -> Option<(f64, f64)> {
        min_max(self.values_in(window))
    }

    /// All values in `window`, including its end.
    pub(crate) fn values_in(&self, window: TimeRange) -> impl Iterator<Item = f64> {
        let inside = window.start.millis()..=window.end.millis();
        let points = self.layers.iter().flat_map(|layer| &layer.points);
        let points = points.filter(move |point| !point.is_break() && inside.contains(&point.time));
        points.map(|point| point.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{AxisOptions, Line};
    use watchglass_model::{Timestamp, Unit};

    #[test]
    fn value_range_covers_drawn_values_in_the_window() {
        let line =
            |values: &'static [f64]| Line { times: &[0, 10, 20, 30], low: values, high: values, colour: 0 };
        let lines = [line(&[9.0, 1.0, 2.0, 9.0]), line(&[9.0, 3.0, f64::NAN, 9.0])];
        let window = TimeRange { start: Timestamp::from_millis(5), end: Timestamp::from_millis(20) };
        let plot = |style, lines| Plot {
            unit: Unit::Count,
            style,
            ceiling: None,
            window,
            gap_after_millis: 10,
            lines,
            bands: &[],
            previous: &[],
            axis_options: AxisOptions::default(),
            rows: &["one", "two"],
        };
        let mut layers = Layers::default();
        for (plot, expected) in [
            (plot(Style::Stacked, &lines[..]), Some((1.0, 4.0))),
            (plot(Style::Line, &lines[..]), Some((1.0, 3.0))),
            (plot(Style::Area, &lines[..1]), Some((1.0, 2.0))),
            (plot(Style::Line, &[]), None),
            (plot(Style::Bars, &lines[..]), Some((1.0, 4.0))),
            (plot(Style::Bars, &[]), None),
        ] {
            layers.build(&plot, 100);
            assert_eq!(layers.value_range(window), expected, "{:?}", plot.style);
            let mut before = Layers::default();
            before.build_previous(&Plot { previous: plot.lines, lines: &[], ..plot }, 100);
            assert_eq!(before.value_range(window), expected, "{:?} before", plot.style);
        }
    }
}
