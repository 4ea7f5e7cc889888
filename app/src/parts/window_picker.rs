//! How far back live charts look: links, so that the choice is in the address and works without wasm.

use crate::live::Window;
use leptos::prelude::*;

/// The windows there are, the present one marked.
#[component]
pub(crate) fn WindowPicker(
    /// The present one.
    window: Memo<Window>,
    /// Address of the page that it stands on.
    path: &'static str,
) -> impl IntoView {
    let choices = Window::ALL.map(|choice| {
        let current = move || (window.get() == choice).then_some("true");
        view! {
            <a href=format!("{path}?window={}", choice.name()) aria-current=current aria-label=format!("Show {}", choice.words())>
                {choice.name()}
            </a>
        }
    });
    view! { <nav class="choices" aria-label="Time window">{choices.collect_view()}</nav> }
}
