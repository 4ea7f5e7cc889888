//! What to do so that a kind of server is watched.

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

/// Says what to set, and where.
#[component]
pub(crate) fn SetUp(text: &'static SetUpText) -> impl IntoView {
    view! {
        <section class="notice set-up" aria-labelledby="set-up">
            <h2 id="set-up">{text.title}</h2>
            <p>"Name the server in the configuration file:"</p>
            <pre><code>{text.file}</code></pre>
            <p>
                "The flag " <code>{text.flag}</code> " and the environment variable " <code>{text.variable}</code>
                " do the same. Then start Watchglass again."
            </p>
            <p>"It needs few rights. " {text.rights_where}</p>
            <pre><code>{text.rights}</code></pre>
        </section>
    }
}
