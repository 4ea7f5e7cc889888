//! HTML of lists and forms, made by the server from plain data: a folder per page.
//!
//! They work without scripts: links and forms do everything. The client only fetches them again and swaps them in, so
//! they add nothing to its size. For that, each region has a name in `data-part`, and forms and fields keep their ids
//! from one rendering to the next.

pub mod alerts;
pub mod layout_editor;
pub mod overview;
pub mod panels;
pub mod performance;
pub mod processes;
pub mod search;
pub mod services;
pub mod settings;
pub mod trends;
pub mod ui;
