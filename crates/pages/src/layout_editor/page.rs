//! Layout editor: order, width and visibility of the panels.

use crate::ui::{StaticHtml, hidden_input};
use app::url;
use leptos::prelude::*;

/// Layout of one user.
#[derive(Clone, Debug, Default)]
pub struct LayoutEditor {
    /// Error of the last action, if it failed.
    pub error: Option<String>,
    /// Sections in display order.
    pub sections: Vec<LayoutSection>,
    /// Whether it differs from the default layout.
    pub is_customised: bool,
}

/// A section with its panels.
#[derive(Clone, Debug)]
pub struct LayoutSection {
    /// Title.
    pub name: String,
    /// Panels that have data, in display order.
    pub panels: Vec<LayoutPanel>,
}

/// A panel.
#[derive(Clone, Debug)]
pub struct LayoutPanel {
    /// Panel id.
    pub id: String,
    /// Title.
    pub title: String,
    /// Whether the overview hides it.
    pub is_hidden: bool,
    /// Width: a form value of [`WIDTHS`].
    pub width: &'static str,
}

/// Panel widths: form value and label.
pub const WIDTHS: [(&str, &str); 3] = [("usual", "S"), ("wide", "M"), ("full", "Full")];

/// Renders the layout editor.
pub fn render(page: LayoutEditor) -> String {
    let LayoutEditor { error: refused, sections, is_customised: is_changed } = page;
    let refused = refused.map(|text| view! { <p class="flash bad" role="alert">{text}</p> });
    let last = sections.len().saturating_sub(1);
    let sections =
        sections.into_iter().enumerate().map(|(place, section)| section.view(place > 0, place < last));
    let reset = is_changed.then(|| {
        view! {
            <form method="post" action=url("/layout")>
                <button type="submit" class="button" name="do" value="reset">"Reset"</button>
            </form>
        }
    });
    view! {
        <div class="alerts-page" data-part="arrange">
            {refused}
            <header class="page-head"><h1>"Edit layout"</h1></header>
            <p>"Your personal layout, in every browser you sign in with. Hidden panels stay on their own pages."</p>
            <p class="filter"><a class="button" href=url("/")>"Done"</a>" "{reset}</p>
            {sections.collect_view()}
        </div>
    }
    .into_any()
    .html()
}

impl LayoutSection {
    fn view(self, can_move_up: bool, can_move_down: bool) -> AnyView {
        let Self { name, panels } = self;
        let last = panels.len().saturating_sub(1);
        let rows = panels.into_iter().enumerate().map(|(place, panel)| panel.view(place > 0, place < last));
        let field = hidden_input("section", &name);
        let (up, down) = (format!("Move section {name} up"), format!("Move section {name} down"));
        let (id, spoken) = (section_anchor(&name), name.clone());
        view! {
            <section aria-label=spoken id=id.clone()>
                <div class="row-head">
                    <h2>{name}</h2>
                    <form method="post" action=url("/layout") id=format!("{id}-move")>
                        {field}
                        {button("section-earlier", "Up", up, can_move_up)}
                        {button("section-later", "Down", down, can_move_down)}
                    </form>
                </div>
                <ul class="rows">{rows.collect_view()}</ul>
            </section>
        }
        .into_any()
    }
}

impl LayoutPanel {
    fn view(self, can_move_up: bool, can_move_down: bool) -> AnyView {
        let Self { id, title, is_hidden, width } = self;
        let mark = is_hidden.then(|| view! { <span class="mark">"Hidden"</span> });
        let (action, word) = if is_hidden { ("show", "Show") } else { ("hide", "Hide") };
        let widths = WIDTHS.map(|(value, label)| {
            let pressed = if value == width { "true" } else { "false" };
            let spoken = format!("Width {label}: {title}");
            view! { <button type="submit" class="button" name="do" value=value aria-pressed=pressed aria-label=spoken>{label}</button> }
        });
        let up = button("earlier", "Up", format!("Move {title} up"), can_move_up);
        let down = button("later", "Down", format!("Move {title} down"), can_move_down);
        let spoken = format!("{word} {title}");
        view! {
            <li class="row" id=format!("place-{id}") data-off=is_hidden.then_some("")>
                <div class="what"><p class="title">{title}{mark}</p></div>
                <form class="do" method="post" action=url("/layout")>
                    {hidden_input("panel", &id)}
                    {up}{down}
                    <button type="submit" class="button" name="do" value=action aria-label=spoken>{word}</button>
                    {widths.collect_view()}
                </form>
            </li>
        }
        .into_any()
    }
}

/// Button that is disabled rather than left out, so that the others keep their places.
fn button(value: &'static str, word: &'static str, spoken: String, is_enabled: bool) -> AnyView {
    view! { <button type="submit" class="button" name="do" value=value aria-label=spoken disabled=!is_enabled>{word}</button> }
        .into_any()
}

/// Element id of a section.
pub fn section_anchor(section: &str) -> String {
    let plain = |letter: char| if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { '-' };
    format!("section-{}", section.chars().map(plain).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page() -> LayoutEditor {
        let panel = |id: &str, is_hidden, width| LayoutPanel {
            id: id.to_owned(),
            title: format!("<{id}"),
            is_hidden,
            width,
        };
        let section = |name: &str, panels| LayoutSection { name: name.to_owned(), panels };
        LayoutEditor {
            error: Some("No <panel>".to_owned()),
            sections: vec![
                section("Host", vec![panel("cpu", false, "usual"), panel("memory", true, "wide")]),
                section("Redis & co", vec![panel("ping", false, "full")]),
            ],
            is_customised: true,
        }
    }

    #[test]
    fn first_cannot_move_up_and_last_cannot_move_down() {
        let html = render(page());
        let disabled: Vec<&str> = html
            .split("<button")
            .filter(|button| button.contains(" disabled"))
            .filter_map(|button| button.split("aria-label=\"").nth(1)?.split('"').next())
            .collect();
        assert_eq!(
            disabled,
            [
                "Move section Host up",
                "Move &lt;cpu up",
                "Move &lt;memory down",
                "Move section Redis &amp; co down",
                "Move &lt;ping up",
                "Move &lt;ping down",
            ]
        );
    }

    #[test]
    fn texts_are_escaped_and_width_and_hidden_are_marked() {
        let html = render(page());
        assert!(html.contains("No &lt;panel&gt;") && !html.contains("<cpu"), "{html}");
        assert_eq!(html.matches("aria-pressed=\"true\"").count(), 3);
        assert_eq!(html.matches("<span class=\"mark\">Hidden</span>").count(), 1);
        assert!(html.contains("id=\"section-redis---co\"") && html.contains("value=\"reset\""), "{html}");
        let usual = render(LayoutEditor { is_customised: false, error: None, ..page() });
        assert!(!usual.contains("value=\"reset\"") && !usual.contains("role=\"alert\""), "{usual}");
    }
}
