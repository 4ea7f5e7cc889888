//! Errors of the painter.

use thiserror::Error;

/// The browser could not draw. The SVG of the server can be shown instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PainterError {
    /// A canvas has no 2D context: it has another kind of context, or the browser has none left.
    #[error("the canvas of the {layer} layer has no 2d context; give the painter a canvas of its own")]
    NoContext {
        /// Layer of the canvas: `axes`, `series` or `cursor`.
        layer: &'static str,
    },
    /// The axes could not be drawn.
    #[error("the axes could not be drawn: the browser or the layout refused; the series are not affected")]
    Axes,
}
