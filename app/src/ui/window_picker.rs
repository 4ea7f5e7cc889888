//! Time window picker: links, so that the choice is in the URL and works without wasm.

use crate::base_path::url;
use crate::clock::{local_date_and_time, local_time};
use crate::live::{
    ChartView, LiveData, Preferences, Window, format_line_keys, use_chart_view, use_live_data,
    use_preferences,
};
use leptos::prelude::*;
use watchglass_model::Timestamp;

/// Links to the available windows, a pause button, and a notice when the charts are not live.
#[component]
pub(crate) fn WindowPicker(
    /// The current window.
    window: Memo<Window>,
    /// Path of the page.
    path: &'static str,
    /// The available windows.
    #[prop(default = Window::LIVE)]
    choices: [Window; 3],
) -> impl IntoView {
    let (data, view, preferences) = (use_live_data(), use_chart_view(), use_preferences());
    let choices = choices.map(|choice| {
        let current = move || (window.get() == choice).then_some("true");
        view! {
            <a href=move || url(window_url(view, path, choice.name())) aria-current=current aria-label=format!("{}: show {}", choice.name(), choice.description())>
                {choice.name()}
            </a>
        }
    });
    let label = move || if view.paused.get() { "Resume" } else { "Pause" };
    let is_waiting = move || (!preferences.is_hydrated()).then_some("");
    let is_past = move || window.get().end().is_some();
    let pause = move |_| {
        #[cfg(feature = "hydrate")]
        crate::live::set_paused(data, view, !view.paused.get_untracked());
    };
    let state = move || {
        if view.paused.get() {
            "paused"
        } else if window.get().end().is_some() {
            "past"
        } else {
            "live"
        }
    };
    view! {
        <nav class="choices" aria-label="Time window">{choices.collect_view()}</nav>
        <button type="button" class="pause" hidden=is_past data-waiting=is_waiting on:click=pause>{label}</button>
        <div class="shown" role="status" data-state=state inner_html=move || banner(data, view, preferences, path)></div>
    }
    .into_any()
}

/// URL of a page with another window. Hidden lines, axis options and the comparison are kept.
fn window_url(view: ChartView, path: &str, window: &str) -> String {
    let mut address = format!("{path}?window={window}");
    view.params.with(|params| {
        let hidden = format_line_keys(&params.hidden);
        for (name, value) in [("&hide=", &hidden), ("&log=", &params.log), ("&clip=", &params.clip)] {
            if !value.is_empty() {
                address.push_str(name);
                address.push_str(value);
            }
        }
    });
    if view.detail.get() == crate::api::PREVIOUS_PERIOD {
        address.push_str("&compare=1");
    }
    address
}

/// Notice about an invalid URL, a past range or paused charts, as HTML; empty while the charts are live.
fn banner(data: LiveData, view: ChartView, preferences: Preferences, path: &str) -> String {
    data.charts_changed.track();
    let offset = preferences.utc_offset.get();
    let mut html = String::new();
    let problem = view.params.with(|params| params.problem);
    if !problem.is_empty() {
        html.push_str("<p class=\"bad\">");
        html.push_str(problem);
        html.push_str("</p>");
    }
    if let Some(range) = view.window.get().past() {
        let start = local_date_and_time(range.start, offset);
        let end = local_date_and_time(range.end, offset);
        // A range within one day shows the date once.
        let date = |text: &str| text.split(' ').next().map(str::to_owned);
        let end = if date(&start) == date(&end) { local_time(range.end, offset) } else { end };
        html.push_str(&format!(
            "<p>Showing <strong>{} – {end}</strong> <a href=\"{}\">Back to live</a></p>",
            start.strip_suffix(" UTC").unwrap_or(&start),
            url(path)
        ));
        let is_blank = data.store.try_with_value(|store| store.past().is_some() && store.has_no_data());
        if is_blank == Some(true) {
            html.push_str("<p class=\"bad\">No data for this time range.</p>");
        }
    } else if view.paused.get() {
        let end = data.store.try_with_value(|store| local_time(store.window().end, offset));
        html.push_str(&format!("<p>Paused at <strong>{}</strong></p>", end.unwrap_or_default()));
    }
    // The processes at the pinned time are the usual next question.
    if let Some(pinned) = view.pinned.get().filter(|_| path != "/processes") {
        let time = local_time(Timestamp::from_millis(pinned), offset);
        let query = view.window.get().to_query().replace('&', "&amp;");
        html.push_str(&format!(
            "<p><a href=\"{}?{query}&amp;at={pinned}\">Processes at {time}</a></p>",
            url("/processes")
        ));
    }
    html
}
