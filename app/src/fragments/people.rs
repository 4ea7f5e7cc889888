//! People who sign in, and what an administrator does about them.

use super::Typed;
use super::words::{Field, count, hidden, moment, whose};
use leptos::prelude::*;
use watchglass_model::Timestamp;

/// The roles that people can have, and what they mean.
const ROLES: [(&str, &str); 2] =
    [("viewer", "viewer: sees everything"), ("admin", "admin: changes everything")];

/// The people.
#[derive(Clone, Debug, Default)]
pub struct People {
    /// By name.
    pub rows: Vec<PersonRow>,
    /// What was typed into a form.
    pub typed: Typed,
}

/// A person.
#[derive(Clone, Debug)]
pub struct PersonRow {
    /// The name, which no other person has.
    pub name: String,
    /// Whether it is an administrator; a viewer otherwise.
    pub is_admin: bool,
    /// Whether signing in is forbidden.
    pub is_disabled: bool,
    /// Whether it is who looks at the list.
    pub is_reader: bool,
    /// Since when there is this person.
    pub created: Timestamp,
    /// In how many browsers they are signed in.
    pub sessions: usize,
    /// Whether a second factor is asked for.
    pub has_factor: bool,
}

impl People {
    pub(super) fn view(self) -> AnyView {
        let Self { rows, typed } = self;
        let new = if typed.get("do") == Some("user-add") { typed.clone() } else { Typed::default() };
        let rows = rows.into_iter().map(|row| row.view(&typed)).collect_view();
        view! {
            <section aria-label="People">
                <ul class="rows" data-part="list">{rows}</ul>
                {form(&new)}
            </section>
        }
        .into_any()
    }
}

fn form(typed: &Typed) -> AnyView {
    let field = |name, hint, most| Field { form: "user", name, hint, most, is_required: true };
    view! {
        <form method="post" action="/settings" id="user" class="editor" data-part="form" aria-labelledby="user-title">
            <h2 id="user-title">"Add a person"</h2>
            {hidden("view", "people")}
            <fieldset>
                {field("name", "By which they sign in: letters a to z, digits and any of .-_@", 64).line(typed, None)}
                {field("role", "", 20).choice(typed, &ROLES)}
                {field("password", "8 to 256 bytes. They can change it once they are signed in.", 256).secret(typed, false)}
            </fieldset>
            <p class="buttons"><button class="button main" name="do" value="user-add">"Add the person"</button></p>
        </form>
    }
    .into_any()
}

impl PersonRow {
    fn view(self, typed: &Typed) -> AnyView {
        let Self { name, is_admin, is_disabled, is_reader, created, sessions, has_factor } = self;
        let is_typed = typed.get("do") == Some("user-password") && typed.get("name") == Some(name.as_str());
        let typed = if is_typed { typed.clone() } else { Typed::default() };
        let role = if is_admin { "admin" } else { "viewer" };
        let button = |what: &'static str, word: &'static str| {
            let spoken = format!("{word}: {name}");
            view! { <button class="button" name="do" value=what aria-label=spoken>{word}</button> }.into_any()
        };
        let switch =
            if is_disabled { button("user-enable", "Enable") } else { button("user-disable", "Disable") };
        let rank = if is_admin {
            button("user-viewer", "Make viewer")
        } else {
            button("user-admin", "Make administrator")
        };
        let password = Field {
            form: &format!("user-{name}"),
            name: "password",
            hint: "All their sessions end.",
            most: 256,
            is_required: true,
        };
        let marks = [
            is_disabled.then_some("Disabled"),
            is_reader.then_some("You"),
            has_factor.then_some("Second factor"),
        ];
        let factor_off = has_factor.then(|| button("user-factor-off", "Remove second factor"));
        let marks = marks.into_iter().flatten().map(|word| view! { <span class="mark">{word}</span> });
        view! {
            <li class="row" id=format!("user-row-{name}") data-off=is_disabled.then_some("")>
                <div class="what">
                    <p class="title">{name.clone()}<span class="mark on">{role}</span>{marks.collect_view()}</p>
                    <p class="facts">"since "{moment(created)}" · "{count(sessions, "session", "sessions")}</p>
                    <details class="act" id=format!("user-{name}-act") open=is_typed>
                        <summary>"Set a password"</summary>
                        <form method="post" action="/settings" id=format!("user-{name}-form")>
                            {hidden("view", "people")}
                            {hidden("name", &name)}
                            {whose(&name)}
                            {password.secret(&typed, false)}
                            <p class="buttons">
                                <button class="button" name="do" value="user-password">"Set the password"</button>
                            </p>
                        </form>
                    </details>
                </div>
                <form class="do" method="post" action="/settings" id=format!("user-{name}-switch")>
                    {hidden("view", "people")}
                    {hidden("name", &name)}
                    {factor_off}
                    {rank}
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
    use crate::fragments::words::Written;

    fn row(name: &str, is_admin: bool, is_disabled: bool) -> PersonRow {
        let created = Timestamp::from_millis(60_000);
        PersonRow {
            name: name.to_owned(),
            is_admin,
            is_disabled,
            is_reader: is_admin,
            created,
            sessions: 2,
            has_factor: is_admin,
        }
    }

    #[test]
    fn each_person_can_be_changed_into_what_they_are_not() {
        let rows = vec![row("ada", true, false), row("bob", false, true)];
        let html = People { rows, ..People::default() }.view().html().replace('\u{a0}', " ");
        let rows: Vec<&str> = html.split("<li").skip(1).collect();
        for (row, part) in [
            (0, ">admin<"),
            (0, ">You<"),
            (0, "value=\"user-viewer\""),
            (0, "value=\"user-disable\""),
            (0, "2 sessions"),
            (0, ">Second factor<"),
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
    fn what_was_typed_stays_where_it_was_but_for_passwords() {
        let typed = |what: &str, name: &str| {
            let fields = [("do", what), ("name", name), ("password", "sesame-99"), ("role", "admin")];
            let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned()));
            Typed::new(fields.to_vec(), Some("password"))
        };
        for (what, name) in [("user-add", "<eve>"), ("user-password", "bob")] {
            let rows = vec![row("ada", true, false), row("bob", false, false)];
            let html = People { rows, typed: typed(what, name) }.view().html();
            assert!(!html.contains("sesame") && !html.contains("<eve>"), "{html}");
            assert_eq!(html.matches("aria-invalid=\"true\"").count(), 1, "{html}");
            assert_eq!(html.contains("value=\"&lt;eve&gt;\""), what == "user-add", "{html}");
            assert_eq!(html.contains("id=\"user-bob-act\" open"), what == "user-password", "{html}");
        }
    }
}
