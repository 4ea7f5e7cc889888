//! The canvas painter of the page.
//!
//! Three canvases lie upon each other: axes, series, cursor. Each is drawn again only when what it shows has
//! changed. The painter draws when it is told to; it fetches nothing, listens to nothing and starts no frames.

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
