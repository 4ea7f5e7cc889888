//! Users, with the actions of an administrator.

use crate::ui::{Field, FormValues, hidden_input, pluralize, time_tag, username_input};
use app::url;
use leptos::prelude::*;
use watchglass_model::Timestamp;

/// Roles of users: form value and label.
const ROLES: [(&str, &str); 2] = [("viewer", "Viewer (read-only)"), ("admin", "Admin")];

/// List of users.
#[derive(Clone, Debug, Default)]
pub struct Users {
    /// Users by name.
    pub rows: Vec<UserRow>,
    /// Submitted form values.
    pub form_values: FormValues,
}

/// User.
#[derive(Clone, Debug)]
pub struct UserRow {
    /// Unique user name.
    pub name: String,
    /// Whether the user is an administrator; otherwise a viewer.
    pub is_admin: bool,
    /// Whether the user is disabled and cannot sign in.
    pub is_disabled: bool,
    /// Whether it is the signed-in user.
    pub is_current_user: bool,
    /// When the user was created.
    pub created: Timestamp,
    /// Number of active sessions.
    pub sessions: usize,
    /// Whether two-factor authentication is enabled.
    pub has_second_factor: bool,
}

impl Users {
    pub(super) fn view(self) -> AnyView {
        let Self { rows, form_values: typed } = self;
        let new = if typed.get("do") == Some("user-add") { typed.clone() } else { FormValues::default() };
        let rows = rows.into_iter().map(|row| row.view(&typed)).collect_view();
        view! {
            <section aria-label="Users">
                <ul class="rows" data-part="list">{rows}</ul>
                {form(&new)}
            </section>
        }
        .into_any()
    }
}

fn form(typed: &FormValues) -> AnyView {
    let field = |name, hint, most| Field { form: "user", name, hint, max_length: most, is_required: true };
    view! {
        <form method="post" action=url("/settings") id="user" class="editor" data-part="form" aria-labelledby="user-title">
            <h2 id="user-title">"Add user"</h2>
            {hidden_input("view", "users")}
            <fieldset>
                {field("name", "Username: letters a to z, digits and any of .-_@", 64).text_input(typed, None)}
                {field("role", "", 20).select(typed, &ROLES)}
                {field("password", "8–256 bytes. The user can change it after signing in.", 256).password_input(typed, false)}
            </fieldset>
            <p class="buttons"><button type="submit" class="button main" name="do" value="user-add">"Create"</button></p>
        </form>
    }
    .into_any()
}

impl UserRow {
    fn view(self, typed: &FormValues) -> AnyView {
        let Self {
            name,
            is_admin,
            is_disabled,
            is_current_user: is_reader,
            created,
            sessions,
            has_second_factor: has_factor,
        } = self;
        let is_typed = typed.get("do") == Some("user-password") && typed.get("name") == Some(name.as_str());
        let typed = if is_typed { typed.clone() } else { FormValues::default() };
        let role = if is_admin { "admin" } else { "viewer" };
        let button = |what: &'static str, word: &'static str| {
            let spoken = format!("{word}: {name}");
            view! { <button type="submit" class="button" name="do" value=what aria-label=spoken>{word}</button> }.into_any()
        };
        let switch =
            if is_disabled { button("user-enable", "Enable") } else { button("user-disable", "Disable") };
        let role_button =
            if is_admin { button("user-viewer", "Make viewer") } else { button("user-admin", "Make admin") };
        let password = Field {
            form: &format!("user-{name}"),
            name: "password",
            hint: "Signs the user out everywhere.",
            max_length: 256,
            is_required: true,
        };
        let marks =
            [is_disabled.then_some("Disabled"), is_reader.then_some("You"), has_factor.then_some("2FA")];
        let factor_off = has_factor.then(|| button("user-factor-off", "Remove 2FA"));
        let marks = marks.into_iter().flatten().map(|word| view! { <span class="mark">{word}</span> });
        view! {
            <li class="row" id=format!("user-row-{name}") data-off=is_disabled.then_some("")>
                <div class="what">
                    <p class="title">{name.clone()}<span class="mark on">{role}</span>{marks.collect_view()}</p>
                    <p class="facts">"created "{time_tag(created)}" · "{pluralize(sessions, "session", "sessions")}</p>
                    <details class="act" id=format!("user-{name}-act") open=is_typed>
                        <summary>"Set password"</summary>
                        <form method="post" action=url("/settings") id=format!("user-{name}-form")>
                            {hidden_input("view", "users")}
                            {hidden_input("name", &name)}
                            {username_input(&name)}
                            {password.password_input(&typed, false)}
                            <p class="buttons">
                                <button type="submit" class="button" name="do" value="user-password">"Set password"</button>
                            </p>
                        </form>
                    </details>
                </div>
                <form class="do" method="post" action=url("/settings") id=format!("user-{name}-switch")>
                    {hidden_input("view", "users")}
                    {hidden_input("name", &name)}
                    {factor_off}
                    {role_button}
                    {switch}
                </form>
            </li>
        }
        .into_any()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::StaticHtml;

    fn row(name: &str, is_admin: bool, is_disabled: bool) -> UserRow {
        let created = Timestamp::from_millis(60_000);
        UserRow {
            name: name.to_owned(),
            is_admin,
            is_disabled,
            is_current_user: is_admin,
            created,
            sessions: 2,
            has_second_factor: is_admin,
        }
    }

    #[test]
    fn each_user_has_the_actions_for_their_state() {
        let rows = vec![row("ada", true, false), row("bob", false, true)];
        let html = Users { rows, ..Users::default() }.view().html().replace('\u{a0}', " ");
        let rows: Vec<&str> = html.split("<li").skip(1).collect();
        for (row, part) in [
            (0, ">admin<"),
            (0, ">You<"),
            (0, "value=\"user-viewer\""),
            (0, "value=\"user-disable\""),
            (0, "2 sessions"),
            (0, ">2FA<"),
            (0, "value=\"user-factor-off\""),
            (0, "1970-01-01T00:01:00Z"),
            (1, ">viewer<"),
            (1, ">Disabled<"),
            (1, "value=\"user-admin\""),
            (1, "value=\"user-enable\""),
            (1, "type=\"hidden\" name=\"name\" value=\"bob\""),
        ] {
            assert!(rows[row].contains(part), "{part}: {}", rows[row]);
        }
        assert!(!rows[1].contains("user-factor-off"), "{html}");
        assert!(!html.contains("-act\" open") && html.contains("value=\"user-add\""), "{html}");
    }

    #[test]
    fn submitted_values_stay_except_passwords() {
        let typed = |what: &str, name: &str| {
            let fields = [("do", what), ("name", name), ("password", "sesame-99"), ("role", "admin")];
            let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned()));
            FormValues::new(fields.to_vec(), Some("password"))
        };
        for (what, name) in [("user-add", "<eve>"), ("user-password", "bob")] {
            let rows = vec![row("ada", true, false), row("bob", false, false)];
            let html = Users { rows, form_values: typed(what, name) }.view().html();
            assert!(!html.contains("sesame") && !html.contains("<eve>"), "{html}");
            assert_eq!(html.matches("aria-invalid=\"true\"").count(), 1, "{html}");
            assert_eq!(html.contains("value=\"&lt;eve&gt;\""), what == "user-add", "{html}");
            assert_eq!(html.contains("id=\"user-bob-act\" open"), what == "user-password", "{html}");
        }
    }
}
