//! Plotters backend for a canvas.

use super::ruler::Ruler;
use super::surface::Surface;
use super::{PainterError, Theme};
use plotters_backend::text_anchor::{HPos, VPos};
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind,
};

/// Canvas as a plotters backend. Its coordinates are whole device pixels, so that grid lines are crisp at every device pixel
/// ratio.
///
/// Lines have the grid colour of the theme, and texts its text colour and font. Plotters knows only RGB, while a theme may use
/// any CSS colour; so only the opacity of plotters' colours is used.
pub(super) struct AxesBackend<'a> {
    pub(super) surface: &'a mut Surface,
    pub(super) ruler: &'a Ruler,
    pub(super) theme: &'a Theme,
}

type Drawn = Result<(), DrawingErrorKind<PainterError>>;

impl AxesBackend<'_> {
    /// Fills a rectangle of device pixels.
    fn fill(&mut self, left: f64, top: f64, width: f64, height: f64, alpha: f64) {
        let ratio = self.surface.ratio();
        self.surface.set_fill(&self.theme.grid);
        self.surface.set_alpha(alpha);
        self.surface.context().fill_rect(left / ratio, top / ratio, width / ratio, height / ratio);
    }
}

impl DrawingBackend for AxesBackend<'_> {
    type ErrorType = PainterError;

    fn get_size(&self) -> (u32, u32) {
        self.surface.size()
    }

    fn ensure_prepared(&mut self) -> Drawn {
        Ok(())
    }

    fn present(&mut self) -> Drawn {
        Ok(())
    }

    fn draw_pixel(&mut self, (x, y): BackendCoord, colour: BackendColor) -> Drawn {
        self.fill(f64::from(x), f64::from(y), 1.0, 1.0, colour.alpha);
        Ok(())
    }

    /// Draws a vertical or horizontal line as a rectangle: one call instead of four, and no blur. Axes have no other lines;
    /// such a line would be drawn as its bounding box.
    fn draw_line<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, style: &S) -> Drawn {
        let alpha = style.color().alpha;
        if alpha > 0.0 {
            let thickness = self.surface.hairline();
            let before = (thickness / 2.0).floor();
            let extent = |from: i32, to: i32| {
                if from == to {
                    (f64::from(from) - before, thickness)
                } else {
                    (f64::from(from.min(to)), f64::from(from.abs_diff(to)) + 1.0)
                }
            };
            let ((left, width), (top, height)) = (extent(from.0, to.0), extent(from.1, to.1));
            self.fill(left, top, width, height, alpha);
        }
        Ok(())
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        path: I,
        style: &S,
    ) -> Drawn {
        let mut path = path.into_iter();
        let Some(mut from) = path.next() else {
            return Ok(());
        };
        for to in path {
            self.draw_line(from, to, style)?;
            from = to;
        }
        Ok(())
    }

    fn draw_text<S: BackendTextStyle>(&mut self, text: &str, style: &S, (x, y): BackendCoord) -> Drawn {
        let anchor = style.anchor();
        let align = match anchor.h_pos {
            HPos::Left => "left",
            HPos::Right => "right",
            HPos::Center => "center",
        };
        let baseline = match anchor.v_pos {
            VPos::Top => "top",
            VPos::Center => "middle",
            VPos::Bottom => "bottom",
        };
        self.surface.set_anchor(align, baseline);
        self.surface.set_fill(&self.theme.axis_text);
        self.surface.set_alpha(style.color().alpha);
        let ratio = self.surface.ratio();
        self.surface
            .context()
            .fill_text(text, f64::from(x) / ratio, f64::from(y) / ratio)
            .map_err(|_| DrawingErrorKind::DrawingError(PainterError::Axes))
    }

    fn estimate_text_size<S: BackendTextStyle>(
        &self,
        text: &str,
        _style: &S,
    ) -> Result<(u32, u32), DrawingErrorKind<PainterError>> {
        let ratio = self.surface.ratio();
        let device = |length: f64| (length * ratio).ceil() as u32;
        Ok((device(self.ruler.width(self.surface, text)), device(self.ruler.height())))
    }
}
