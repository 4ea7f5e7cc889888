//! Where a value is in a file, by its path. Errors of values that were converted to JSON have no position of their own.

use toml::de::DeValue;
use watchglass_json::PathSegment;

/// Offset of the value at `path`, or of the innermost one on the way to it that exists; `None` if there is none.
pub(super) fn key_offset<'p>(
    value: &DeValue<'_>,
    path: impl IntoIterator<Item = PathSegment<'p>>,
) -> Option<usize> {
    let (mut value, mut offset) = (value, None);
    for segment in path {
        let found = match (segment, value) {
            (PathSegment::Field(name), DeValue::Table(table)) => table
                .iter()
                .find(|(key, _)| &**key.get_ref() == name)
                .map(|(key, value)| (key.span().start, value.get_ref())),
            (PathSegment::Item(index), DeValue::Array(items)) => {
                items.get(index).map(|item| (item.span().start, item.get_ref()))
            }
            _ => None,
        };
        let Some((start, inner)) = found else { break };
        (offset, value) = (Some(start), inner);
    }
    offset
}

/// The segments of a path such as `routes[1].matchers[0].value`.
pub(super) fn segments(path: &str) -> impl Iterator<Item = PathSegment<'_>> {
    path.split(['.', '[']).map(|part| match part.strip_suffix(']').and_then(|index| index.parse().ok()) {
        Some(index) => PathSegment::Item(index),
        None => PathSegment::Field(part),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use toml::de::DeTable;

    #[test]
    fn values_are_found_by_their_path() {
        let text = "a = 1\n[[b]]\nc = 2\n[[b]]\nc = 3\n[[b.d]]\ne = [\n4,\n5]\nc = 6\n";
        let table = DeValue::Table(DeTable::parse(text).unwrap().into_inner());
        for (path, line) in [
            ("a", Some(1)),
            ("b[0].c", Some(3)),
            ("b[1].c", Some(5)),
            ("b[1].d[0].e[1]", Some(9)),
            ("b[1].d[0].c", Some(10)),
            // The innermost value that exists.
            ("b[1].d[0].missing", Some(6)),
            ("b[2].c", Some(2)),
            ("a.b", Some(1)),
            ("c", None),
            ("", None),
        ] {
            let found = key_offset(&table, segments(path)).map(|at| text[..at].matches('\n').count() + 1);
            assert_eq!(found, line, "{path}");
        }
    }
}
