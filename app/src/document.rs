//! The HTML document around the pages.

use crate::root::App;
use leptos::prelude::*;
use leptos_meta::MetaTags;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Paths of what a page loads, as the build named them.
#[derive(Clone, Debug, Default)]
pub struct PageAssets {
    /// Identifies program and pages together; see the live protocol's hello.
    pub build: String,
    /// Style sheets, in order.
    pub styles: Vec<String>,
    /// The script that loads the wasm, and the wasm; `None` in a build without a front end.
    pub program: Option<(String, String)>,
}

/// The reader's choice of theme; without one the system decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    /// Light on dark.
    Dark,
    /// Dark on light.
    Light,
}

impl Theme {
    /// The theme that a `Cookie` header asks for.
    pub fn from_cookies(header: &str) -> Option<Self> {
        let value = header.split(';').find_map(|cookie| cookie.trim().strip_prefix("theme="))?;
        match value {
            "dark" => Some(Self::Dark),
            "light" => Some(Self::Light),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Dark => "dark",
            Self::Light => "light",
        }
    }
}

/// Lets a page tell the server that the answer is not a 200. Provided as a context.
#[derive(Clone, Debug, Default)]
pub struct ResponseStatus(Arc<AtomicBool>);

impl ResponseStatus {
    /// There is no such page.
    pub(crate) fn not_found(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether the page said so.
    pub fn is_not_found(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// What keys do. The page's program only shows and hides it.
const KEYS: &str = "<h2>Keys</h2><dl>\
    <div><dt><kbd>Space</kbd></dt><dd>Lets the charts stand still, or go on</dd></div>\
    <div><dt><kbd>Esc</kbd></dt><dd>Lets go of the cursor, and closes this list</dd></div>\
    <div><dt><kbd>Ctrl</kbd> <kbd>K</kbd></dt><dd>Finds pages, charts and what can be done; so does <kbd>⌘</kbd> <kbd>K</kbd></dd></div>\
    <div><dt><kbd>?</kbd></dt><dd>Shows this list</dd></div></dl>\
    <h3>On a chart</h3><dl>\
    <div><dt><kbd>←</kbd> <kbd>→</kbd></dt><dd>Moves the cursor</dd></div>\
    <div><dt><kbd>Shift</kbd> <kbd>←</kbd> <kbd>→</kbd></dt><dd>Shows what was before, and after; so do a drag with Shift and \
    the wheel turned sideways</dd></div>\
    <div><dt><kbd>+</kbd> <kbd>−</kbd></dt><dd>Zooms in and out; a drag zooms to what it covers</dd></div>\
    <div><dt><kbd>Enter</kbd></dt><dd>Pins the cursor, or lets it go; so does a click</dd></div>\
    <div><dt><kbd>Backspace</kbd></dt><dd>Goes back to where you were; so does a double click</dd></div></dl>\
    <h3>On a chart: its menu</h3><dl>\
    <div><dt><kbd>f</kbd></dt><dd>Full screen, or back; <kbd>Esc</kbd> leaves it too</dd></div>\
    <div><dt><kbd>l</kbd> <kbd>o</kbd></dt><dd>Logarithmic axis; outliers cut off</dd></div>\
    <div><dt><kbd>t</kbd> <kbd>d</kbd></dt><dd>The numbers as a table; as CSV</dd></div>\
    <div><dt><kbd>c</kbd> <kbd>p</kbd></dt><dd>Copies a link to it; copies it as a picture</dd></div></dl>\
    <h3>In a legend</h3><dl>\
    <div><dt><kbd>Enter</kbd></dt><dd>Shows a line alone, or all again; so does a click</dd></div>\
    <div><dt><kbd>Shift</kbd> <kbd>Enter</kbd></dt><dd>Hides a line, or shows it again; so does a click with Shift</dd></div></dl>";

/// What finds pages, charts and what can be done: the page's program shows it, and puts below the field what the server found.
const FIND: &str = "<dialog id=\"find\" class=\"find\" aria-label=\"Find\" closedby=\"any\"><form action=\"/find\"><input type=\"text\" enterkeyhint=\"go\" id=\"find-q\" name=\"q\" maxlength=\"100\" \
    aria-label=\"Find pages, charts and what can be done\" placeholder=\"Pages, charts, actions\" autocomplete=\"off\" \
    spellcheck=\"false\"><button type=\"button\" class=\"button\">Close</button></form>\
    <p class=\"facts\" role=\"status\"></p><div class=\"found\"></div></dialog>";

/// What leads away from the wall.
const LEAVE: &str = "<a class=\"wall-leave\" href=\"/\" rel=\"external\">Leave the wall screen</a>";

/// A whole page that loads `assets`, in the reader's `theme`; `is_wall` leaves out what nobody touches on a wall. The address is in the context that leptos's server integration provides.
pub fn document(assets: PageAssets, theme: Option<Theme>, is_wall: bool) -> impl IntoView {
    let start = assets.program.as_ref().map(|(script, wasm)| {
        format!("import start, {{ hydrate }} from '{script}'; await start({{ module_or_path: '{wasm}' }}); hydrate();")
    });
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=theme.map(Theme::name) data-wall=is_wall.then_some("")>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="dark light"/>
                <meta name="description" content="Live monitoring of this host"/>
                <meta name="watchglass-build" content=assets.build/>
                <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
                <link rel="apple-touch-icon" href="/apple-touch-icon.png"/>
                <link rel="manifest" href="/watchglass.webmanifest"/>
                <meta name="theme-color" media="(prefers-color-scheme: dark)" content="#0f1318"/>
                <meta name="theme-color" media="(prefers-color-scheme: light)" content="#f2f4f7"/>
                {assets.styles.into_iter().map(|href| view! { <link rel="stylesheet" href=href/> }).collect_view()}
                {assets.program.map(|(script, wasm)| view! {
                    <link rel="modulepreload" href=script/>
                    <link rel="preload" href=wasm r#as="fetch" r#type="application/wasm" crossorigin="anonymous"/>
                })}
                <MetaTags/>
            </head>
            <body>
                <App/>
                <div id="keys" class="keys" role="dialog" aria-label="Keys" hidden inner_html=KEYS></div>
                <div inner_html=FIND></div>
                {is_wall.then(|| view! { <nav aria-label="Wall screen" inner_html=LEAVE></nav> })}
                {start.map(|code| view! { <script type="module" nonce=use_nonce() inner_html=code></script> })}
            </body>
        </html>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_theme_is_read_from_the_cookies() {
        for (header, expected) in [
            ("theme=dark", Some(Theme::Dark)),
            ("a=b; theme=light; c=d", Some(Theme::Light)),
            ("theme=pink", None),
            ("mytheme=dark", None),
            ("", None),
        ] {
            assert_eq!(Theme::from_cookies(header), expected, "{header}");
        }
    }
}
