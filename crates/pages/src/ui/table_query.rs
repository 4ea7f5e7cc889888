//! Query string of pages with tables: sort order, filter and other parameters.

use super::{Column, PageUrl, Sort, UrlError};
use url::form_urlencoded;

/// Maximum length of a query string, in bytes.
const MAX_BYTES: usize = 4096;
/// Maximum length of a filter, in characters.
const MAX_FILTER_CHARS: usize = 100;

/// Parameters of a URL: names and values in their order.
pub type QueryParams = Vec<(String, String)>;

/// Parses a query string.
///
/// # Errors
/// The query string is too long.
pub fn parse_query_string(query: &str) -> Result<QueryParams, UrlError> {
    if query.len() > MAX_BYTES {
        let length = query.len();
        let message = format!("The query string is {length} bytes long: at most {MAX_BYTES} are allowed");
        return Err(UrlError::InvalidParameter(message));
    }
    Ok(form_urlencoded::parse(query.as_bytes()).into_owned().collect())
}

/// Checks the filter; empty if there is none.
///
/// # Errors
/// The filter is too long.
pub fn parse_filter(asked: Option<String>) -> Result<String, UrlError> {
    let filter = asked.unwrap_or_default();
    if filter.chars().count() > MAX_FILTER_CHARS {
        let message = format!("filter is too long: at most {MAX_FILTER_CHARS} characters are allowed");
        return Err(UrlError::InvalidParameter(message));
    }
    Ok(filter)
}

/// Parameters of a table. Unknown parameters are ignored: other parts of a page have their own.
#[derive(Debug)]
pub struct TableQuery {
    fields: QueryParams,
    /// Sort order.
    pub sort: Sort,
    /// Substring that rows must contain, ignoring case; empty for all rows.
    pub filter: String,
}

impl TableQuery {
    /// Parses the parameters of a table with these columns; `first` is the default order.
    ///
    /// # Errors
    /// Unknown column or direction, or a query string or filter that is too long.
    pub fn parse(query: &str, columns: &[Column], first: Sort) -> Result<Self, UrlError> {
        let fields = parse_query_string(query)?;
        let question = Self { fields, sort: first, filter: String::new() };
        let sort = match question.get("sort") {
            None => first,
            Some(column) => Sort::parse(columns, column, question.get("dir")).ok_or_else(|| {
                UrlError::InvalidParameter(wrong_sort(columns, column, question.get("dir")))
            })?,
        };
        let filter = parse_filter(question.get("filter").map(str::to_owned))?;
        Ok(Self { sort, filter, ..question })
    }

    /// Parameter with that name, unless it is empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        let field = self.fields.iter().find(|(known, _)| known == name);
        field.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// Whether `text` contains the filter, ignoring case.
    pub fn matches(&self, text: &str) -> bool {
        text.to_lowercase().contains(&self.filter.to_lowercase())
    }

    /// URL of the page at `path` with those of the parameters that are in `names`.
    pub fn url(&self, path: &'static str, names: &[&'static str]) -> PageUrl {
        let kept = names.iter().filter_map(|&name| Some((name, self.get(name)?.to_owned())));
        PageUrl { path, params: kept.collect() }
    }
}

fn wrong_sort(columns: &[Column], column: &str, direction: Option<&str>) -> String {
    if columns.iter().any(|known| known.name() == column) {
        let direction: String = direction.unwrap_or_default().chars().take(40).collect();
        return format!("dir is {direction:?}: it must be asc or desc");
    }
    let known: Vec<String> = columns.iter().map(Column::name).collect();
    let column: String = column.chars().take(40).collect();
    format!("sort is {column:?}: it must be one of {}", known.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::{number_column, text_column};

    static COLUMNS: [Column; 2] = [text_column("Route"), number_column("p95")];

    fn parse(query: &str) -> Result<TableQuery, String> {
        TableQuery::parse(query, &COLUMNS, Sort::largest_first(1)).map_err(|error| error.to_string())
    }

    #[test]
    fn order_and_filter_are_parsed_and_other_parameters_kept() {
        for (query, column, descending, filter) in [
            ("", 1, true, ""),
            ("sort=&filter=", 1, true, ""),
            ("sort=route&window=1h", 0, false, ""),
            ("sort=p95&dir=asc&filter=%2FAPI", 1, false, "/API"),
        ] {
            let question = parse(query).unwrap();
            assert_eq!((question.sort.column, question.sort.descending), (column, descending), "{query}");
            assert_eq!(question.filter, filter, "{query}");
        }
        let question = parse("filter=Pay&window=1h&other=x").unwrap();
        assert!(question.matches("/api/PAYments") && !question.matches("/pa"));
        let address = question.url("/performance", &["filter", "window", "sort"]);
        assert_eq!(address.with_params(&[]), "/performance?filter=Pay&window=1h");
    }

    #[test]
    fn errors_name_the_invalid_parameter() {
        for (query, expected) in [
            ("sort=size".to_owned(), "sort is \"size\": it must be one of route, p95"),
            ("sort=p95&dir=up".to_owned(), "dir is \"up\": it must be asc or desc"),
            (format!("filter={}", "x".repeat(101)), "filter is too long: at most 100"),
            ("x".repeat(5000), "5000 bytes long: at most 4096"),
        ] {
            let error = parse(&query).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
    }
}
