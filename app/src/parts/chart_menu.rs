//! What can be done with a chart: a menu in the head of its panel. The browser opens and closes it; what can be a link is
//! one, and works without scripts.

use crate::escape::escaped;
use crate::live::{Live, has, toggled, use_live};
use leptos::prelude::*;
use std::fmt::Write as _;
use watchglass_chart::Look;
use watchglass_model::{Panel, Style};

/// Three dots, one below the other.
const SIGN: &str = "<svg viewBox=\"0 0 16 16\" width=\"16\" height=\"16\" aria-hidden=\"true\" fill=\"currentColor\">\
    <circle cx=\"8\" cy=\"3\" r=\"1.5\"></circle><circle cx=\"8\" cy=\"8\" r=\"1.5\"></circle>\
    <circle cx=\"8\" cy=\"13\" r=\"1.5\"></circle></svg>";

/// What needs no scripts, first what concerns the axis of values: how it is called in addresses, what it says, and its key on the chart.
const LINKS: [(&str, &str, char); 4] = [
    ("log", "Log axis", 'l'),
    ("clip", "Clip outliers", 'o'),
    ("table", "Data table", 't'),
    ("csv", "CSV", 'd'),
];
/// What does: what is done, what it says, and its key.
const BUTTONS: [(&str, &str, char); 3] =
    [("full", "Full screen", 'f'), ("link", "Copy link", 'c'), ("picture", "Copy picture", 'p')];

/// The menu of a panel's chart, as HTML that costs the page's program least. Its links are kept by [`follow`].
pub(crate) fn chart_menu(live: Live, panel: &Panel) -> String {
    let (id, title) = (&panel.id, escaped(&panel.title));
    // Ids are this program's own, and addresses are escaped. Writing to a string cannot fail.
    let mut html = format!(
        "<button type=\"button\" class=\"menu-button\" popovertarget=\"menu-{id}\" aria-label=\"{title}: menu\">{SIGN}</button>\
         <div class=\"menu\" id=\"menu-{id}\" popover>"
    );
    // A heat map has no axis of values.
    let first = if panel.style == Style::Heat { 2 } else { 0 };
    for (name, text, key) in LINKS.into_iter().skip(first) {
        let (address, is_chosen) = address(live, name, id);
        let address = escaped(&address);
        let current = if is_chosen { " aria-current=\"true\"" } else { "" };
        // What is no page of the program's, the browser opens.
        let other = if matches!(name, "log" | "clip") { "" } else { " rel=\"external\"" };
        let _ = write!(
            html,
            "<a href=\"{address}\"{current}{other} data-way=\"{name}\" data-key=\"{key}\" data-noscroll>{text}</a>"
        );
    }
    for (what, text, key) in BUTTONS {
        let _ = write!(
            html,
            "<button type=\"button\" data-do=\"{what}\" data-key=\"{key}\" popovertarget=\"menu-{id}\" \
             popovertargetaction=\"hide\">{text}</button>"
        );
    }
    html.push_str("</div>");
    html
}

/// Where an entry leads, and whether it is chosen already.
fn address(live: Live, name: &str, panel: &str) -> (String, bool) {
    let state = live.store.try_with_value(|store| (store.asked().clone(), store.window()));
    // Only a page that is going away has none.
    let Some((mut asked, range)) = state else { return (String::new(), false) };
    let window = live.window.get_untracked();
    let list = match name {
        "log" => &mut asked.log,
        "clip" => &mut asked.clip,
        _ => {
            // A picture that stands still shows another stretch than the one that is live.
            let stretch = if live.paused.get_untracked() {
                format!("from={}&to={}", range.start.millis(), range.end.millis())
            } else {
                window.query()
            };
            let below = if name == "csv" { "/csv" } else { "" };
            return (format!("/panels/{panel}{below}?{stretch}"), false);
        }
    };
    let is_chosen = has(list, panel);
    *list = toggled(list, panel);
    let mut address = format!("?{}", asked.rest.trim_start_matches('?'));
    for (name, list) in [("log", &asked.log), ("clip", &asked.clip)] {
        if !list.is_empty() {
            // A question that is not empty goes on.
            let join = if address.len() > 1 { "&" } else { "" };
            let _ = write!(address, "{join}{name}={list}");
        }
    }
    (address, is_chosen)
}

/// Lets the links of all menus lead where they should after what is shown has changed.
#[cfg(feature = "hydrate")]
pub(crate) fn follow(live: Live) {
    use leptos::wasm_bindgen::JsCast;
    use web_sys::Element;
    // Pictures move each second; where links lead changes seldom.
    let shown = Memo::new(move |_| {
        live.drawing.track();
        let asked = live.store.try_with_value(|store| store.asked().clone());
        (live.window.get(), live.paused.get(), asked)
    });
    Effect::new(move |_| {
        // To follow it alone would not compute it, and then it follows nothing.
        shown.with(|_| ());
        let Ok(links) = document().query_selector_all("[data-way]") else { return };
        for link in (0..links.length()).filter_map(|place| links.item(place)) {
            let link: Element = link.unchecked_into();
            let panel = link.closest("[data-panel]").ok().flatten();
            let panel = panel.and_then(|panel| panel.get_attribute("data-panel"));
            let (Some(name), Some(panel)) = (link.get_attribute("data-way"), panel) else { continue };
            let (address, is_chosen) = address(live, &name, &panel);
            let _ = link.set_attribute("href", &address);
            let _ = link.set_attribute("aria-current", if is_chosen { "true" } else { "false" });
        }
    });
}

/// How the values of a panel are spread, where that is not as usual: so that nobody is misled.
#[component]
pub(crate) fn LookInWords(
    /// Id of the panel.
    panel: String,
) -> impl IntoView {
    let live = use_live();
    let words = move || {
        live.drawing.track();
        let look = live.store.try_with_value(|store| store.asked().look(&panel)).unwrap_or_default();
        in_words(look)
    };
    view! { <p class="look" role="status" inner_html=words></p> }
}

fn in_words(look: Look) -> &'static str {
    match (look.is_log, look.is_clipped) {
        (false, false) => "",
        (true, false) => "Logarithmic axis.",
        (false, true) => "Cut off above the 99th percentile: a triangle stands for what is higher.",
        (true, true) => {
            "Logarithmic axis. Cut off above the 99th percentile: a triangle stands for what is higher."
        }
    }
}
