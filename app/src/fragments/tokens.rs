//! Tokens, with which programs prove themselves.

use super::Typed;
use super::words::{Field, hidden, moment};
use leptos::prelude::*;
use watchglass_model::Timestamp;

/// The roles that tokens can have, and what they mean.
const ROLES: [(&str, &str); 3] = [
    ("viewer", "viewer: sees everything"),
    ("ingest", "ingest: delivers reports"),
    ("admin", "admin: changes everything"),
];

/// The tokens.
#[derive(Clone, Debug, Default)]
pub struct Tokens {
    /// The newest first.
    pub rows: Vec<TokenRow>,
    /// The one that was just made: it is shown this once.
    pub made: Option<String>,
    /// What was typed into the form.
    pub typed: Typed,
}

/// A token.
#[derive(Clone, Debug)]
pub struct TokenRow {
    /// By which it is taken back.
    pub id: String,
    /// What it is for.
    pub name: String,
    /// What it may do.
    pub role: &'static str,
    /// Whether it is good: `good`, `expired`, `revoked`.
    pub standing: String,
    /// Whether that is so.
    pub is_good: bool,
    /// When it was made.
    pub created: Timestamp,
    /// When it was used last, if it was.
    pub used: Option<Timestamp>,
    /// When it ceases to be good, if it does.
    pub expires: Option<Timestamp>,
}

impl Tokens {
    pub(super) fn view(self) -> AnyView {
        let Self { rows, made, typed } = self;
        let made = made.map(|made| {
            view! {
                <div class="said good" id="token-made">
                    <p>"This is the token. It is shown this once; keep it where its program finds it:"</p>
                    <pre><code>{made}</code></pre>
                </div>
            }
        });
        let list = if rows.is_empty() {
            view! { <p class="empty">"There is no token."</p> }.into_any()
        } else {
            view! { <ul class="rows">{rows.into_iter().map(TokenRow::view).collect_view()}</ul> }.into_any()
        };
        view! {
            <section aria-label="Tokens">
                {made}
                <div data-part="list">{list}</div>
                {form(&typed)}
            </section>
        }
        .into_any()
    }
}

fn form(typed: &Typed) -> AnyView {
    let field = |name, hint, most, is_required| Field { form: "token", name, hint, most, is_required };
    view! {
        <form method="post" action="/settings" id="token" class="editor" data-part="form" aria-labelledby="token-title">
            <h2 id="token-title">"Make a token"</h2>
            {hidden("view", "tokens")}
            <fieldset>
                {field("name", "What it is for.", 64, true).line(typed, None)}
                {field("role", "", 20, true).choice(typed, &ROLES)}
                {field("days", "Such as 90. When it is empty: until it is revoked.", 4, false).line(typed, None)}
            </fieldset>
            <p class="buttons"><button class="button main" name="do" value="token-add">"Make the token"</button></p>
        </form>
    }
    .into_any()
}

impl TokenRow {
    fn view(self) -> AnyView {
        let Self { id, name, role, standing, is_good, created, used, expires } = self;
        let revoke = is_good.then(|| {
            let spoken = format!("Revoke: the token {name}, {id}");
            view! {
                <form class="do" method="post" action="/settings" id=format!("token-{id}-revoke")>
                    {hidden("view", "tokens")}
                    {hidden("id", &id)}
                    <button class="button" name="do" value="token-revoke" aria-label=spoken>"Revoke"</button>
                </form>
            }
        });
        let standing = (!is_good).then(|| view! { <span class="mark">{standing}</span> });
        let used = match used {
            Some(used) => view! { "used "{moment(used)} }.into_any(),
            None => "never used".into_any(),
        };
        let expires = expires.map(|expires| view! { " · until "{moment(expires)} });
        view! {
            <li class="row" id=format!("token-{id}") data-off=(!is_good).then_some("")>
                <div class="what">
                    <p class="title">{name}<span class="mark on">{role}</span>{standing}</p>
                    <p class="facts"><code>{id.clone()}</code>" · made "{moment(created)}" · "{used}{expires}</p>
                </div>
                {revoke}
            </li>
        }
        .into_any()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fragments::words::Written;

    fn row(id: &str, is_good: bool) -> TokenRow {
        TokenRow {
            id: id.to_owned(),
            name: "<b>ci".to_owned(),
            role: "viewer",
            standing: if is_good { "good" } else { "revoked" }.to_owned(),
            is_good,
            created: Timestamp::from_millis(0),
            used: is_good.then_some(Timestamp::from_millis(60_000)),
            expires: is_good.then_some(Timestamp::from_millis(120_000)),
        }
    }

    #[test]
    fn a_token_can_be_taken_back_while_it_is_good() {
        let html =
            Tokens { rows: vec![row("a1", true), row("b2", false)], ..Tokens::default() }.view().html();
        let rows: Vec<&str> = html.split("<li").skip(1).collect();
        for part in
            ["value=\"token-revoke\"", "name=\"id\" value=\"a1\"", "00:01:00Z", "00:02:00Z", "&lt;b&gt;ci"]
        {
            assert!(rows[0].contains(part), "{part}: {}", rows[0]);
        }
        assert!(rows[1].contains(">revoked<") && rows[1].contains("never used"), "{}", rows[1]);
        assert!(!rows[1].split("</li>").next().unwrap().contains("<form"), "{}", rows[1]);
    }

    #[test]
    fn the_one_that_was_made_is_shown_once() {
        let html = Tokens { made: Some("wg_secret".to_owned()), ..Tokens::default() }.view().html();
        assert!(html.contains("<code>wg_secret</code>") && html.contains("There is no token."), "{html}");
        assert!(!Tokens::default().view().html().contains("token-made"));
    }
}
