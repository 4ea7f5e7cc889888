//! Search: ranks the entries of the search index by how well they match.

use super::{SearchHit, SearchResults};
use crate::ui::{UrlError, parse_query_string};

/// Maximum length of a query, in characters; the same as of the search field.
const MAX_QUERY_CHARS: usize = 100;
/// Maximum number of results shown.
const MAX_RESULTS: usize = 40;

/// Kind of entry. Entries of equal rank are ordered by kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EntryKind {
    /// Page of the top bar.
    Page,
    /// View of such a page, or another page.
    Section,
    /// Host, database, cache or application.
    Instance,
    /// Panel with its metrics.
    Chart,
    /// Action.
    Action,
}

/// Entry of the search index.
#[derive(Clone, Debug)]
pub struct SearchEntry {
    /// Kind.
    pub kind: EntryKind,
    /// Search result to show.
    pub hit: SearchHit,
    /// Further keywords.
    pub keywords: String,
}

/// Parses the query string of the search: what to search for.
///
/// # Errors
/// The query is too long.
pub fn parse_query(query: &str) -> Result<String, UrlError> {
    let fields = parse_query_string(query)?;
    let asked = fields.into_iter().find(|(name, _)| name == "q").map(|(_, value)| value).unwrap_or_default();
    let length = asked.chars().count();
    if length > MAX_QUERY_CHARS {
        let message = format!("q is {length} characters long: at most {MAX_QUERY_CHARS} are allowed");
        return Err(UrlError::InvalidParameter(message));
    }
    Ok(asked)
}

/// Entries that match the query, the best first.
pub fn find(asked: &str, entries: Vec<SearchEntry>) -> SearchResults {
    let mut found = rank_entries(asked, entries);
    let more = found.len().saturating_sub(MAX_RESULTS);
    found.truncate(MAX_RESULTS);
    SearchResults { query: asked.trim().to_owned(), hits: found, more }
}

/// Matching entries, the best first; for an empty query, the pages and actions.
fn rank_entries(asked: &str, things: Vec<SearchEntry>) -> Vec<SearchHit> {
    let asked = normalize(asked);
    let words: Vec<&str> = asked.split_whitespace().collect();
    let fits = |thing: SearchEntry| {
        let is_shown = !words.is_empty() || matches!(thing.kind, EntryKind::Page | EntryKind::Action);
        let rank = rank(&words, &normalize(&thing.hit.title), &normalize(&thing.keywords));
        Some((rank.filter(|_| is_shown)?, thing))
    };
    let mut found: Vec<(u8, SearchEntry)> = things.into_iter().filter_map(fits).collect();
    found.sort_by_key(|(rank, thing)| (*rank, thing.kind));
    found.into_iter().map(|(_, thing)| thing.hit).collect()
}

/// Rank of an entry, 0 is best: a match at the start of a word before a match within one, the title before the keywords. `None`
/// unless every word of the query matches.
fn rank(asked: &[&str], title: &str, words: &str) -> Option<u8> {
    asked.iter().try_fold(0, |worst: u8, word| {
        let begins = |text: &str| text.contains(&format!(" {word}"));
        let rank = if begins(title) {
            0
        } else if begins(words) {
            1
        } else if title.contains(word) {
            2
        } else if words.contains(word) {
            3
        } else {
            return None;
        };
        Some(worst.max(rank))
    })
}

/// Normalised text: lower case, a space for each character that is neither letter nor digit, and a leading space.
fn normalize(text: &str) -> String {
    let letter = |letter: char| if letter.is_alphanumeric() { letter } else { ' ' };
    format!(" {}", text.to_lowercase()).chars().map(letter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::SearchTarget;

    fn thing(kind: EntryKind, title: &str, words: &str) -> SearchEntry {
        let found =
            SearchHit { title: title.to_owned(), kind: String::new(), target: SearchTarget::External("/") };
        SearchEntry { kind, hit: found, keywords: words.to_owned() }
    }

    fn titles(asked: &str) -> Vec<String> {
        let things = vec![
            thing(EntryKind::Page, "Cache", "redis"),
            thing(EntryKind::Section, "Alerts: rules", ""),
            thing(EntryKind::Instance, "127.0.0.1:6379", "cache redis"),
            thing(EntryKind::Chart, "Page cache", "host_memory_cached_bytes"),
            thing(EntryKind::Chart, "Memory", "Host host_memory_used_bytes"),
            thing(EntryKind::Chart, "Load", "Host host_load1"),
            thing(EntryKind::Chart, "Memory of Redis", "Redis redis_memory_used_bytes"),
            thing(EntryKind::Action, "Switch between dark and light", "theme"),
            thing(EntryKind::Action, "Export this window", ""),
        ];
        rank_entries(asked, things).into_iter().map(|found| found.title).collect()
    }

    #[test]
    fn word_starts_rank_first_then_pages_charts_and_actions() {
        for (asked, expected) in [
            ("cache", &["Cache", "Page cache", "127.0.0.1:6379"][..]),
            ("  REDIS ", &["Memory of Redis", "Cache", "127.0.0.1:6379"]),
            ("mem red", &["Memory of Redis"]),
            ("memory_used", &["Memory", "Memory of Redis"]),
            // By title and by metric name.
            ("lo", &["Load"]),
            ("w", &["Export this window", "Switch between dark and light"]),
            ("ch", &["Cache", "Page cache", "Switch between dark and light", "127.0.0.1:6379"]),
            ("6379", &["127.0.0.1:6379"]),
            ("nothing", &[]),
        ] {
            let found = titles(asked);
            let expected: Vec<String> = expected.iter().map(|&title| title.to_owned()).collect();
            assert_eq!(found, expected, "{asked}");
        }
    }

    #[test]
    fn empty_query_lists_pages_and_actions() {
        for asked in ["", "  ", "-_"] {
            assert_eq!(
                titles(asked),
                ["Cache", "Switch between dark and light", "Export this window"],
                "{asked}"
            );
        }
    }
}
