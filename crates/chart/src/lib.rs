//! Scales, ticks, decimation, SVG and the canvas painter.
//!
//! Everything but the painter is pure: data in, geometry out. The server draws a chart as SVG, the page (feature
//! `canvas`, wasm32 only) draws the same chart on canvases, and both thin and scale the data with the same code.
//!
//! ```
//! use watchglass_chart::{Line, Look, Plot, svg_paths};
//! use watchglass_model::{Style, TimeRange, Timestamp, Unit};
//!
//! let times = [0, 1000, 2000, 3000];
//! let values = [0.0, 0.5, 1.0, 0.25];
//! let plot = Plot {
//!     unit: Unit::Ratio,
//!     style: Style::Line,
//!     ceiling: Some(1.0),
//!     window: TimeRange { start: Timestamp::from_millis(0), end: Timestamp::from_millis(3000) },
//!     gap_after_millis: 2500,
//!     lines: &[Line { times: &times, low: &values, high: &values, colour: 0 }],
//!     bands: &[],
//!     before: &[],
//!     look: Look::default(),
//!     rows: &[],
//! };
//! let paths = svg_paths(&plot, 300.0, 72.0);
//! assert_eq!(paths[0].line, "M0 71L100 36L200 1L300 53.5");
//! ```

#[cfg(all(feature = "canvas", target_arch = "wasm32"))]
pub mod canvas;

mod bars;
mod calendar;
mod decimate;
pub mod gesture;
mod heat;
mod layers;
mod layout;
mod levels;
mod log_axis;
mod look;
mod nearest;
mod picture;
mod plot;
mod scale;
mod sheet;
mod stack;
mod step;
mod summary;
mod svg;
mod tick;
mod time_axis;
mod trace;
mod value_axis;
mod value_scale;

pub use calendar::date;
pub use decimate::{Point, decimate};
pub use heat::HEAT;
pub use layout::Layout;
pub use levels::svg_levels;
pub use log_axis::log_ticks;
pub use look::{Look, USUAL};
pub use nearest::nearest;
pub use picture::{Picture, picture};
pub use plot::{Band, Line, Plot};
pub use scale::Scale;
pub use sheet::sheet;
pub use stack::Stack;
pub use summary::summary;
pub use svg::{SvgPath, svg_paths};
pub use tick::{Tick, thin_labels};
pub use time_axis::time_ticks;
pub use value_axis::{Axis, VALUE_INTERVALS, value_ticks};
pub use value_scale::ValueScale;
