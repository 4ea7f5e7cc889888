//! What the charts of a page show, in words and as links, so that the choice is in the address and works without wasm.

use crate::clock::{local_date_and_time, local_time};
use crate::live::{Live, Window, use_live, write_keys};
use leptos::prelude::*;
use watchglass_model::Timestamp;

/// The windows there are, the present one marked; what is shown where that is not what is live; and what lets it stand still.
#[component]
pub(crate) fn WindowPicker(
    /// The present one.
    window: Memo<Window>,
    /// Address of the page that it stands on.
    path: &'static str,
    /// The windows that can be chosen.
    #[prop(default = Window::LIVE)]
    choices: [Window; 3],
) -> impl IntoView {
    let live = use_live();
    let choices = choices.map(|choice| {
        let current = move || (window.get() == choice).then_some("true");
        view! {
            <a href=move || address(live, path, choice.name()) aria-current=current aria-label=format!("{}: show {}", choice.name(), choice.words())>
                {choice.name()}
            </a>
        }
    });
    let word = move || if live.paused.get() { "Go on" } else { "Pause" };
    let cannot_pause = move || live.utc_offset.get().is_none() || window.get().end().is_some();
    let pause = move |_| {
        #[cfg(feature = "hydrate")]
        live.pause(!live.paused.get_untracked());
    };
    let state = move || {
        if live.paused.get() {
            "paused"
        } else if window.get().end().is_some() {
            "past"
        } else {
            "live"
        }
    };
    view! {
        <nav class="choices" aria-label="Time window">{choices.collect_view()}</nav>
        <button type="button" class="pause" hidden=cannot_pause on:click=pause>{word}</button>
        <div class="shown" role="status" data-state=state inner_html=move || notice(live, path)></div>
    }
    .into_any()
}

/// The address of a page with another window: what is hidden and compared stays.
fn address(live: Live, path: &str, window: &str) -> String {
    let mut address = format!("{path}?window={window}");
    live.drawing.track();
    let hidden = live.store.try_with_value(|store| write_keys(&store.asked().hidden)).unwrap_or_default();
    if !hidden.is_empty() {
        address.push_str("&hide=");
        address.push_str(&hidden);
    }
    let _ = live.store.try_with_value(|store| {
        for (name, list) in [("&log=", &store.asked().log), ("&clip=", &store.asked().clip)] {
            if !list.is_empty() {
                address.push_str(name);
                address.push_str(list);
            }
        }
    });
    if live.detail.get() == crate::api::BEFORE {
        address.push_str("&compare=1");
    }
    address
}

/// What is to be known of what the charts show, as HTML; nothing while they are live and all is well.
fn notice(live: Live, path: &str) -> String {
    live.drawing.track();
    let offset = live.utc_offset.get();
    let mut html = String::new();
    let problem = live.store.try_with_value(|store| store.asked().problem).unwrap_or_default();
    if !problem.is_empty() {
        html.push_str("<p class=\"bad\">");
        html.push_str(problem);
        html.push_str("</p>");
    }
    if let Some(range) = live.window.get().past() {
        let start = local_date_and_time(range.start, offset);
        let end = local_date_and_time(range.end, offset);
        // Of a stretch within one day, the day is told once.
        let date = |text: &str| text.split(' ').next().map(str::to_owned);
        let end = if date(&start) == date(&end) { local_time(range.end, offset) } else { end };
        html.push_str(&format!(
            "<p>Showing <strong>{} – {end}</strong> <a href=\"{path}\">Back to live</a></p>",
            start.strip_suffix(" UTC").unwrap_or(&start)
        ));
        let is_blank = live.store.try_with_value(|store| store.past().is_some() && store.is_blank());
        if is_blank == Some(true) {
            html.push_str("<p class=\"bad\">Nothing was measured then, or it is kept no more.</p>");
        }
    } else if live.paused.get() {
        let end = live.store.try_with_value(|store| local_time(store.window().end, offset));
        html.push_str(&format!("<p>Paused at <strong>{}</strong></p>", end.unwrap_or_default()));
    }
    // What ran at a moment that is worth pinning is what one asks next.
    if let Some(moment) = live.pinned.get().filter(|_| path != "/processes") {
        let time = local_time(Timestamp::from_millis(moment), offset);
        let query = live.window.get().query().replace('&', "&amp;");
        html.push_str(&format!(
            "<p><a href=\"/processes?{query}&amp;at={moment}\">Processes at {time}</a></p>"
        ));
    }
    html
}
