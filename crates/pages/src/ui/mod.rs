//! What several pages share: badges, tables, form fields, times and messages.

mod badge;
mod charts_url;
pub mod duration;
mod field;
mod flash;
mod form_fields;
mod form_values;
mod limitations;
mod page_url;
mod severity;
mod sortable_table;
mod sparkline;
mod static_html;
mod table;
mod table_query;
mod text;
mod time;
mod url_error;

pub use badge::HealthState;
pub use charts_url::charts_url;
pub use field::label;
pub(crate) use field::{Field, author_field, hidden_input, username_input};
pub use flash::FlashMessage;
pub use form_fields::{FieldError, FormFields};
pub use form_values::FormValues;
pub(crate) use limitations::limitations;
pub use page_url::{PageUrl, snapshot_link};
pub(crate) use severity::severity_badge;
pub use sortable_table::SortableTable;
pub use sparkline::Sparkline;
pub(crate) use static_html::StaticHtml;
pub use table::{
    Cell, Column, ColumnKind, Row, Sort, code_column, number_column, text_column, time_column, word_column,
};
pub use table_query::{QueryParams, TableQuery, parse_filter, parse_query_string};
pub(crate) use text::pluralize;
pub(crate) use time::{duration_tag, rfc3339, time_tag};
pub use url_error::UrlError;
