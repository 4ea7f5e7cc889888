//! What the address of a page says of its charts, and how it changes.

use crate::api::{BEFORE, READINGS, STATISTICS};
use crate::live::{Live, Window, use_live};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use leptos_router::params::ParamsMap;
use watchglass_chart::Look;

/// The most lines that an address hides.
const MOST_HIDDEN: usize = 200;

/// What the address says beside which stretch of time.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Asked {
    /// What is wrong with it, in words; empty where nothing is.
    pub(crate) problem: &'static str,
    /// The lines that charts leave out, by their [keys](crate::view_model::LineView::key).
    pub(crate) hidden: Vec<u32>,
    /// The panels whose axis is logarithmic: `cpu.memory`.
    pub(crate) log: String,
    /// The panels whose outliers are cut off.
    pub(crate) clip: String,
    /// All other parameters, as an address has them: empty, or with a question mark before them.
    pub(crate) rest: String,
}

impl Asked {
    /// How a panel's values are spread.
    pub(crate) fn look(&self, panel: &str) -> Look {
        Look { is_log: has(&self.log, panel), is_clipped: has(&self.clip, panel) }
    }
}

/// The longest list of panels, in bytes.
const LONGEST_LIST: usize = 2000;

/// Whether a list of panels has that one.
pub(crate) fn has(list: &str, panel: &str) -> bool {
    list.split('.').any(|known| known == panel)
}

/// The list with that panel, or without it where it had it. One that would be too long begins anew.
pub(crate) fn toggled(list: &str, panel: &str) -> String {
    let is_in = has(list, panel);
    let others = list.split('.').filter(|known| !known.is_empty() && *known != panel);
    let mut list = String::new();
    for known in others.chain((!is_in).then_some(panel)) {
        if list.len() + known.len() >= LONGEST_LIST {
            list.clear();
        }
        if !list.is_empty() {
            list.push('.');
        }
        list.push_str(known);
    }
    list
}

/// Reads the address, now and whenever it changes: the window, which is `usual` where it names none; the pinned moment
/// (`at`); the hidden lines (`hide`); the panels with a logarithmic axis (`log`) and with cut off outliers (`clip`); on a page of trends (`is_trend`) whether the time before is compared (`compare`). Gives
/// the window.
pub(crate) fn follow_address(usual: Window, is_trend: bool) -> Memo<Window> {
    let live = use_live();
    let query = use_query_map();
    let window = Memo::new(move |_| query.with(|query| asked(usual, query).0));
    let take_over = move |query: &ParamsMap| {
        take_over(live, usual, query);
        let compares = query.get_str("compare") == Some("1");
        set(
            live.detail,
            if !is_trend {
                READINGS
            } else if compares {
                BEFORE
            } else {
                STATISTICS
            },
        );
    };
    query.with_untracked(take_over);
    Effect::new(move |_| query.with(take_over));
    #[cfg(feature = "hydrate")]
    super::steering::listen(live);
    window
}

fn asked(usual: Window, query: &ParamsMap) -> (Window, &'static str) {
    Window::asked(usual, query.get_str("window"), query.get_str("from"), query.get_str("to"))
}

fn take_over(live: Live, usual: Window, query: &ParamsMap) {
    let (window, problem) = asked(usual, query);
    set(live.window, window);
    let hidden = query.get_str("hide").map(read_keys).unwrap_or_default();
    let list = |name| read_list(query.get_str(name));
    let (log, clip) = (list("log"), list("clip"));
    let mut rest = query.clone();
    rest.remove("log");
    rest.remove("clip");
    let asked = Asked { problem, hidden, log, clip, rest: rest.to_query_string() };
    let is_new = live.store.try_update_value(|store| store.ask(asked));
    if is_new == Some(true) {
        live.drawing.update(|count| *count += 1);
    }
    let pinned = query.get_str("at").and_then(|at| at.parse().ok());
    if set(live.pinned, pinned) {
        live.cursor.set(pinned);
    }
}

/// A list of panels; none where it is too long, or has letters that no panel has.
pub(crate) fn read_list(list: Option<&str>) -> String {
    let is_one = |list: &&str| {
        list.len() <= LONGEST_LIST
            && list.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    };
    list.filter(is_one).unwrap_or_default().to_owned()
}

/// Sets what has changed, so that nothing is done twice. Says whether it had.
fn set<T: PartialEq + Send + Sync + 'static>(signal: RwSignal<T>, value: T) -> bool {
    let is_new = signal.with_untracked(|known| *known != value);
    if is_new {
        signal.set(value);
    }
    is_new
}

/// `1a2b-ff`: keys in hexadecimal. What is none is left out.
pub(crate) fn read_keys(text: &str) -> Vec<u32> {
    text.split('-').take(MOST_HIDDEN).filter_map(|key| u32::from_str_radix(key, 16).ok()).collect()
}

/// The keys as an address has them.
pub(crate) fn write_keys(keys: &[u32]) -> String {
    let mut text = String::new();
    for (place, key) in keys.iter().take(MOST_HIDDEN).enumerate() {
        if place > 0 {
            text.push('-');
        }
        text.push_str(&format!("{key:x}"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_lines_are_read_as_they_are_written() {
        for keys in [vec![], vec![0], vec![0xffff_ffff, 1, 0xabc]] {
            assert_eq!(read_keys(&write_keys(&keys)), keys);
        }
        assert_eq!(read_keys("x-1--fffffffff-%-2"), [1, 2]);
        assert_eq!(read_keys(&"1-".repeat(1000)).len(), MOST_HIDDEN);
    }

    #[test]
    fn a_panel_is_put_on_a_list_and_taken_from_it() {
        for (list, panel, expected) in [
            ("", "cpu", "cpu"),
            ("cpu", "cpu", ""),
            ("cpu", "cpu-cores", "cpu.cpu-cores"),
            ("a.cpu.b", "cpu", "a.b"),
            ("..a.", "b", "a.b"),
        ] {
            assert_eq!(toggled(list, panel), expected, "{list} {panel}");
            assert_eq!(has(expected, panel), !has(list, panel), "{list} {panel}");
        }
        let long = vec!["panel"; 1000].join(".");
        assert!(toggled(&long, "cpu").len() <= LONGEST_LIST);
        let asked = Asked { log: "cpu.memory".to_owned(), clip: "cpu".to_owned(), ..Asked::default() };
        assert_eq!(asked.look("memory"), Look { is_log: true, is_clipped: false });
        assert_eq!(asked.look("cpu"), Look { is_log: true, is_clipped: true });
        assert_eq!(asked.look("cp"), Look::default());
    }
}
