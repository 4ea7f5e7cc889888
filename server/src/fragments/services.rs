//! The pages of servers that are watched: which part of them is asked for, and in which order.

use super::FragmentError;
use super::question;
use crate::core::Core;
use app::Backend as _;
use app::fragments::{CACHES, DATABASES, Order, Watching, service_lists, service_states};

/// What the address of such a page keeps when another order is chosen.
const KEPT: [&str; 5] = ["window", "from", "to", "at", "hide"];

/// The part at `path`; `None` where it is none of these pages.
///
/// # Errors
/// A parameter cannot be used.
pub(super) fn page(core: &Core, path: &str, query: &str) -> Result<Option<String>, FragmentError> {
    let Some(kind) = [&DATABASES, &CACHES].into_iter().find(|kind| kind.path == path || kind.lists == path)
    else {
        return Ok(None);
    };
    let known = Watching { services: core.services(), problems: core.problems(), now: core.measured() };
    if path == kind.path {
        return Ok(Some(service_states(kind, &known)));
    }
    let order = order(query)?;
    service_lists(kind, &known, &order).map(Some).map_err(FragmentError::Parameter)
}

fn order(query: &str) -> Result<Order, FragmentError> {
    let fields = question::fields(query)?;
    let get = |name: &str| {
        let field = fields.iter().find(|(known, value)| known == name && !value.is_empty());
        field.map(|(_, value)| value.clone())
    };
    Ok(Order {
        list: get("list").unwrap_or_default(),
        column: get("sort").unwrap_or_default(),
        direction: get("dir"),
        filter: question::filter(get("filter"))?,
        kept: KEPT.into_iter().filter_map(|name| Some((name, get(name)?))).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_a_list_and_its_order_and_keeps_the_window() {
        let order = order("window=15m&list=slow-log-a%3A1&sort=took&dir=&other=x").unwrap();
        assert_eq!(
            (order.list.as_str(), order.column.as_str(), order.direction),
            ("slow-log-a:1", "took", None)
        );
        assert_eq!(order.kept, [("window", "15m".to_owned())]);
        assert_eq!(super::order("filter=GET+a").unwrap().filter, "GET a");
        assert!(super::order(&format!("filter={}", "x".repeat(101))).is_err());
        assert!(super::order(&"x".repeat(5000)).is_err());
    }
}
