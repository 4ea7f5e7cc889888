//! Alert bands, annotations and thresholds behind the lines.

use super::Theme;
use super::surface::Surface;
use super::view::View;
use crate::{Band, Plot};

/// Opacity of bands.
const ALPHA: f64 = 0.14;
/// Half the width of the flag at the start of a band, in CSS pixels.
const FLAG: f64 = 4.0;
/// Side length of the square behind a letter, in CSS pixels.
const SQUARE: f64 = 13.0;
/// Length of a dash and of the gap after it, in CSS pixels.
const DASH: f64 = 4.0;

/// Fills each band and marks its start with a line and a flag or letter; a threshold is a dashed line.
pub(super) fn draw_bands(surface: &mut Surface, plot: &Plot<'_>, theme: &Theme, view: &View) {
    let (left, top, right, bottom) = view.rectangle(surface.ratio());
    for band in plot.bands {
        if let Some(threshold) = band.threshold {
            surface.set_fill(theme.severity(band.severity));
            dashed_line(surface, view.frame.value.map(threshold), left, right);
            continue;
        }
        let Some((from, to)) = band.part_of(plot.window) else { continue };
        let (from, to) = (left + from * (right - left), left + to * (right - left));
        surface.set_fill(theme.severity(band.severity));
        surface.set_alpha(ALPHA);
        surface.context().fill_rect(from, top, to - from, bottom - top);
        if starts_in_window(band, plot) {
            surface.set_alpha(1.0);
            let width = surface.hairline() / surface.ratio();
            surface.context().fill_rect(from, top, width, bottom - top);
            match band.letter {
                Some(letter) => draw_letter(surface, theme, band, letter, (from, top)),
                None => draw_flag(surface, from, top),
            }
        }
    }
    surface.set_alpha(1.0);
}

/// A thin dashed line across the chart; clipped at its edges.
fn dashed_line(surface: &Surface, y: f64, left: f64, right: f64) {
    let mut x = left;
    while x < right {
        surface.context().fill_rect(x, y, DASH, surface.hairline() / surface.ratio());
        x += 2.0 * DASH;
    }
}

fn starts_in_window(band: &Band, plot: &Plot<'_>) -> bool {
    band.start >= plot.window.start.millis()
}

/// A letter on a square in the colour of the band, at the upper edge.
fn draw_letter(surface: &mut Surface, theme: &Theme, band: &Band, letter: char, (x, top): (f64, f64)) {
    surface.context().fill_rect(x - SQUARE / 2.0, top, SQUARE, SQUARE);
    surface.set_font(&theme.font);
    surface.set_anchor("center", "middle");
    surface.set_fill(&theme.background);
    // On failure the square has no letter.
    let _ = surface.context().fill_text(letter.encode_utf8(&mut [0; 4]), x, top + SQUARE / 2.0 + 0.5);
    surface.set_fill(theme.severity(band.severity));
}

/// A triangle at the upper edge, pointing down.
fn draw_flag(surface: &Surface, x: f64, top: f64) {
    let context = surface.context();
    context.begin_path();
    context.move_to(x - FLAG, top);
    context.line_to(x + FLAG, top);
    context.line_to(x, top + FLAG * 1.5);
    context.close_path();
    context.fill();
}
