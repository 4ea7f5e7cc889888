//! Notes about data that a source leaves out: values that could not be read, missing permissions, limits.

use leptos::prelude::*;

/// The notes as a list; nothing without notes.
pub(crate) fn limitations(notes: impl IntoIterator<Item = String>) -> Option<AnyView> {
    let mut notes = notes.into_iter().peekable();
    notes.peek()?;
    let notes = notes.map(|note| view! { <li>{note}</li> }).collect_view();
    Some(view! { <div role="group" aria-label="Limitations"><ul class="notes">{notes}</ul></div> }.into_any())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::StaticHtml;

    #[test]
    fn notes_are_escaped_and_no_notes_are_no_list() {
        assert!(limitations(Vec::new()).is_none());
        let html = limitations(["memory: <b>".to_owned(), "b".to_owned()]).unwrap().html();
        assert!(html.contains("<li>memory: &lt;b&gt;</li><li>b</li>"), "{html}");
        assert!(html.contains("aria-label=\"Limitations\""), "{html}");
    }
}
