//! What to do so that a kind of server is watched.

use crate::table::escaped;
use leptos::prelude::*;

/// How a kind of server comes to be watched.
#[derive(Debug)]
pub(crate) struct SetUpText {
    /// What is not there.
    pub(crate) title: &'static str,
    /// Lines of the configuration file.
    pub(crate) file: &'static str,
    /// The flag that does the same.
    pub(crate) flag: &'static str,
    /// The environment variable that does the same.
    pub(crate) variable: &'static str,
    /// What gives Watchglass the rights that it needs there, and no more.
    pub(crate) rights: &'static str,
    /// Where those lines are run.
    pub(crate) rights_where: &'static str,
}

/// Says what to set, and where. Nothing in it ever changes: as HTML it costs the page's program least.
#[component]
pub(crate) fn SetUp(text: &'static SetUpText) -> impl IntoView {
    let SetUpText { title, file, flag, variable, rights, rights_where } = text;
    let [file, rights] = [file, rights].map(|code| escaped(code));
    let html = format!(
        "<h2 id=\"set-up\">{title}</h2>\
         <p>Name the server in the configuration file:</p><pre><code>{file}</code></pre>\
         <p>The flag <code>{flag}</code> and the environment variable <code>{variable}</code> do the same. \
         Then start Watchglass again.</p>\
         <p>It needs few rights. {rights_where}</p><pre><code>{rights}</code></pre>"
    );
    view! { <section class="notice set-up" aria-labelledby="set-up" inner_html=html></section> }
}
