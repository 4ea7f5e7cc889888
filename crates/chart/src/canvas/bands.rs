//! What happened meanwhile, behind the lines.

use super::Theme;
use super::surface::Surface;
use super::view::View;
use crate::{Band, Plot};

/// Opacity of what is filled.
const ALPHA: f64 = 0.14;
/// Half the width, and the height, of the flag where a band begins, in CSS pixels.
const FLAG: f64 = 4.0;

/// Fills each band, and marks where it begins with a line and a flag.
pub(super) fn draw_bands(surface: &mut Surface, plot: &Plot<'_>, theme: &Theme, view: &View) {
    let (left, top, right, bottom) = view.rectangle(surface.ratio());
    for band in plot.bands {
        let Some((from, to)) = band.part_of(plot.window) else { continue };
        let (from, to) = (left + from * (right - left), left + to * (right - left));
        surface.set_fill(theme.level(band.level));
        surface.set_alpha(ALPHA);
        surface.context().fill_rect(from, top, to - from, bottom - top);
        if begins_in(band, plot) {
            surface.set_alpha(1.0);
            let width = surface.hairline() / surface.ratio();
            surface.context().fill_rect(from, top, width, bottom - top);
            flag(surface, from, top);
        }
    }
    surface.set_alpha(1.0);
}

fn begins_in(band: &Band, plot: &Plot<'_>) -> bool {
    band.start >= plot.window.start.millis()
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
