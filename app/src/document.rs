//! HTML document around the pages.

use crate::base_path::{base_path, url};
use crate::root::App;
use leptos::prelude::*;
use leptos_meta::MetaTags;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

/// Paths of the assets that a page loads, with the file names of the build.
#[derive(Clone, Debug, Default)]
pub struct PageAssets {
    /// Identifies the build of server and pages; see the hello of the live protocol.
    pub build: String,
    /// Style sheets, in order.
    pub styles: Vec<String>,
    /// The script that loads the wasm, and the wasm file; `None` in a build without a front end.
    pub wasm: Option<(String, String)>,
}

/// The theme that the user has chosen. Without a choice, the system theme applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    /// Light text on a dark background.
    Dark,
    /// Dark text on a light background.
    Light,
}

impl Theme {
    /// Reads the theme from a `Cookie` header.
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

/// Lets a page set a response status other than 200. Provided as a context.
#[derive(Clone, Debug, Default)]
pub struct ResponseStatus(Arc<AtomicU16>);

impl ResponseStatus {
    /// Sets an HTTP status.
    pub(crate) fn set(&self, status: u16) {
        self.0.store(status, Ordering::Relaxed);
    }

    /// The status that the page has set.
    pub fn get(&self) -> Option<u16> {
        Some(self.0.load(Ordering::Relaxed)).filter(|status| *status != 0)
    }
}

/// List of keyboard shortcuts. The wasm client only shows and hides it.
const SHORTCUTS: &str = "<h2>Keyboard shortcuts</h2><dl>\
    <div><dt><kbd>Space</kbd></dt><dd>Pause or resume</dd></div>\
    <div><dt><kbd>Esc</kbd></dt><dd>Clear the cursor, close this list</dd></div>\
    <div><dt><kbd>Ctrl</kbd> <kbd>K</kbd></dt><dd>Search pages, charts and actions; or <kbd>⌘</kbd> <kbd>K</kbd></dd></div>\
    <div><dt><kbd>?</kbd></dt><dd>Show this list</dd></div></dl>\
    <h3>On a chart</h3><dl>\
    <div><dt><kbd>←</kbd> <kbd>→</kbd></dt><dd>Move the cursor</dd></div>\
    <div><dt><kbd>Shift</kbd> <kbd>←</kbd> <kbd>→</kbd></dt><dd>Pan left or right; or drag with Shift, or scroll \
    sideways</dd></div>\
    <div><dt><kbd>+</kbd> <kbd>−</kbd></dt><dd>Zoom in or out; or drag to select a range</dd></div>\
    <div><dt><kbd>Enter</kbd></dt><dd>Pin or release the cursor; or click</dd></div>\
    <div><dt><kbd>Backspace</kbd></dt><dd>Back to the previous range; or double-click</dd></div></dl>\
    <h3>Chart menu</h3><dl>\
    <div><dt><kbd>f</kbd></dt><dd>Full screen on or off; <kbd>Esc</kbd> exits too</dd></div>\
    <div><dt><kbd>l</kbd> <kbd>o</kbd></dt><dd>Logarithmic axis; clip outliers</dd></div>\
    <div><dt><kbd>t</kbd> <kbd>d</kbd></dt><dd>View data; download CSV</dd></div>\
    <div><dt><kbd>c</kbd> <kbd>p</kbd></dt><dd>Copy link; copy as PNG</dd></div></dl>\
    <h3>In a legend</h3><dl>\
    <div><dt><kbd>Enter</kbd></dt><dd>Isolate a series or show all; or click</dd></div>\
    <div><dt><kbd>Shift</kbd> <kbd>Enter</kbd></dt><dd>Hide or show a series; or Shift-click</dd></div></dl>";

/// Search dialog (command palette). The wasm client opens it and puts the results of the server below the field.
fn search_dialog() -> String {
    format!(
        "<dialog id=\"find\" class=\"find\" aria-label=\"Search\" closedby=\"any\"><form action=\"{}\"><input type=\"text\" enterkeyhint=\"go\" id=\"find-q\" name=\"q\" maxlength=\"100\" \
    aria-label=\"Search pages, charts and actions\" placeholder=\"Search pages, charts and actions\" autocomplete=\"off\" \
    spellcheck=\"false\"><button type=\"button\" class=\"button\">Close</button></form>\
    <p class=\"facts\" role=\"status\"></p><div class=\"found\"></div></dialog>",
        url("/search")
    )
}

/// Link out of the TV mode.
fn exit_tv_mode() -> String {
    format!("<a class=\"wall-leave\" href=\"{}\" rel=\"external\">Exit TV mode</a>", url("/"))
}

/// A whole page that loads `assets`, in the user's `theme`. In TV mode, interactive elements are left out. A `warning` stays
/// visible at the lower edge. The URL comes from the context that the server integration of Leptos provides.
pub fn document(
    assets: PageAssets,
    theme: Option<Theme>,
    is_tv_mode: bool,
    warning: Option<&'static str>,
) -> impl IntoView {
    let program = assets.wasm.map(|(script, wasm)| (url(script), url(wasm)));
    let start = program.as_ref().map(|(script, wasm)| {
        let base = base_path();
        format!(
            "import start, {{ hydrate }} from '{script}'; await start({{ module_or_path: '{wasm}' }}); hydrate('{base}');"
        )
    });
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=theme.map(Theme::name) data-wall=is_tv_mode.then_some("")>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="dark light"/>
                <meta name="description" content="Live monitoring of this host"/>
                <meta name="watchglass-build" content=assets.build/>
                <link rel="icon" href=url("/favicon.svg") type="image/svg+xml"/>
                <link rel="apple-touch-icon" href=url("/apple-touch-icon.png")/>
                <link rel="manifest" href=url("/watchglass.webmanifest")/>
                <meta name="theme-color" media="(prefers-color-scheme: dark)" content="#0f1318"/>
                <meta name="theme-color" media="(prefers-color-scheme: light)" content="#f2f4f7"/>
                {assets.styles.into_iter().map(|href| view! { <link rel="stylesheet" href=url(href)/> }).collect_view()}
                {program.map(|(script, wasm)| view! {
                    <link rel="modulepreload" href=script/>
                    <link rel="preload" href=wasm r#as="fetch" r#type="application/wasm" crossorigin="anonymous"/>
                })}
                <MetaTags/>
            </head>
            <body>
                <App/>
                <div id="keys" class="keys" role="dialog" aria-label="Keyboard shortcuts" hidden inner_html=SHORTCUTS></div>
                <div inner_html=search_dialog()></div>
                // Below the page in the document: hydration begins with the first element of the body.
                {warning.map(|text| view! { <p class="page-warning" role="note">{text}</p> })}
                {is_tv_mode.then(|| view! { <nav aria-label="TV mode" inner_html=exit_tv_mode()></nav> })}
                {start.map(|code| view! { <script type="module" nonce=use_nonce() inner_html=code></script> })}
            </body>
        </html>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn theme_is_read_from_cookies() {
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
