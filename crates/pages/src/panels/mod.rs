//! Parts of chart panels: help texts, and the values of a chart as a table.

mod help;
mod table;

pub use help::render_help;
pub use table::{MetricRows, Pager, PanelTable, render_table};
