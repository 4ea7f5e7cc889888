//! Layout editor.

mod page;

pub use page::{LayoutEditor, LayoutPanel, LayoutSection, WIDTHS, render, section_anchor};
