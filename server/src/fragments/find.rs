//! What can be found by what is typed: pages, who is watched, charts, and what can be done. `things.rs` says what there is; here
//! it is told how well each fits.

use super::things::{self, Kind, Thing};
use super::{FragmentError, Visit, question};
use app::fragments::{Find, Found};

/// Address of the page, and below `/api/fragment` of the list alone.
pub(crate) const FIND: &str = "/find";
/// The longest question, in characters; the field takes as many.
const MOST_ASKED: usize = 100;
/// The most that is shown.
const MOST_FOUND: usize = 40;

/// What `query` asks for. Where `has_program` is not, what only the page's program can do is left out.
///
/// # Errors
/// The question is too long.
pub(super) fn find(visit: &Visit, query: &str, has_program: bool) -> Result<Find, FragmentError> {
    let fields = question::fields(query)?;
    let asked = fields.into_iter().find(|(name, _)| name == "q").map(|(_, value)| value).unwrap_or_default();
    let length = asked.chars().count();
    if length > MOST_ASKED {
        let message = format!("q is {length} characters long: at most {MOST_ASKED} can be");
        return Err(FragmentError::Parameter(message));
    }
    let mut found = best(&asked, things::all(visit, has_program));
    let more = found.len().saturating_sub(MOST_FOUND);
    found.truncate(MOST_FOUND);
    Ok(Find { asked: asked.trim().to_owned(), found, more })
}

/// The things that fit, the best first; when nothing is asked, the pages and what can be done.
fn best(asked: &str, things: Vec<Thing>) -> Vec<Found> {
    let asked = plain(asked);
    let words: Vec<&str> = asked.split_whitespace().collect();
    let fits = |thing: Thing| {
        let is_shown = !words.is_empty() || matches!(thing.kind, Kind::Page | Kind::Deed);
        let rank = rank(&words, &plain(&thing.found.title), &plain(&thing.words));
        Some((rank.filter(|_| is_shown)?, thing))
    };
    let mut found: Vec<(u8, Thing)> = things.into_iter().filter_map(fits).collect();
    found.sort_by_key(|(rank, thing)| (*rank, thing.kind));
    found.into_iter().map(|(_, thing)| thing.found).collect()
}

/// How well a thing fits all words that are asked for, 0 best: where a word of it begins so before where it is within one, and its
/// title before what it is called besides. `None` where one of them is not there.
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

/// A text to be compared: in small letters, with a space for whatever is neither letter nor digit, and one before it.
fn plain(text: &str) -> String {
    let letter = |letter: char| if letter.is_alphanumeric() { letter } else { ' ' };
    format!(" {}", text.to_lowercase()).chars().map(letter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use app::fragments::Lead;

    fn thing(kind: Kind, title: &str, words: &str) -> Thing {
        let found = Found { title: title.to_owned(), kind: String::new(), lead: Lead::Away("/") };
        Thing { kind, found, words: words.to_owned() }
    }

    fn titles(asked: &str) -> Vec<String> {
        let things = vec![
            thing(Kind::Page, "Cache", "redis"),
            thing(Kind::Section, "Alerts: rules", ""),
            thing(Kind::Watched, "127.0.0.1:6379", "cache redis"),
            thing(Kind::Chart, "Page cache", "host_memory_cached_bytes"),
            thing(Kind::Chart, "Memory", "Host host_memory_used_bytes"),
            thing(Kind::Chart, "Load", "Host host_load1"),
            thing(Kind::Chart, "Memory of Redis", "Redis redis_memory_used_bytes"),
            thing(Kind::Deed, "Switch between dark and light", "theme"),
            thing(Kind::Deed, "Save this window", ""),
        ];
        best(asked, things).into_iter().map(|found| found.title).collect()
    }

    #[test]
    fn where_a_word_begins_comes_before_where_it_is_within_and_pages_before_charts_before_deeds() {
        for (asked, expected) in [
            ("cache", &["Cache", "Page cache", "127.0.0.1:6379"][..]),
            ("  REDIS ", &["Memory of Redis", "Cache", "127.0.0.1:6379"]),
            ("mem red", &["Memory of Redis"]),
            ("memory_used", &["Memory", "Memory of Redis"]),
            // Within the title before within what it is called besides; "Load" begins with it.
            ("lo", &["Load"]),
            ("w", &["Save this window", "Switch between dark and light"]),
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
    fn without_a_question_there_are_the_pages_and_what_can_be_done() {
        for asked in ["", "  ", "-_"] {
            assert_eq!(
                titles(asked),
                ["Cache", "Switch between dark and light", "Save this window"],
                "{asked}"
            );
        }
    }
}
