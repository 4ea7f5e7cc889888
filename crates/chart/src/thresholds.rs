//! Threshold lines of alert rules in SVG charts.

use crate::layers::Layers;
use crate::{Band, Plot, axis_options};

/// The thresholds among the bands of `plot`, with their y position in a view box of `height` units with a `margin` above and
/// below the lines. Thresholds outside the axis, which follows the data, are left out.
pub fn svg_thresholds<'a>(plot: &Plot<'a>, width: f64, height: f64, margin: f64) -> Vec<(&'a Band, f64)> {
    let mut layers = Layers::default();
    layers.build(plot, width as usize);
    let axis = axis_options::axis(plot, &[&layers]);
    let scale = axis.scale((height - margin, margin));
    let thresholds = plot.bands.iter().filter_map(|band| Some((band, band.threshold?)));
    let inside = thresholds.filter(|(_, value)| (axis.low..=axis.high).contains(value));
    inside.map(|(band, value)| (band, scale.map(value))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{AxisOptions, Line};
    use watchglass_model::{Style, TimeRange, Timestamp, Unit};

    #[test]
    fn thresholds_are_placed_on_the_axis() {
        let level =
            |value: Option<f64>| Band { start: 0, end: None, severity: 1, threshold: value, letter: None };
        let bands = [
            level(Some(0.5)),
            level(None),
            level(Some(1.5)),
            level(Some(1.0)),
            level(Some(-0.1)),
            level(Some(f64::NAN)),
        ];
        let line = Line { times: &[0, 10], low: &[0.2, 0.4], high: &[0.2, 0.4], colour: 0 };
        let plot = Plot {
            unit: Unit::Ratio,
            style: Style::Line,
            ceiling: Some(1.0),
            window: TimeRange { start: Timestamp::from_millis(0), end: Timestamp::from_millis(30) },
            gap_after_millis: 15,
            lines: &[line],
            previous: &[],
            axis_options: AxisOptions::default(),
            rows: &[],
            bands: &bands,
        };
        let found = svg_thresholds(&plot, 30.0, 12.0, 1.0);
        assert_eq!(found, [(&bands[0], 6.0), (&bands[3], 1.0)]);
    }
}
