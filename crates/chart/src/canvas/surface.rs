//! Single canvas with coordinates in CSS pixels.

use super::PainterError;
use wasm_bindgen::JsCast;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};

/// Maximum side length of a canvas in device pixels, a limit of browsers.
const MAX_SIDE: f64 = 16_384.0;

/// A canvas whose context is scaled to CSS pixels. Calls into JavaScript are expensive, so a style is set only when it
/// changes.
pub(super) struct Surface {
    canvas: HtmlCanvasElement,
    context: CanvasRenderingContext2d,
    size: (u32, u32),
    ratio: f64,
    styles: Styles,
}

/// Cached styles of the context; empty or NaN when unknown.
struct Styles {
    fill: String,
    stroke: String,
    font: String,
    align: &'static str,
    baseline: &'static str,
    alpha: f64,
    line_width: f64,
}

impl Styles {
    const fn unknown() -> Self {
        Self {
            fill: String::new(),
            stroke: String::new(),
            font: String::new(),
            align: "",
            baseline: "",
            alpha: f64::NAN,
            line_width: f64::NAN,
        }
    }
}

impl Surface {
    pub(super) fn new(canvas: HtmlCanvasElement, layer: &'static str) -> Result<Self, PainterError> {
        let context = canvas.get_context("2d").ok().flatten().and_then(|context| context.dyn_into().ok());
        let context = context.ok_or(PainterError::NoContext { layer })?;
        Ok(Self { canvas, context, size: (0, 0), ratio: 1.0, styles: Styles::unknown() })
    }

    /// Sets the size of the canvas in device pixels. A change clears it.
    pub(super) fn resize(&mut self, width: f64, height: f64, ratio: f64) {
        // The cast turns NaN into 0.
        let device = |length: f64| (length * ratio).round().clamp(0.0, MAX_SIDE) as u32;
        let size = (device(width), device(height));
        if size == self.size && ratio == self.ratio {
            return;
        }
        (self.size, self.ratio) = (size, ratio);
        self.canvas.set_width(size.0);
        self.canvas.set_height(size.1);
        self.styles = Styles::unknown();
        // Setting the size has reset the context. If scaling fails, the chart is drawn too small.
        let _ = self.context.scale(ratio, ratio);
        self.context.set_line_join("round");
        self.context.set_line_cap("round");
    }

    /// Width and height in device pixels.
    pub(super) fn size(&self) -> (u32, u32) {
        self.size
    }

    /// Device pixels in a CSS pixel.
    pub(super) fn ratio(&self) -> f64 {
        self.ratio
    }

    /// Width of a crisp hairline, in device pixels.
    pub(super) fn hairline(&self) -> f64 {
        self.ratio.floor().max(1.0)
    }

    /// The context, for paths and text.
    pub(super) fn context(&self) -> &CanvasRenderingContext2d {
        &self.context
    }

    pub(super) fn clear(&self) {
        let (width, height) = (f64::from(self.size.0), f64::from(self.size.1));
        self.context.clear_rect(0.0, 0.0, width / self.ratio, height / self.ratio);
    }

    /// Calls `draw`, clipped to the rectangle of left, upper, right and lower edge.
    pub(super) fn clipped(
        &mut self,
        (left, top, right, bottom): (f64, f64, f64, f64),
        draw: impl FnOnce(&mut Self),
    ) {
        self.context.save();
        self.context.begin_path();
        self.context.rect(left, top, right - left, bottom - top);
        self.context.clip();
        draw(self);
        self.context.restore();
        self.styles = Styles::unknown();
    }

    pub(super) fn set_fill(&mut self, colour: &str) {
        if replace(&mut self.styles.fill, colour) {
            self.context.set_fill_style_str(colour);
        }
    }

    pub(super) fn set_stroke(&mut self, colour: &str) {
        if replace(&mut self.styles.stroke, colour) {
            self.context.set_stroke_style_str(colour);
        }
    }

    pub(super) fn set_font(&mut self, font: &str) {
        if replace(&mut self.styles.font, font) {
            self.context.set_font(font);
        }
    }

    pub(super) fn set_alpha(&mut self, alpha: f64) {
        if self.styles.alpha != alpha {
            self.styles.alpha = alpha;
            self.context.set_global_alpha(alpha);
        }
    }

    /// Sets the line width in CSS pixels.
    pub(super) fn set_line_width(&mut self, width: f64) {
        if self.styles.line_width != width {
            self.styles.line_width = width;
            self.context.set_line_width(width);
        }
    }

    /// Sets the anchor of texts.
    pub(super) fn set_anchor(&mut self, align: &'static str, baseline: &'static str) {
        if self.styles.align != align {
            self.styles.align = align;
            self.context.set_text_align(align);
        }
        if self.styles.baseline != baseline {
            self.styles.baseline = baseline;
            self.context.set_text_baseline(baseline);
        }
    }
}

/// Sets `current` to `new` and returns whether it has changed.
fn replace(current: &mut String, new: &str) -> bool {
    let is_new = current != new;
    if is_new {
        new.clone_into(current);
    }
    is_new
}
