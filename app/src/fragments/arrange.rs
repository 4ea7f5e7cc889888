//! Where people arrange the panels of the pages with charts.

use super::words::{Written, hidden};
use leptos::prelude::*;

/// The panels as somebody has arranged them.
#[derive(Clone, Debug, Default)]
pub struct Arrange {
    /// What came of what was asked for, if it was not done.
    pub refused: Option<String>,
    /// The sections, in their order.
    pub sections: Vec<ArrangeSection>,
    /// Whether they stand otherwise than they come with the program.
    pub is_changed: bool,
}

/// A section with its panels.
#[derive(Clone, Debug)]
pub struct ArrangeSection {
    /// What it is called.
    pub name: String,
    /// Its panels that show something, in their order.
    pub panels: Vec<ArrangePanel>,
}

/// A panel.
#[derive(Clone, Debug)]
pub struct ArrangePanel {
    /// Its id.
    pub id: String,
    /// What it is called.
    pub title: String,
    /// Whether the overview leaves it out.
    pub is_hidden: bool,
    /// The word of its width: one of [`WIDTHS`].
    pub width: &'static str,
}

/// How wide a panel can be: the word in the form, and what people read.
pub const WIDTHS: [(&str, &str); 3] =
    [("usual", "One column"), ("wide", "Two columns"), ("full", "Whole row")];

/// The page as HTML.
pub fn arrange(page: Arrange) -> String {
    let Arrange { refused, sections, is_changed } = page;
    let refused = refused.map(|text| view! { <p class="said bad" role="alert">{text}</p> });
    let last = sections.len().saturating_sub(1);
    let sections =
        sections.into_iter().enumerate().map(|(place, section)| section.view(place > 0, place < last));
    let reset = is_changed.then(|| {
        view! {
            <form method="post" action="/arrange">
                <button class="button" name="do" value="reset">"As it came with the program"</button>
            </form>
        }
    });
    view! {
        <div class="alerts-page" data-part="arrange">
            {refused}
            <header class="page-head"><h1>"Arrange panels"</h1></header>
            <p>"For you alone, in every browser you sign in with. What is hidden here is left out of the overview; its own page has it still."</p>
            <p class="filter"><a class="button" href="/">"To the overview"</a>" "{reset}</p>
            {sections.collect_view()}
        </div>
    }
    .into_any()
    .html()
}

impl ArrangeSection {
    fn view(self, can_rise: bool, can_sink: bool) -> AnyView {
        let Self { name, panels } = self;
        let last = panels.len().saturating_sub(1);
        let rows = panels.into_iter().enumerate().map(|(place, panel)| panel.view(place > 0, place < last));
        let field = hidden("section", &name);
        let (up, down) = (format!("Move the section {name} up"), format!("Move the section {name} down"));
        let (id, spoken) = (anchor(&name), name.clone());
        view! {
            <section aria-label=spoken id=id.clone()>
                <div class="row-head">
                    <h2>{name}</h2>
                    <form method="post" action="/arrange" id=format!("{id}-move")>
                        {field}
                        {button("section-earlier", "Up", up, can_rise)}
                        {button("section-later", "Down", down, can_sink)}
                    </form>
                </div>
                <ul class="rows">{rows.collect_view()}</ul>
            </section>
        }
        .into_any()
    }
}

impl ArrangePanel {
    fn view(self, can_rise: bool, can_sink: bool) -> AnyView {
        let Self { id, title, is_hidden, width } = self;
        let mark = is_hidden.then(|| view! { <span class="mark">"Hidden"</span> });
        let (seen, word) = if is_hidden { ("show", "Show") } else { ("hide", "Hide") };
        let widths = WIDTHS.map(|(value, words)| {
            let pressed = if value == width { "true" } else { "false" };
            let spoken = format!("{words} for {title}");
            view! { <button class="button" name="do" value=value aria-pressed=pressed aria-label=spoken>{words}</button> }
        });
        let up = button("earlier", "Up", format!("Move {title} up"), can_rise);
        let down = button("later", "Down", format!("Move {title} down"), can_sink);
        let spoken = format!("{word} {title}");
        view! {
            <li class="row" id=format!("place-{id}") data-off=is_hidden.then_some("")>
                <div class="what"><p class="title">{title}{mark}</p></div>
                <form class="do" method="post" action="/arrange">
                    {hidden("panel", &id)}
                    {up}{down}
                    <button class="button" name="do" value=seen aria-label=spoken>{word}</button>
                    {widths.collect_view()}
                </form>
            </li>
        }
        .into_any()
    }
}

/// A button that is there in any case, so that the others stay where they are.
fn button(value: &'static str, word: &'static str, spoken: String, works: bool) -> AnyView {
    view! { <button class="button" name="do" value=value aria-label=spoken disabled=!works>{word}</button> }
        .into_any()
}

/// The id of a section in the page.
pub fn anchor(section: &str) -> String {
    let plain = |letter: char| if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { '-' };
    format!("section-{}", section.chars().map(plain).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page() -> Arrange {
        let panel = |id: &str, is_hidden, width| ArrangePanel {
            id: id.to_owned(),
            title: format!("<{id}"),
            is_hidden,
            width,
        };
        let section = |name: &str, panels| ArrangeSection { name: name.to_owned(), panels };
        Arrange {
            refused: Some("No <panel>".to_owned()),
            sections: vec![
                section("Host", vec![panel("cpu", false, "usual"), panel("memory", true, "wide")]),
                section("Redis & co", vec![panel("ping", false, "full")]),
            ],
            is_changed: true,
        }
    }

    #[test]
    fn what_stands_first_cannot_rise_and_what_stands_last_cannot_sink() {
        let html = arrange(page());
        let disabled: Vec<&str> = html
            .split("<button")
            .filter(|button| button.contains(" disabled"))
            .filter_map(|button| button.split("aria-label=\"").nth(1)?.split('"').next())
            .collect();
        assert_eq!(
            disabled,
            [
                "Move the section Host up",
                "Move &lt;cpu up",
                "Move &lt;memory down",
                "Move the section Redis &amp; co down",
                "Move &lt;ping up",
                "Move &lt;ping down",
            ]
        );
    }

    #[test]
    fn texts_are_no_markup_and_the_width_and_what_is_hidden_are_said() {
        let html = arrange(page());
        assert!(html.contains("No &lt;panel&gt;") && !html.contains("<cpu"), "{html}");
        assert_eq!(html.matches("aria-pressed=\"true\"").count(), 3);
        assert_eq!(html.matches("<span class=\"mark\">Hidden</span>").count(), 1);
        assert!(html.contains("id=\"section-redis---co\"") && html.contains("value=\"reset\""), "{html}");
        let usual = arrange(Arrange { is_changed: false, refused: None, ..page() });
        assert!(!usual.contains("value=\"reset\"") && !usual.contains("role=\"alert\""), "{usual}");
    }
}
