//! What several pages share: badges, tables, form fields, times and messages.

mod badge;
mod flash;
mod form_values;
mod sortable_table;
mod sparkline;
mod table;
mod view_helpers;

pub use badge::HealthState;
pub use flash::FlashMessage;
pub use form_values::FormValues;
pub use sortable_table::{PageUrl, SortableTable, snapshot_link};
pub use sparkline::Sparkline;
pub use table::{Cell, Column, Row, Sort, number_column, text_column};
pub(crate) use view_helpers::{
    Field, StaticHtml, author_field, duration_tag, hidden_input, pluralize, read_only_note, rfc3339,
    severity_badge, time_tag, username_input,
};
pub use view_helpers::{charts_url, label};
