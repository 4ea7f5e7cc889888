//! Texts of several pages.

use leptos::prelude::*;

/// Number with its noun: `1 rule`, `2 rules`.
pub(crate) fn pluralize(number: usize, one: &str, many: &str) -> String {
    format!("{number}\u{a0}{}", if number == 1 { one } else { many })
}

/// Note that replaces the buttons for read-only users.
pub(crate) fn read_only_note() -> AnyView {
    view! { <p class="facts">"Read only. Changes need the admin role."</p> }.into_any()
}
