//! Canvas painter of the page.
//!
//! Three stacked canvases: axes, series, cursor. Each is redrawn only when its content changes. The painter draws only when it
//! is called: it fetches no data, and has no event listeners or timers.

mod axes;
mod backend;
mod bands;
mod cursor;
mod error;
mod painter;
mod ruler;
mod series;
mod surface;
mod theme;
mod view;

pub use error::PainterError;
pub use painter::Painter;
pub use theme::Theme;
