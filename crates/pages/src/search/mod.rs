//! Search: query, ranking and results.

mod page;
mod rank;

pub use page::{SearchHit, SearchResults, SearchTarget, page_of_section, render_page, render_results};
pub use rank::{EntryKind, SearchEntry, find, parse_query};
