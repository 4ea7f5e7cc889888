//! Two-factor authentication of the user's own account: enrolment, recovery codes, removal.

use crate::ui::{Field, FormValues, hidden_input, pluralize, time_tag, username_input};
use app::url;
use leptos::prelude::*;
use watchglass_model::Timestamp;

/// State of the user's two-factor authentication.
#[derive(Clone, Debug, Default)]
pub enum SecondFactor {
    /// Disabled.
    #[default]
    Disabled,
    /// Enrolment has begun: the authenticator app needs the key.
    Enrolling {
        /// Key in groups of four characters.
        groups: String,
        /// `otpauth:` URI, for apps on the same device.
        uri: String,
    },
    /// Just enabled.
    JustEnabled {
        /// Recovery codes: they are shown only once.
        codes: Vec<String>,
    },
    /// Enabled.
    Enabled {
        /// When it was enabled.
        since: Timestamp,
        /// Number of recovery codes left.
        left: usize,
    },
}

impl SecondFactor {
    /// `who` is the user's name.
    pub(super) fn view(self, who: &str, typed: &FormValues) -> AnyView {
        let inner = match self {
            Self::Disabled => disabled_view(),
            Self::Enrolling { groups, uri } => enrolment_form(groups, uri, (who, typed)),
            Self::JustEnabled { codes } => recovery_codes(codes),
            Self::Enabled { since, left } => enabled_view(since, left, (who, typed)),
        };
        view! { <h2 id="factor-title">"Two-factor authentication"</h2>{inner} }.into_any()
    }
}

fn field(form: &'static str, name: &'static str, hint: &'static str, most: u16) -> Field<'static> {
    Field { form, name, hint, max_length: most, is_required: true }
}

fn disabled_view() -> AnyView {
    view! {
        <p>"An authenticator app shows a 6-digit code, which you enter with your password when you sign in."</p>
        <form method="post" action=url("/settings") id="factor-begin" data-part="factor">
            {hidden_input("view", "account")}
            <p class="buttons"><button type="submit" class="button" name="do" value="factor-begin">"Enable"</button></p>
        </form>
    }
    .into_any()
}

fn enrolment_form(groups: String, uri: String, (who, typed): (&str, &FormValues)) -> AnyView {
    let secret = groups.replace(' ', "");
    view! {
        <form method="post" action=url("/settings") id="factor" class="editor" data-part="factor" aria-labelledby="factor-title">
            {hidden_input("view", "account")}
            {username_input(who)}
            {hidden_input("secret", &secret)}
            <p>"Enter this key in your authenticator app (TOTP):"</p>
            <pre><code>{groups}</code></pre>
            <p>"Or, if the app is on this device, "<a href=uri.clone()>"open it there"</a>":"</p>
            <pre><code>{uri}</code></pre>
            <fieldset>
                {field("factor", "code", "Current 6-digit code of the app.", 10).text_input(typed, None)}
                {field("factor", "password", "Other sessions will be signed out.", 256).password_input(typed, true)}
            </fieldset>
            <p class="buttons"><button type="submit" class="button main" name="do" value="factor-on">"Enable"</button></p>
        </form>
    }
    .into_any()
}

fn recovery_codes(codes: Vec<String>) -> AnyView {
    view! {
        <div class="flash good" id="factor-made">
            <p>
                "Recovery codes: each works once in place of an app code. Copy them now, they will not be shown again. Keep them apart
                from your password:"
            </p>
            <pre><code>{codes.join("\n")}</code></pre>
        </div>
    }
    .into_any()
}

fn enabled_view(since: Timestamp, left: usize, (who, typed): (&str, &FormValues)) -> AnyView {
    let typed = if typed.get("do") == Some("factor-off") { typed.clone() } else { FormValues::default() };
    view! {
        <p class="facts">
            "Enabled "{time_tag(since)}" · "{pluralize(left, "recovery code", "recovery codes")}" left"
        </p>
        <form method="post" action=url("/settings") id="factor" class="editor" data-part="factor" aria-labelledby="factor-title">
            {hidden_input("view", "account")}
            {username_input(who)}
            <fieldset>
                {field("factor", "code", "6-digit code of the app, or a recovery code.", 40).text_input(&typed, None)}
                {field("factor", "password", "", 256).password_input(&typed, true)}
            </fieldset>
            <p class="buttons"><button type="submit" class="button" name="do" value="factor-off">"Disable"</button></p>
        </form>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::StaticHtml;

    #[test]
    fn each_state_shows_its_next_action() {
        let begun = SecondFactor::Enrolling {
            groups: "ABCD EFGH".to_owned(),
            uri: "otpauth://totp/x?a=b".to_owned(),
        };
        let made = SecondFactor::JustEnabled { codes: vec!["abcd-efgh".to_owned()] };
        let on = SecondFactor::Enabled { since: Timestamp::from_millis(60_000), left: 7 };
        for (state, parts) in [
            (SecondFactor::Disabled, ["value=\"factor-begin\"", "name=\"view\" value=\"account\""]),
            (begun, ["name=\"secret\" value=\"ABCDEFGH\"", "<code>ABCD EFGH</code>"]),
            (made, ["<code>abcd-efgh</code>", "will not be shown again"]),
            (on, ["value=\"factor-off\"", "7\u{a0}recovery codes"]),
        ] {
            let html = state.view("ada", &FormValues::default()).html();
            for part in parts {
                assert!(html.contains(part), "{part}: {html}");
            }
            assert!(!html.contains("style=") && !html.contains(" onclick"), "{html}");
        }
    }

    #[test]
    fn password_is_not_shown_again() {
        let typed = [("do", "factor-off"), ("code", "123456"), ("password", "sesame-99")];
        let typed = typed.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let html = SecondFactor::Enabled { since: Timestamp::default(), left: 0 }
            .view("ada", &FormValues::new(typed, Some("code")))
            .html();
        assert!(html.contains("aria-invalid=\"true\"") && !html.contains("sesame"), "{html}");
    }
}
