//! Static HTML pages that work without scripts, with the style of all pages.

use app::{Theme, url};
use std::fmt::Write as _;
use watchglass_model::visible_lines;

/// Complete HTML document. `body` is markup, `title` is plain text.
pub(crate) fn document(title: &str, styles: &[String], theme: Option<Theme>, body: &str) -> String {
    let theme = match theme {
        Some(Theme::Dark) => " data-theme=\"dark\"",
        Some(Theme::Light) => " data-theme=\"light\"",
        None => "",
    };
    let mut links = String::new();
    for style in styles {
        // Writing to a string cannot fail.
        let _ = write!(links, "<link rel=\"stylesheet\" href=\"{}\">", escaped(&url(style)));
    }
    format!(
        "<!DOCTYPE html><html lang=\"en\"{theme}><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width, initial-scale=1\"><meta name=\"color-scheme\" content=\"dark light\">\
         <title>{} · Watchglass</title><link rel=\"icon\" href=\"{}\" type=\"image/svg+xml\">{links}</head>\
         <body>{body}</body></html>",
        escaped(title),
        url("/favicon.svg")
    )
}

/// Navigation bar; `current` is the path of the current page.
pub(crate) fn top_bar(current: &str) -> String {
    let link = |(path, name): &(&str, &str)| {
        let current = if *path == current { " aria-current=\"page\"" } else { "" };
        format!("<a href=\"{}\"{current}>{name}</a>", url(path))
    };
    let links: String = app::PAGES.iter().map(link).collect();
    let find = if current == "/search" { " aria-current=\"page\"" } else { "" };
    format!(
        "<a class=\"skip\" href=\"#main\">Skip to content</a><header class=\"top-bar\">\
         <a class=\"brand\" href=\"{}\">Watchglass</a><nav aria-label=\"Pages\">{links}</nav><a href=\"{}\"{find}>Search</a>\
         <a href=\"{}\">Account</a></header>",
        url("/"),
        url("/search"),
        url("/login")
    )
}

/// Text escaped for HTML, including attribute values. Hidden characters are escaped visibly.
pub(crate) fn escaped(text: &str) -> String {
    visible_lines(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_have_the_chosen_theme_and_escaped_texts() {
        let page = |theme| document("<A>", &["/a\".css".to_owned()], theme, "<p>b</p>");
        assert!(page(None).starts_with("<!DOCTYPE html><html lang=\"en\"><head>"));
        assert!(page(Some(Theme::Dark)).contains("<html lang=\"en\" data-theme=\"dark\">"));
        assert!(page(Some(Theme::Light)).contains("data-theme=\"light\""));
        for part in
            ["<title>&lt;A&gt; · Watchglass</title>", "href=\"/a&quot;.css\"", "<body><p>b</p></body>"]
        {
            assert!(page(None).contains(part), "{part}");
        }
    }
}
