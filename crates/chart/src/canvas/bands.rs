//! What happened meanwhile, and levels, behind the lines.

use super::Theme;
use super::surface::Surface;
use super::view::View;
use crate::{Band, Plot};

/// Opacity of what is filled.
const ALPHA: f64 = 0.14;
/// Half the width, and the height, of the flag where a band begins, in CSS pixels.
const FLAG: f64 = 4.0;
/// Length of the sides of the square that a letter stands on, in CSS pixels.
const SQUARE: f64 = 13.0;
/// Length of a dash, and of the space behind it, in CSS pixels.
const DASH: f64 = 4.0;

/// Fills each band, and marks where it begins with a line and a flag; a level is a dashed line.
pub(super) fn draw_bands(surface: &mut Surface, plot: &Plot<'_>, theme: &Theme, view: &View) {
    let (left, top, right, bottom) = view.rectangle(surface.ratio());
    for band in plot.bands {
        if let Some(value) = band.value {
            surface.set_fill(theme.level(band.level));
            dashes(surface, view.frame.value.map(value), left, right);
            continue;
        }
        let Some((from, to)) = band.part_of(plot.window) else { continue };
        let (from, to) = (left + from * (right - left), left + to * (right - left));
        surface.set_fill(theme.level(band.level));
        surface.set_alpha(ALPHA);
        surface.context().fill_rect(from, top, to - from, bottom - top);
        if begins_in(band, plot) {
            surface.set_alpha(1.0);
            let width = surface.hairline() / surface.ratio();
            surface.context().fill_rect(from, top, width, bottom - top);
            match band.sign {
                Some(sign) => letter(surface, theme, band, sign, (from, top)),
                None => flag(surface, from, top),
            }
        }
    }
    surface.set_alpha(1.0);
}

/// A thin dashed line across the chart; one that is beyond its edges is cut off.
fn dashes(surface: &Surface, y: f64, left: f64, right: f64) {
    let mut x = left;
    while x < right {
        surface.context().fill_rect(x, y, DASH, surface.hairline() / surface.ratio());
        x += 2.0 * DASH;
    }
}

fn begins_in(band: &Band, plot: &Plot<'_>) -> bool {
    band.start >= plot.window.start.millis()
}

/// A letter on a square of the band's colour, at the upper edge.
fn letter(surface: &mut Surface, theme: &Theme, band: &Band, sign: char, (x, top): (f64, f64)) {
    surface.context().fill_rect(x - SQUARE / 2.0, top, SQUARE, SQUARE);
    surface.set_font(&theme.font);
    surface.set_anchor("center", "middle");
    surface.set_fill(&theme.background);
    // A browser that cannot draw it shows the square alone.
    let _ = surface.context().fill_text(sign.encode_utf8(&mut [0; 4]), x, top + SQUARE / 2.0 + 0.5);
    surface.set_fill(theme.level(band.level));
}

/// A triangle that stands on its head at the upper edge.
fn flag(surface: &Surface, x: f64, top: f64) {
    let context = surface.context();
    context.begin_path();
    context.move_to(x - FLAG, top);
    context.line_to(x + FLAG, top);
    context.line_to(x, top + FLAG * 1.5);
    context.close_path();
    context.fill();
}
