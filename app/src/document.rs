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

/// A whole page that loads `assets`, in the reader's `theme`. The address is in the context that leptos's server integration provides.
pub fn document(assets: PageAssets, theme: Option<Theme>) -> impl IntoView {
    let start = assets.program.as_ref().map(|(script, wasm)| {
        format!("import start, {{ hydrate }} from '{script}'; await start({{ module_or_path: '{wasm}' }}); hydrate();")
    });
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=theme.map(Theme::name)>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="dark light"/>
                <meta name="description" content="Live monitoring of this host"/>
                <meta name="watchglass-build" content=assets.build/>
                <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
                {assets.styles.into_iter().map(|href| view! { <link rel="stylesheet" href=href/> }).collect_view()}
                {assets.program.map(|(script, wasm)| view! {
                    <link rel="modulepreload" href=script/>
                    <link rel="preload" href=wasm r#as="fetch" r#type="application/wasm" crossorigin="anonymous"/>
                })}
                <MetaTags/>
            </head>
            <body>
                <App/>
                {start.map(|code| view! { <script type="module" inner_html=code></script> })}
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
