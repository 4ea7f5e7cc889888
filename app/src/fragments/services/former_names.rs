//! Former names in URLs of the page of databases. Links with them stay valid; the page itself uses the present ones.

/// Sort keys: the former and the present one.
const SORT_KEYS: [(&str, &str); 4] = [
    ("waits-for", "wait-time"),
    ("process", "pid"),
    ("statement-that-waits", "waiting-query"),
    ("statement", "query"),
];
/// Lists, whose element ids are followed by the instance.
const LISTS: [(&str, &str); 2] =
    [("who-blocks-whom-", "blocking-sessions-"), ("top-statements-", "top-queries-")];

/// Present sort key for one from a URL.
pub(super) fn present_sort_key(key: &str) -> &str {
    SORT_KEYS.iter().find(|(former, _)| *former == key).map_or(key, |(_, present)| present)
}

/// Present id of a list for one from a URL.
pub(super) fn present_list(id: &str) -> String {
    replace_prefix(id, LISTS).unwrap_or_else(|| id.to_owned())
}

/// Former id of a list, which links to its place in the page may have.
pub(super) fn former_list(id: &str) -> Option<String> {
    replace_prefix(id, LISTS.map(|(former, present)| (present, former)))
}

fn replace_prefix(id: &str, prefixes: [(&str, &str); 2]) -> Option<String> {
    prefixes.into_iter().find_map(|(from, to)| Some(format!("{to}{}", id.strip_prefix(from)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn present_names_are_unchanged() {
        for (former, present) in SORT_KEYS {
            assert_eq!((present_sort_key(former), present_sort_key(present)), (present, present));
        }
        for (former, present) in
            [("top-statements-db:5432/app", "top-queries-db:5432/app"), ("slow-log-a:1", "slow-log-a:1")]
        {
            assert_eq!((present_list(former).as_str(), present_list(present).as_str()), (present, present));
        }
        assert_eq!(former_list("blocking-sessions-a:1").as_deref(), Some("who-blocks-whom-a:1"));
        assert_eq!(former_list("slow-log-a:1"), None);
    }
}
