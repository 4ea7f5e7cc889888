//! Text measurement with a cache.

use super::surface::Surface;
use std::cell::RefCell;
use std::collections::HashMap;

/// Maximum number of cached texts. Value labels recur, and only samples of time labels are measured.
const MAX_CACHED_TEXTS: usize = 512;
/// Line height when the browser does not report it.
const DEFAULT_HEIGHT: f64 = 12.0;

/// Widths of texts in one font, in CSS pixels. Cached, because measuring makes the browser shape the text, which is slow.
#[derive(Default)]
pub(super) struct Ruler {
    font: String,
    height: f64,
    widths: RefCell<HashMap<String, f64>>,
}

impl Ruler {
    /// Sets the font and drops the widths of another one. If the font is still loading, the widths of the fallback font stay
    /// until the theme changes; they differ little.
    pub(super) fn set_font(&mut self, surface: &mut Surface, font: &str) {
        surface.set_font(font);
        if self.font == font && self.height > 0.0 {
            return;
        }
        font.clone_into(&mut self.font);
        self.widths.get_mut().clear();
        let metrics = surface.context().measure_text("0").ok();
        let height = metrics.map(|text| text.font_bounding_box_ascent() + text.font_bounding_box_descent());
        self.height = height.filter(|height| *height > 0.0 && height.is_finite()).unwrap_or(DEFAULT_HEIGHT);
    }

    /// Line height.
    pub(super) fn height(&self) -> f64 {
        self.height
    }

    /// Width of `text` on `surface`, which has the font of [`Ruler::set_font`]; 0 if the browser does not report it.
    pub(super) fn width(&self, surface: &Surface, text: &str) -> f64 {
        let mut widths = self.widths.borrow_mut();
        if let Some(&width) = widths.get(text) {
            return width;
        }
        let width = surface.context().measure_text(text).map_or(0.0, |metrics| metrics.width());
        if widths.len() >= MAX_CACHED_TEXTS {
            widths.clear();
        }
        widths.insert(text.to_owned(), width);
        width
    }
}
