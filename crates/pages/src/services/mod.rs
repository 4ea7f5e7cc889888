//! Pages of databases and caches.

mod former_names;
mod list_query;
mod page;
mod setup;
mod status;
mod view;

pub use list_query::ListQuery;
pub use page::{CACHES, DATABASES, ServiceKind, ServicesSnapshot, render_lists, render_states};
