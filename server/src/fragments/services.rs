//! Pages of databases and caches: selects the fragment and parses the order of its lists.

use super::FragmentError;
use super::table_query;
use crate::app_state::AppState;
use app::fragments::{CACHES, DATABASES, ListQuery, ServicesSnapshot, service_lists, service_states};

/// URL parameters that the sort links preserve.
const PRESERVED_PARAMS: [&str; 5] = ["window", "from", "to", "at", "hide"];

/// Fragment at `path`; `None` if it belongs to another page.
///
/// # Errors
/// Invalid parameter.
pub(super) fn page(state: &AppState, path: &str, query: &str) -> Result<Option<String>, FragmentError> {
    let Some(kind) =
        [&DATABASES, &CACHES].into_iter().find(|kind| kind.path == path || kind.lists_path == path)
    else {
        return Ok(None);
    };
    let known = ServicesSnapshot {
        services: state.targets.latest_details(),
        problems: state.metrics.problems(),
        skipped: state.metrics.skipped(),
        now: state.metrics.last_collected(),
    };
    if path == kind.path {
        return Ok(Some(service_states(kind, &known)));
    }
    let order = parse_list_query(query)?;
    service_lists(kind, &known, &order).map(Some).map_err(FragmentError::InvalidParameter)
}

fn parse_list_query(query: &str) -> Result<ListQuery, FragmentError> {
    let fields = table_query::parse_query_string(query)?;
    let get = |name: &str| {
        let field = fields.iter().find(|(known, value)| known == name && !value.is_empty());
        field.map(|(_, value)| value.clone())
    };
    let query = ListQuery {
        filter: table_query::filter(get("filter"))?,
        preserved: PRESERVED_PARAMS.into_iter().filter_map(|name| Some((name, get(name)?))).collect(),
        ..ListQuery::default()
    };
    let (list, column) = (get("list").unwrap_or_default(), get("sort").unwrap_or_default());
    Ok(query.sorted_by(&list, &column, get("dir")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn list_and_order_are_parsed_and_the_window_kept() {
        let order = parse_list_query("window=15m&list=slow-log-a%3A1&sort=took&dir=&other=x").unwrap();
        assert_eq!(
            (order.list.as_str(), order.column.as_str(), order.direction),
            ("slow-log-a:1", "took", None)
        );
        assert_eq!(order.preserved, [("window", "15m".to_owned())]);
        assert_eq!(super::parse_list_query("filter=GET+a").unwrap().filter, "GET a");
        assert!(super::parse_list_query(&format!("filter={}", "x".repeat(101))).is_err());
        assert!(super::parse_list_query(&"x".repeat(5000)).is_err());
    }
}
