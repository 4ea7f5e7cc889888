//! Account of the signed-in user: password, sessions, sign-out.

use super::sessions::list;
use super::{SecondFactor, SessionRow};
use crate::ui::{Field, FormValues, hidden_input, username_input};
use app::url;
use leptos::prelude::*;

/// Account of the signed-in user.
#[derive(Clone, Debug, Default)]
pub struct Account {
    /// User or token name.
    pub name: String,
    /// Role.
    pub role: &'static str,
    /// Whether it is a signed-in user and not an API token.
    pub is_user: bool,
    /// Sessions of the user.
    pub sessions: Vec<SessionRow>,
    /// State of two-factor authentication.
    pub second_factor: SecondFactor,
    /// Submitted form values.
    pub form_values: FormValues,
}

impl Account {
    pub(super) fn view(self) -> AnyView {
        let Self { name, role, is_user: is_person, sessions, second_factor: factor, form_values: typed } =
            self;
        let who = view! {
            <p class="lead">"Signed in as "<b>{name.clone()}</b>" (role: "<b>{role}</b>")"</p>
        };
        if !is_person {
            return view! {
                <section aria-label="Your account">{who}<p>"API tokens have no password and no sessions."</p></section>
            }
            .into_any();
        }
        let field = |name, hint| Field { form: "own", name, hint, max_length: 256, is_required: true };
        view! {
            <section aria-label="Your account">
                {who}
                // It leaves this page: with a target, the client leaves it to the browser.
                <form method="post" action=url("/api/logout") id="sign-out" target="_self">
                    <p class="buttons"><button type="submit" class="button">"Sign out"</button></p>
                </form>
                <h2>"Active sessions"</h2>
                {list(sessions, "account")}
                <form method="post" action=url("/settings") id="own" class="editor" data-part="form" aria-labelledby="own-title">
                    <h2 id="own-title">"Change password"</h2>
                    {hidden_input("view", "account")}
                    {username_input(&name)}
                    <fieldset>
                        {field("old", "").password_input(&typed, true)}
                        {field("new", "8–256 bytes. Other sessions will be signed out.").password_input(&typed, false)}
                    </fieldset>
                    <p class="buttons"><button type="submit" class="button main" name="do" value="password">"Change password"</button></p>
                </form>
                {factor.view(&name, &typed)}
            </section>
        }
        .into_any()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::StaticHtml;

    #[test]
    fn users_have_a_password_form_and_tokens_have_none() {
        let account =
            Account { name: "<ada>".to_owned(), role: "viewer", is_user: true, ..Account::default() };
        let html = account.clone().view().html();
        for part in
            ["&lt;ada&gt;", "action=\"/api/logout\"", "target=\"_self\"", "name=\"old\"", "name=\"new\""]
        {
            assert!(html.contains(part), "{part}: {html}");
        }
        let html = Account { is_user: false, ..account }.view().html();
        assert!(!html.contains("<form"), "{html}");
    }
}
