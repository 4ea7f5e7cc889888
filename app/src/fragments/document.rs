//! A page around a fragment that needs no program: what a form answers to those without scripts.

use crate::document::{PageAssets, Theme};
use leptos::prelude::*;

/// The ways to the pages, as the bar at their top has them.
const WAYS: [(&str, &str); 4] =
    [("/", "Overview"), ("/database", "Database"), ("/cache", "Cache"), ("/alerts", "Alerts")];

/// A whole page with `html` in it, in the reader's `theme`.
pub fn page(assets: PageAssets, theme: Option<Theme>, title: &str, html: String) -> String {
    let title = format!("{title} · Watchglass");
    let styles = assets.styles.into_iter().map(|href| view! { <link rel="stylesheet" href=href/> });
    let ways = WAYS.map(|(href, name)| {
        let current = (href == "/alerts").then_some("page");
        view! { <a href=href aria-current=current>{name}</a> }
    });
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=theme.map(Theme::name)>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="dark light"/>
                <title>{title}</title>
                <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
                {styles.collect_view()}
            </head>
            <body>
                <a class="skip" href="#main">"Skip to content"</a>
                <header class="top-bar">
                    <a class="brand" href="/">"Watchglass"</a>
                    <nav aria-label="Pages">{ways.collect_view()}</nav>
                </header>
                <main id="main" tabindex="-1" inner_html=html></main>
            </body>
        </html>
    }
    .to_html()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_whole() {
        let assets = PageAssets { styles: vec!["/a.css".to_owned()], ..PageAssets::default() };
        let html = page(assets, Some(Theme::Light), "Alerts", "<p>x</p>".to_owned());
        for part in [
            "<!DOCTYPE html><html",
            "data-theme=\"light\"",
            "<title>Alerts · Watchglass</title>",
            "href=\"/a.css\"",
            "<main id=\"main\" tabindex=\"-1\"><p>x</p></main>",
            "</body></html>",
        ] {
            assert!(html.contains(part), "{part}: {html}");
        }
    }
}
