//! Order and filter of the lists.

use super::ServiceKind;
use super::former_names::{present_list, present_sort_key};
use crate::fragments::service_view::ListKind;
use crate::fragments::sortable_table::PageUrl;
use crate::fragments::table::{Column, Row, Sort};

/// Order and filter of the lists, from the URL.
#[derive(Clone, Debug, Default)]
pub struct ListQuery {
    /// List that the order applies to.
    pub list: String,
    /// Column.
    pub column: String,
    /// `asc` or `desc`; `None` for the default of the column.
    pub direction: Option<String>,
    /// Substring that rows must contain, ignoring case; empty for all rows.
    pub filter: String,
    /// Other parameters, which links preserve.
    pub preserved: Vec<(&'static str, String)>,
}

impl ListQuery {
    /// Sorts the list with the id `list` by the column with that name. Both may be former names.
    #[must_use]
    pub fn sorted_by(self, list: &str, column: &str, direction: Option<String>) -> Self {
        Self { list: present_list(list), column: present_sort_key(column).to_owned(), direction, ..self }
    }

    /// URL with this order and filter.
    pub(super) fn url(&self, kind: &ServiceKind) -> PageUrl {
        let mut kept = self.preserved.clone();
        kept.push(("filter", self.filter.clone()));
        if !self.column.is_empty() {
            kept.push(("list", self.list.clone()));
            kept.push(("sort", self.column.clone()));
            kept.push(("dir", self.direction.clone().unwrap_or_default()));
        }
        PageUrl { path: kind.path, params: kept }
    }

    /// Order of the list with that id.
    pub(super) fn sort(&self, kind: &ListKind, id: &str) -> Result<Sort, String> {
        if self.list != id || self.column.is_empty() {
            return Ok(kind.sort);
        }
        Sort::parse(kind.columns, &self.column, self.direction.as_deref()).ok_or_else(|| {
            let names: Vec<String> = kind.columns.iter().map(Column::name).collect();
            let names = names.join(", ");
            format!("Invalid order: sort must be one of {names}, and dir asc or desc")
        })
    }
}

/// Whether the row contains the filter text, which is in lower case.
pub(super) fn matches(row: &Row, filter: &str) -> bool {
    filter.is_empty() || row.iter().any(|cell| cell.text().to_lowercase().contains(filter))
}
