//! Order and filter of the lists of databases and caches, from the URL.

use super::ServiceKind;
use super::former_names::{present_list, present_sort_key};
use crate::ui::{PageUrl, Row, UrlError, parse_filter, parse_query_string};

/// URL parameters that the sort links preserve.
const PRESERVED_PARAMS: [&str; 5] = ["window", "from", "to", "at", "hide"];

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
    /// Parses the query string. Unknown parameters are ignored: other parts of the page have their own.
    ///
    /// # Errors
    /// The query string or the filter is too long.
    pub fn parse(query: &str) -> Result<Self, UrlError> {
        let fields = parse_query_string(query)?;
        let get = |name: &str| {
            let field = fields.iter().find(|(known, value)| known == name && !value.is_empty());
            field.map(|(_, value)| value.clone())
        };
        let query = Self {
            filter: parse_filter(get("filter"))?,
            preserved: PRESERVED_PARAMS.into_iter().filter_map(|name| Some((name, get(name)?))).collect(),
            ..Self::default()
        };
        let (list, column) = (get("list").unwrap_or_default(), get("sort").unwrap_or_default());
        Ok(query.sorted_by(&list, &column, get("dir")))
    }

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

    /// Whether the row contains the filter text.
    pub(super) fn matches(row: &Row, filter: &str) -> bool {
        filter.is_empty() || row.iter().any(|cell| cell.text().to_lowercase().contains(filter))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn list_and_order_are_parsed_and_the_window_kept() {
        let order = ListQuery::parse("window=15m&list=slow-log-a%3A1&sort=took&dir=&other=x").unwrap();
        assert_eq!(
            (order.list.as_str(), order.column.as_str(), order.direction),
            ("slow-log-a:1", "took", None)
        );
        assert_eq!(order.preserved, [("window", "15m".to_owned())]);
        assert_eq!(ListQuery::parse("filter=GET+a").unwrap().filter, "GET a");
        assert!(ListQuery::parse(&format!("filter={}", "x".repeat(101))).is_err());
        assert!(ListQuery::parse(&"x".repeat(5000)).is_err());
    }
}
