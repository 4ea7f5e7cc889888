//! Menu of a chart in the header of its panel. The browser opens and closes it; entries that are links work without scripts.

use crate::escape::escaped;
use crate::live::{ChartView, LiveData, contains_panel, toggle_panel, use_chart_view};
use leptos::prelude::*;
use std::fmt::Write as _;
use watchglass_chart::AxisOptions;
use watchglass_model::{Panel, Style};

/// Icon: three vertical dots.
const ICON: &str = "<svg viewBox=\"0 0 16 16\" width=\"16\" height=\"16\" aria-hidden=\"true\" fill=\"currentColor\">\
    <circle cx=\"8\" cy=\"3\" r=\"1.5\"></circle><circle cx=\"8\" cy=\"8\" r=\"1.5\"></circle>\
    <circle cx=\"8\" cy=\"13\" r=\"1.5\"></circle></svg>";

/// Links, starting with the axis options: name in URLs, label and keyboard shortcut.
const LINKS: [(&str, &str, char); 4] = [
    ("log", "Log axis", 'l'),
    ("clip", "Clip at p99", 'o'),
    ("table", "View data", 't'),
    ("csv", "CSV", 'd'),
];
/// Buttons, which need scripts: name of the action, label and keyboard shortcut.
const BUTTONS: [(&str, &str, char); 3] =
    [("full", "Full screen", 'f'), ("link", "Copy link", 'c'), ("picture", "Copy as PNG", 'p')];

/// The menu as HTML, which adds least to the wasm bundle. [`update_menu_links`] keeps its links up to date.
pub(crate) fn chart_menu(data: LiveData, view: ChartView, panel: &Panel) -> String {
    let (id, title) = (&panel.id, escaped(&panel.title));
    // Ids come from the catalogue of this server, and URLs are escaped. Writing to a string cannot fail.
    let mut html = format!(
        "<button type=\"button\" class=\"menu-button\" popovertarget=\"menu-{id}\" aria-label=\"{title}: menu\">{ICON}</button>\
         <div class=\"menu\" id=\"menu-{id}\" popover>"
    );
    // A heat map has no value axis.
    let first = if panel.style == Style::Heat { 2 } else { 0 };
    for (name, text, key) in LINKS.into_iter().skip(first) {
        let (url, is_selected) = entry_url(data, view, name, id);
        let url = escaped(&url);
        let current = if is_selected { " aria-current=\"true\"" } else { "" };
        // The router handles only pages of the app.
        let other = if matches!(name, "log" | "clip") { "" } else { " rel=\"external\"" };
        let _ = write!(
            html,
            "<a href=\"{url}\"{current}{other} data-way=\"{name}\" data-key=\"{key}\" data-noscroll>{text}</a>"
        );
    }
    for (action, text, key) in BUTTONS {
        let _ = write!(
            html,
            "<button type=\"button\" data-do=\"{action}\" data-key=\"{key}\" popovertarget=\"menu-{id}\" \
             popovertargetaction=\"hide\">{text}</button>"
        );
    }
    html.push_str("</div>");
    html
}

/// URL of an entry, and whether its option is on.
fn entry_url(data: LiveData, view: ChartView, name: &str, panel: &str) -> (String, bool) {
    let state = (view.params.try_get_untracked(), data.store.try_with_value(|store| store.window()));
    // There is neither only while the page is being dropped.
    let (Some(mut params), Some(range)) = state else { return (String::new(), false) };
    let window = view.window.get_untracked();
    let list = match name {
        "log" => &mut params.log,
        "clip" => &mut params.clip,
        _ => {
            // A paused chart shows an earlier range than the live window.
            let range = if view.paused.get_untracked() {
                format!("from={}&to={}", range.start.millis(), range.end.millis())
            } else {
                window.to_query()
            };
            let suffix = if name == "csv" { "/csv" } else { "" };
            return (crate::base_path::url(format!("/panels/{panel}{suffix}?{range}")), false);
        }
    };
    let is_selected = contains_panel(list, panel);
    *list = toggle_panel(list, panel);
    let mut url = format!("?{}", params.rest.trim_start_matches('?'));
    for (name, list) in [("log", &params.log), ("clip", &params.clip)] {
        if !list.is_empty() {
            let join = if url.len() > 1 { "&" } else { "" };
            let _ = write!(url, "{join}{name}={list}");
        }
    }
    (url, is_selected)
}

/// Link to the page with all series of a panel. [`update_menu_links`] keeps it up to date.
pub(crate) fn all_series_link(data: LiveData, view: ChartView, panel: &str) -> String {
    let (url, _) = entry_url(data, view, "table", panel);
    format!("<a href=\"{}\" rel=\"external\" data-way=\"table\">All series</a>", escaped(&url))
}

/// Updates the links of all menus when the shown range or the options change.
#[cfg(feature = "hydrate")]
pub(crate) fn update_menu_links(data: LiveData, view: ChartView) {
    use leptos::wasm_bindgen::JsCast;
    use web_sys::Element;
    Effect::new(move |_| {
        view.window.track();
        view.paused.track();
        view.params.track();
        let Ok(links) = document().query_selector_all("[data-way]") else { return };
        for link in (0..links.length()).filter_map(|index| links.item(index)) {
            let link: Element = link.unchecked_into();
            let panel = link.closest("[data-panel]").ok().flatten();
            let panel = panel.and_then(|panel| panel.get_attribute("data-panel"));
            let (Some(name), Some(panel)) = (link.get_attribute("data-way"), panel) else { continue };
            let (url, is_selected) = entry_url(data, view, &name, &panel);
            let _ = link.set_attribute("href", &url);
            let _ = link.set_attribute("aria-current", if is_selected { "true" } else { "false" });
        }
    });
}

/// Note below a chart with a logarithmic or clipped axis, which could otherwise be misread.
#[component]
pub(crate) fn AxisNote(
    /// Id of the panel.
    panel: String,
) -> impl IntoView {
    let view = use_chart_view();
    let words = move || axis_note(view.params.with(|params| params.axis_options(&panel)));
    view! { <p class="look" role="status" inner_html=words></p> }
}

fn axis_note(options: AxisOptions) -> &'static str {
    match (options.is_log, options.is_clipped) {
        (false, false) => "",
        (true, false) => "Logarithmic axis.",
        (false, true) => "Clipped at p99 (▲ = higher).",
        (true, true) => "Logarithmic axis. Clipped at p99 (▲ = higher).",
    }
}
