//! Chart parameters in the URL of a page.

use crate::api::{PREVIOUS_PERIOD, READINGS, STATISTICS};
use crate::live::{ChartView, Window, use_chart_view};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use leptos_router::params::ParamsMap;
use watchglass_chart::AxisOptions;

/// Maximum number of hidden lines in a URL.
const MAX_HIDDEN: usize = 200;

/// Chart parameters of the URL other than the time range.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct ChartParams {
    /// Error message for an invalid time range; empty when the URL is valid.
    pub(crate) problem: &'static str,
    /// Hidden lines, by their [keys](crate::view_model::LineView::key).
    pub(crate) hidden: Vec<u32>,
    /// Panels with a logarithmic axis: `cpu.memory`.
    pub(crate) log: String,
    /// Panels with clipped outliers.
    pub(crate) clip: String,
    /// All other parameters, encoded: empty, or starting with a question mark.
    pub(crate) rest: String,
}

impl ChartParams {
    /// Whether the line with that key is hidden.
    pub(crate) fn is_hidden(&self, key: u32) -> bool {
        self.hidden.contains(&key)
    }

    /// Axis options of a panel.
    pub(crate) fn axis_options(&self, panel: &str) -> AxisOptions {
        AxisOptions {
            is_log: contains_panel(&self.log, panel),
            is_clipped: contains_panel(&self.clip, panel),
        }
    }
}

/// Maximum length of a list of panels, in bytes.
const MAX_LIST_BYTES: usize = 2000;

/// Whether a list of panels contains `panel`.
pub(crate) fn contains_panel(list: &str, panel: &str) -> bool {
    list.split('.').any(|known| known == panel)
}

/// Adds `panel` to the list, or removes it if it is there. A list that would become too long is cleared first.
pub(crate) fn toggle_panel(list: &str, panel: &str) -> String {
    let is_in = contains_panel(list, panel);
    let others = list.split('.').filter(|known| !known.is_empty() && *known != panel);
    let mut list = String::new();
    for known in others.chain((!is_in).then_some(panel)) {
        if list.len() + known.len() >= MAX_LIST_BYTES {
            list.clear();
        }
        if !list.is_empty() {
            list.push('.');
        }
        list.push_str(known);
    }
    list
}

/// Applies the URL to the charts, now and on every change: the time window (`default` when there is none), the pinned time
/// (`at`), hidden lines (`hide`), panels with a logarithmic axis (`log`) and with clipped outliers (`clip`), and on the trends
/// page (`is_trend`) the comparison with the previous period (`compare`). Returns the window.
pub(crate) fn follow_url(default: Window, is_trend: bool) -> Memo<Window> {
    let view = use_chart_view();
    let query = use_query_map();
    let window = Memo::new(move |_| query.with(|query| asked(default, query).0));
    let apply_params = move |query: &ParamsMap| {
        apply_params(view, default, query);
        let compares = query.get_str("compare") == Some("1");
        set_if_changed(
            view.detail,
            if !is_trend {
                READINGS
            } else if compares {
                PREVIOUS_PERIOD
            } else {
                STATISTICS
            },
        );
    };
    query.with_untracked(apply_params);
    Effect::new(move |_| query.with(apply_params));
    #[cfg(feature = "hydrate")]
    {
        let data = crate::live::use_live_data();
        view.enable_navigation();
        super::shortcuts::listen(data, view);
        crate::chart::update_menu_links(data, view);
    }
    window
}

fn asked(default: Window, query: &ParamsMap) -> (Window, &'static str) {
    Window::from_query(default, query.get_str("window"), query.get_str("from"), query.get_str("to"))
}

fn apply_params(view: ChartView, default: Window, query: &ParamsMap) {
    let (window, problem) = asked(default, query);
    set_if_changed(view.window, window);
    let hidden = query.get_str("hide").map(parse_line_keys).unwrap_or_default();
    let list = |name| parse_panel_list(query.get_str(name));
    let (log, clip) = (list("log"), list("clip"));
    let mut rest = query.clone();
    rest.remove("log");
    rest.remove("clip");
    let asked = ChartParams { problem, hidden, log, clip, rest: rest.to_query_string() };
    set_if_changed(view.params, asked);
    let pinned = query.get_str("at").and_then(|at| at.parse().ok());
    if set_if_changed(view.pinned, pinned) {
        view.cursor.set(pinned);
    }
}

/// Parses a list of panels; empty when it is too long or has characters that no panel id has.
pub(crate) fn parse_panel_list(list: Option<&str>) -> String {
    let is_one = |list: &&str| {
        list.len() <= MAX_LIST_BYTES
            && list.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    };
    list.filter(is_one).unwrap_or_default().to_owned()
}

/// Sets the signal if the value is new, so that subscribers do not run twice. Returns whether it was new.
fn set_if_changed<T: PartialEq + Send + Sync + 'static>(signal: RwSignal<T>, value: T) -> bool {
    let is_new = signal.with_untracked(|known| *known != value);
    if is_new {
        signal.set(value);
    }
    is_new
}

/// Parses line keys in hexadecimal, such as `1a2b-ff`. Invalid keys are skipped.
pub(crate) fn parse_line_keys(text: &str) -> Vec<u32> {
    text.split('-').take(MAX_HIDDEN).filter_map(|key| u32::from_str_radix(key, 16).ok()).collect()
}

/// Formats line keys for a URL.
pub(crate) fn format_line_keys(keys: &[u32]) -> String {
    let mut text = String::new();
    for (place, key) in keys.iter().take(MAX_HIDDEN).enumerate() {
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
    fn line_keys_round_trip() {
        for keys in [vec![], vec![0], vec![0xffff_ffff, 1, 0xabc]] {
            assert_eq!(parse_line_keys(&format_line_keys(&keys)), keys);
        }
        assert_eq!(parse_line_keys("x-1--fffffffff-%-2"), [1, 2]);
        assert_eq!(parse_line_keys(&"1-".repeat(1000)).len(), MAX_HIDDEN);
    }

    #[test]
    fn panels_are_added_and_removed() {
        for (list, panel, expected) in [
            ("", "cpu", "cpu"),
            ("cpu", "cpu", ""),
            ("cpu", "cpu-cores", "cpu.cpu-cores"),
            ("a.cpu.b", "cpu", "a.b"),
            ("..a.", "b", "a.b"),
        ] {
            assert_eq!(toggle_panel(list, panel), expected, "{list} {panel}");
            assert_eq!(contains_panel(expected, panel), !contains_panel(list, panel), "{list} {panel}");
        }
        let long = vec!["panel"; 1000].join(".");
        assert!(toggle_panel(&long, "cpu").len() <= MAX_LIST_BYTES);
        let asked =
            ChartParams { log: "cpu.memory".to_owned(), clip: "cpu".to_owned(), ..ChartParams::default() };
        assert_eq!(asked.axis_options("memory"), AxisOptions { is_log: true, is_clipped: false });
        assert_eq!(asked.axis_options("cpu"), AxisOptions { is_log: true, is_clipped: true });
        assert_eq!(asked.axis_options("cp"), AxisOptions::default());
    }
}
