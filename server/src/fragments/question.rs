//! The part of an address behind the question mark, for pages that are asked for tables.

use super::FragmentError;
use app::fragments::{Address, Column, Sort};
use url::form_urlencoded;

/// The longest question.
const MOST_BYTES: usize = 4096;
/// The longest filter, in characters.
const MOST_FILTER: usize = 100;

/// What an address asks for: names and values, in their order.
pub(super) type Fields = Vec<(String, String)>;

/// Reads a question.
///
/// # Errors
/// It is too long.
pub(super) fn fields(query: &str) -> Result<Fields, FragmentError> {
    if query.len() > MOST_BYTES {
        let length = query.len();
        let message = format!("The parameters are {length} bytes long: at most {MOST_BYTES} can be");
        return Err(FragmentError::Parameter(message));
    }
    Ok(form_urlencoded::parse(query.as_bytes()).into_owned().collect())
}

/// What rows must contain; nothing when it is not asked.
///
/// # Errors
/// It is too long.
pub(super) fn filter(asked: Option<String>) -> Result<String, FragmentError> {
    let filter = asked.unwrap_or_default();
    if filter.chars().count() > MOST_FILTER {
        let message = format!("filter is too long: at most {MOST_FILTER} characters can be");
        return Err(FragmentError::Parameter(message));
    }
    Ok(filter)
}

/// A question about a table. What is not known in it is left aside: other parts of a page have parameters of their own.
#[derive(Debug)]
pub(super) struct Question {
    fields: Fields,
    /// How the rows are to stand.
    pub(super) sort: Sort,
    /// What rows must contain, in lower case; nothing when empty.
    pub(super) filter: String,
}

impl Question {
    /// Reads a question about a table with these columns, which stands in the order `first` unless it asks for another.
    ///
    /// # Errors
    /// It is too long, names no column or direction, or its filter is too long.
    pub(super) fn parse(query: &str, columns: &[Column], first: Sort) -> Result<Self, FragmentError> {
        let fields = fields(query)?;
        let question = Self { fields, sort: first, filter: String::new() };
        let sort = match question.get("sort") {
            None => first,
            Some(column) => Sort::named(columns, column, question.get("dir"))
                .ok_or_else(|| FragmentError::Parameter(wrong_sort(columns, column, question.get("dir"))))?,
        };
        let filter = filter(question.get("filter").map(str::to_owned))?;
        Ok(Self { sort, filter, ..question })
    }

    /// The value with that name, unless it is empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let field = self.fields.iter().find(|(known, _)| known == name);
        field.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// Whether `text` contains the filter, whatever its case.
    pub(super) fn takes(&self, text: &str) -> bool {
        text.to_lowercase().contains(&self.filter.to_lowercase())
    }

    /// The address of the page at `path` with what of the question is in `names`.
    pub(super) fn address(&self, path: &'static str, names: &[&'static str]) -> Address {
        let kept = names.iter().filter_map(|&name| Some((name, self.get(name)?.to_owned())));
        Address { path, kept: kept.collect() }
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
    use app::fragments::{numbers, words};

    static COLUMNS: [Column; 2] = [words("Route"), numbers("P95")];

    fn parse(query: &str) -> Result<Question, String> {
        Question::parse(query, &COLUMNS, Sort::largest(1)).map_err(|error| error.to_string())
    }

    #[test]
    fn order_and_filter_are_read_and_the_rest_is_kept() {
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
        assert!(question.takes("/api/PAYments") && !question.takes("/pa"));
        let address = question.address("/performance", &["filter", "window", "sort"]);
        assert_eq!(address.with(&[]), "/performance?filter=Pay&window=1h");
    }

    #[test]
    fn what_cannot_be_is_named() {
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
