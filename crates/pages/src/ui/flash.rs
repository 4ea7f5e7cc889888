//! Success or error message above a page.

use leptos::prelude::*;

/// Result of a form action, shown above the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlashMessage {
    /// Message text, one sentence.
    pub text: String,
    /// Whether the action succeeded.
    pub is_success: bool,
}

impl FlashMessage {
    pub(crate) fn view(self) -> AnyView {
        let Self { text, is_success: is_good } = self;
        let (class, role) = if is_good { ("flash good", "status") } else { ("flash bad", "alert") };
        // Focusable, so that screen readers announce it at once.
        view! { <p class=class role=role tabindex="-1">{text}</p> }.into_any()
    }
}
