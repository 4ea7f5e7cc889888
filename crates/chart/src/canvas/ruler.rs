//! Measures texts, each only once.

use super::surface::Surface;
use std::cell::RefCell;
use std::collections::HashMap;

/// More texts than this are not remembered. Value labels repeat, and of time labels only samples are measured.
const MOST_TEXTS: usize = 512;
/// Height of a line where the browser does not tell it.
const DEFAULT_HEIGHT: f64 = 12.0;

/// Widths of texts in one font, in CSS pixels. Measuring makes the browser shape the text, which is slow.
#[derive(Default)]
pub(super) struct Ruler {
    font: String,
    height: f64,
    widths: RefCell<HashMap<String, f64>>,
}

impl Ruler {
    /// Prepares for texts in `font`; forgets those of another one. The font itself may still be loading, and then
    /// the widths of its replacement stay until the theme changes: they differ little.
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

    /// Height of a line of text.
    pub(super) fn height(&self) -> f64 {
        self.height
    }

    /// Width of `text` on `surface`, which has the font of [`Ruler::set_font`]; 0 if the browser does not tell.
    pub(super) fn width(&self, surface: &Surface, text: &str) -> f64 {
        let mut widths = self.widths.borrow_mut();
        if let Some(&width) = widths.get(text) {
            return width;
        }
        let width = surface.context().measure_text(text).map_or(0.0, |metrics| metrics.width());
        if widths.len() >= MOST_TEXTS {
            widths.clear();
        }
        widths.insert(text.to_owned(), width);
        width
    }
}
