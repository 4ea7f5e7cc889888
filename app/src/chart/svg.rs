//! SVG shapes of a chart, rendered by the server and shown until the canvases are drawn.

use std::fmt::Write as _;
use watchglass_chart::{Band, Plot, svg_paths};

/// Size of the view box, the same as `VIEW_BOX` in `component.rs`.
const WIDTH: f64 = 300.0;
const HEIGHT: f64 = 72.0;

/// The content of the SVG element, as HTML.
pub(super) fn shapes(plot: &Plot<'_>) -> String {
    let paths = svg_paths(plot, WIDTH, HEIGHT);
    let mut html = bands(plot);
    for path in &paths {
        // The previous period, and markers where the line is clipped.
        for (class, data) in [("line before", &path.previous), ("clipped", &path.clipped)] {
            if let Some(data) = data {
                shape(&mut html, class, path.colour, data);
            }
        }
    }
    for path in &paths {
        if let Some(area) = &path.area {
            shape(&mut html, path.class, path.colour, area);
        }
    }
    // In the order of the canvas: the first line last, so that lines at zero do not hide it.
    for path in paths.iter().rev() {
        shape(&mut html, "line", path.colour, &path.line);
    }
    html
}

fn shape(html: &mut String, class: &str, colour: usize, shape: &str) {
    // Writing to a string cannot fail.
    let _ = write!(html, "<path class=\"{class}\" data-colour=\"{colour}\" d=\"{shape}\"></path>");
}

/// Bands as rectangles, and thresholds as dashed lines.
fn bands(plot: &Plot<'_>) -> String {
    let rectangle = |band: &Band| {
        let (from, to) = band.part_of(plot.window).filter(|_| band.threshold.is_none())?;
        // Whole units are precise enough in this view box. A band is at least one unit wide.
        let (x, end) = ((from * WIDTH) as u32, (to * WIDTH) as u32);
        let (width, level) = ((end - x).max(1), band.severity);
        Some(format!(
            "<rect class=\"band\" data-level=\"{level}\" x=\"{x}\" width=\"{width}\" height=\"100%\"></rect>"
        ))
    };
    plot.bands.iter().filter_map(rectangle).chain(threshold_lines(plot)).collect()
}

/// Thresholds as dashed lines.
fn threshold_lines(plot: &Plot<'_>) -> Vec<String> {
    /// Margin of the lines, so that half a stroke is not clipped.
    const MARGIN: f64 = 1.0;
    let thresholds = watchglass_chart::svg_thresholds(plot, WIDTH, HEIGHT, MARGIN);
    let line = |(band, y): (&Band, f64)| {
        let level = band.severity;
        format!(
            "<line class=\"level\" data-level=\"{level}\" x2=\"{WIDTH}\" y1=\"{y:.1}\" y2=\"{y:.1}\"></line>"
        )
    };
    thresholds.into_iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn view_box_has_the_size_of_the_shapes() {
        assert_eq!(crate::chart::component::VIEW_BOX, format!("0 0 {WIDTH} {HEIGHT}"));
    }
}
