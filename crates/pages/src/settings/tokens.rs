//! API tokens.

use crate::ui::{Field, FormValues, hidden_input, time_tag};
use app::url;
use leptos::prelude::*;
use watchglass_model::Timestamp;

/// Roles of tokens: form value and label.
const ROLES: [(&str, &str); 3] =
    [("viewer", "Viewer (read-only)"), ("ingest", "Ingest (write metrics)"), ("admin", "Admin")];

/// List of API tokens.
#[derive(Clone, Debug, Default)]
pub struct Tokens {
    /// Tokens, the newest first.
    pub rows: Vec<TokenRow>,
    /// Token that was just created: it is shown only once.
    pub created_token: Option<String>,
    /// Submitted form values.
    pub form_values: FormValues,
}

/// API token.
#[derive(Clone, Debug)]
pub struct TokenRow {
    /// Token id, used to revoke it.
    pub id: String,
    /// Name.
    pub name: String,
    /// Role.
    pub role: &'static str,
    /// Status: `good`, `expired`, `revoked`.
    pub status: String,
    /// Whether it is valid.
    pub is_valid: bool,
    /// When it was created.
    pub created: Timestamp,
    /// Last use, if there was one.
    pub last_used: Option<Timestamp>,
    /// When it expires, if it does.
    pub expires: Option<Timestamp>,
}

impl Tokens {
    pub(super) fn view(self) -> AnyView {
        let Self { rows, created_token: made, form_values: typed } = self;
        let made = made.map(|made| {
            view! {
                <div class="flash good" id="token-made">
                    <p>"Copy the token now, it will not be shown again:"</p>
                    <pre><code>{made}</code></pre>
                </div>
            }
        });
        let list = if rows.is_empty() {
            view! { <p class="empty">"No API tokens."</p> }.into_any()
        } else {
            view! { <ul class="rows">{rows.into_iter().map(TokenRow::view).collect_view()}</ul> }.into_any()
        };
        view! {
            <section aria-label="API tokens">
                {made}
                <div data-part="list">{list}</div>
                {form(&typed)}
            </section>
        }
        .into_any()
    }
}

fn form(typed: &FormValues) -> AnyView {
    let field =
        |name, hint, most, is_required| Field { form: "token", name, hint, max_length: most, is_required };
    view! {
        <form method="post" action=url("/settings") id="token" class="editor" data-part="form" aria-labelledby="token-title">
            <h2 id="token-title">"Create API token"</h2>
            {hidden_input("view", "tokens")}
            <fieldset>
                {field("name", "Such as the program that uses it.", 64, true).text_input(typed, None)}
                {field("role", "", 20, true).select(typed, &ROLES)}
                {field("days", "Such as 90. Empty: never.", 4, false).text_input(typed, None)}
            </fieldset>
            <p class="buttons"><button type="submit" class="button main" name="do" value="token-add">"Create"</button></p>
        </form>
    }
    .into_any()
}

impl TokenRow {
    fn view(self) -> AnyView {
        let Self { id, name, role, status: standing, is_valid: is_good, created, last_used: used, expires } =
            self;
        let revoke = is_good.then(|| {
            let spoken = format!("Revoke token {name} ({id})");
            view! {
                <form class="do" method="post" action=url("/settings") id=format!("token-{id}-revoke")>
                    {hidden_input("view", "tokens")}
                    {hidden_input("id", &id)}
                    <button type="submit" class="button" name="do" value="token-revoke" aria-label=spoken>"Revoke"</button>
                </form>
            }
        });
        let standing = (!is_good).then(|| view! { <span class="mark">{standing}</span> });
        let used = match used {
            Some(used) => view! { "last used "{time_tag(used)} }.into_any(),
            None => "never used".into_any(),
        };
        let expires = expires.map(|expires| view! { " · expires "{time_tag(expires)} });
        view! {
            <li class="row" id=format!("token-{id}") data-off=(!is_good).then_some("")>
                <div class="what">
                    <p class="title">{name}<span class="mark on">{role}</span>{standing}</p>
                    <p class="facts"><code>{id.clone()}</code>" · created "{time_tag(created)}" · "{used}{expires}</p>
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
    use crate::ui::StaticHtml;

    fn row(id: &str, is_good: bool) -> TokenRow {
        TokenRow {
            id: id.to_owned(),
            name: "<b>ci".to_owned(),
            role: "viewer",
            status: if is_good { "good" } else { "revoked" }.to_owned(),
            is_valid: is_good,
            created: Timestamp::from_millis(0),
            last_used: is_good.then_some(Timestamp::from_millis(60_000)),
            expires: is_good.then_some(Timestamp::from_millis(120_000)),
        }
    }

    #[test]
    fn valid_tokens_can_be_revoked() {
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
    fn created_token_is_shown() {
        let html = Tokens { created_token: Some("wg_secret".to_owned()), ..Tokens::default() }.view().html();
        assert!(html.contains("<code>wg_secret</code>") && html.contains("No API tokens."), "{html}");
        assert!(!Tokens::default().view().html().contains("token-made"));
    }
}
