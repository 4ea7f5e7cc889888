//! Charts: scales, ticks, downsampling, SVG and the canvas painter.
//!
//! Everything but the painter is pure: data in, geometry out. The server renders a chart as SVG, and the page (feature
//! `canvas`, wasm32 only) draws the same chart on canvases. Both downsample and scale the data with the same code.
//!
//! ```
//! use watchglass_chart::{AxisOptions, Line, Plot, svg_paths};
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
//!     previous: &[],
//!     axis_options: AxisOptions::default(),
//!     rows: &[],
//! };
//! let paths = svg_paths(&plot, 300.0, 72.0);
//! assert_eq!(paths[0].line, "M0 71L100 36L200 1L300 53.5");
//! ```

#[cfg(all(feature = "canvas", target_arch = "wasm32"))]
pub mod canvas;

mod axis_options;
mod bars;
mod calendar;
mod decimate;
pub mod gesture;
mod heat;
mod layers;
mod layout;
mod log_axis;
mod nearest;
mod path;
mod plot;
mod scale;
mod stack;
mod standalone_svg;
mod step;
mod summary;
mod svg;
mod svg_chart;
mod thresholds;
mod tick;
mod time_axis;
mod value_axis;
mod value_scale;

pub use axis_options::{AxisOptions, CLIP_QUANTILE};
pub use calendar::date;
pub use decimate::{Point, decimate};
pub use heat::HEAT_OPACITY;
pub use layout::Layout;
pub use log_axis::log_ticks;
pub use nearest::nearest;
pub use plot::{Band, Line, Plot};
pub use scale::Scale;
pub use stack::Stack;
pub use standalone_svg::{StandaloneChart, standalone_svg};
pub use summary::summary;
pub use svg::{SvgPath, svg_paths};
pub use svg_chart::svg_chart;
pub use thresholds::svg_thresholds;
pub use tick::{Tick, thin_labels};
pub use time_axis::time_ticks;
pub use value_axis::{Axis, VALUE_INTERVALS, value_ticks};
pub use value_scale::ValueScale;
