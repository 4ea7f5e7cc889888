//! A chart as the server draws it, for as long as there are no canvases: shapes within an SVG.

use std::fmt::Write as _;
use watchglass_chart::{Band, Plot, svg_paths};

/// The SVG's own coordinates, which are those of `VIEW_BOX` in `chart.rs`.
const WIDTH: f64 = 300.0;
const HEIGHT: f64 = 72.0;

/// What is within the SVG, as HTML.
pub(super) fn shapes(plot: &Plot<'_>) -> String {
    let paths = svg_paths(plot, WIDTH, HEIGHT);
    let mut html = bands(plot);
    for path in &paths {
        // The stretch before, and marks where the line is cut off.
        for (class, of_class) in [("line before", &path.before), ("clipped", &path.clipped)] {
            if let Some(of_class) = of_class {
                shape(&mut html, class, path.colour, of_class);
            }
        }
    }
    for path in &paths {
        if let Some(area) = &path.area {
            shape(&mut html, path.class, path.colour, area);
        }
    }
    // In the order of the canvas: the first line last, so that those that are zero do not hide it.
    for path in paths.iter().rev() {
        shape(&mut html, "line", path.colour, &path.line);
    }
    html
}

fn shape(html: &mut String, class: &str, colour: usize, shape: &str) {
    // Writing to a string cannot fail.
    let _ = write!(html, "<path class=\"{class}\" data-colour=\"{colour}\" d=\"{shape}\"></path>");
}

/// The bands as rectangles.
fn bands(plot: &Plot<'_>) -> String {
    let rectangle = |band: &Band| {
        let (from, to) = band.part_of(plot.window).filter(|_| band.value.is_none())?;
        // Whole parts of a view box this small are fine enough, and a band is never narrower than one.
        let (x, end) = ((from * WIDTH) as u32, (to * WIDTH) as u32);
        let (width, level) = ((end - x).max(1), band.level);
        Some(format!(
            "<rect class=\"band\" data-level=\"{level}\" x=\"{x}\" width=\"{width}\" height=\"100%\"></rect>"
        ))
    };
    plot.bands.iter().filter_map(rectangle).chain(dashes(plot)).collect()
}

/// The levels as dashed lines.
fn dashes(plot: &Plot<'_>) -> Vec<String> {
    /// As the lines are drawn, so that half a stroke is not cut off.
    const MARGIN: f64 = 1.0;
    let levels = watchglass_chart::svg_levels(plot, WIDTH, HEIGHT, MARGIN);
    let line = |(band, y): (&Band, f64)| {
        let level = band.level;
        format!(
            "<line class=\"level\" data-level=\"{level}\" x2=\"{WIDTH}\" y1=\"{y:.1}\" y2=\"{y:.1}\"></line>"
        )
    };
    levels.into_iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_view_box_has_the_size_in_which_shapes_are_drawn() {
        assert_eq!(crate::parts::chart::VIEW_BOX, format!("0 0 {WIDTH} {HEIGHT}"));
    }
}
