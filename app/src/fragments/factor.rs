//! A second factor besides the password: switched on with an app, shown with its codes for when that is lost, switched off.

use super::Typed;
use super::words::{Field, count, hidden, moment, whose};
use leptos::prelude::*;
use watchglass_model::Timestamp;

/// How it is with the second factor of who looks at their account.
#[derive(Clone, Debug, Default)]
pub enum SecondFactor {
    /// There is none.
    #[default]
    Off,
    /// An app is to be told a secret.
    Begun {
        /// The secret, in groups of four.
        groups: String,
        /// For apps on the same device.
        uri: String,
    },
    /// It was switched on just now.
    Made {
        /// The codes for when the app is lost: they are shown this once.
        codes: Vec<String>,
    },
    /// It is asked for.
    On {
        /// Since when.
        since: Timestamp,
        /// How many codes are left for when the app is lost.
        left: usize,
    },
}

impl SecondFactor {
    /// `who` is the reader's name.
    pub(super) fn view(self, who: &str, typed: &Typed) -> AnyView {
        let inner = match self {
            Self::Off => off(),
            Self::Begun { groups, uri } => begun(groups, uri, (who, typed)),
            Self::Made { codes } => made(codes),
            Self::On { since, left } => on(since, left, (who, typed)),
        };
        view! { <h2 id="factor-title">"Second factor"</h2>{inner} }.into_any()
    }
}

fn field(form: &'static str, name: &'static str, hint: &'static str, most: u16) -> Field<'static> {
    Field { form, name, hint, most, is_required: true }
}

fn off() -> AnyView {
    view! {
        <p>"An app on your phone shows a code of six digits, which is asked for besides your password when you sign in."</p>
        <form method="post" action="/settings" id="factor-begin" data-part="factor">
            {hidden("view", "account")}
            <p class="buttons"><button class="button" name="do" value="factor-begin">"Switch it on"</button></p>
        </form>
    }
    .into_any()
}

fn begun(groups: String, uri: String, (who, typed): (&str, &Typed)) -> AnyView {
    let secret = groups.replace(' ', "");
    view! {
        <form method="post" action="/settings" id="factor" class="editor" data-part="factor" aria-labelledby="factor-title">
            {hidden("view", "account")}
            {whose(who)}
            {hidden("secret", &secret)}
            <p>"Tell your app this secret, as an account of its own with codes that follow the time:"</p>
            <pre><code>{groups}</code></pre>
            <p>"or, where the app is on this device, "<a href=uri.clone()>"open it there"</a>":"</p>
            <pre><code>{uri}</code></pre>
            <fieldset>
                {field("factor", "code", "The six digits that the app shows now.", 10).line(typed, None)}
                {field("factor", "password", "Your other sessions end.", 256).secret(typed, true)}
            </fieldset>
            <p class="buttons"><button class="button main" name="do" value="factor-on">"Switch it on"</button></p>
        </form>
    }
    .into_any()
}

fn made(codes: Vec<String>) -> AnyView {
    view! {
        <div class="said good" id="factor-made">
            <p>
                "These codes are for when the app is lost: each is good once, in place of one that the app shows. They are shown this once; keep
                them where your password is not:"
            </p>
            <pre><code>{codes.join("\n")}</code></pre>
        </div>
    }
    .into_any()
}

fn on(since: Timestamp, left: usize, (who, typed): (&str, &Typed)) -> AnyView {
    let typed = if typed.get("do") == Some("factor-off") { typed.clone() } else { Typed::default() };
    view! {
        <p class="facts">
            "On since "{moment(since)}" · "{count(left, "code", "codes")}" left for when the app is lost"
        </p>
        <form method="post" action="/settings" id="factor" class="editor" data-part="factor" aria-labelledby="factor-title">
            {hidden("view", "account")}
            {whose(who)}
            <fieldset>
                {field("factor", "code", "Six digits of the app, or a code for when it is lost.", 40).line(&typed, None)}
                {field("factor", "password", "", 256).secret(&typed, true)}
            </fieldset>
            <p class="buttons"><button class="button" name="do" value="factor-off">"Switch it off"</button></p>
        </form>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fragments::words::Written;

    #[test]
    fn each_state_shows_what_can_be_done_next() {
        let begun =
            SecondFactor::Begun { groups: "ABCD EFGH".to_owned(), uri: "otpauth://totp/x?a=b".to_owned() };
        let made = SecondFactor::Made { codes: vec!["abcd-efgh".to_owned()] };
        let on = SecondFactor::On { since: Timestamp::from_millis(60_000), left: 7 };
        for (state, parts) in [
            (SecondFactor::Off, ["value=\"factor-begin\"", "name=\"view\" value=\"account\""]),
            (begun, ["name=\"secret\" value=\"ABCDEFGH\"", "<code>ABCD EFGH</code>"]),
            (made, ["<code>abcd-efgh</code>", "shown this once"]),
            (on, ["value=\"factor-off\"", "7\u{a0}codes"]),
        ] {
            let html = state.view("ada", &Typed::default()).html();
            for part in parts {
                assert!(html.contains(part), "{part}: {html}");
            }
            assert!(!html.contains("style=") && !html.contains(" onclick"), "{html}");
        }
    }

    #[test]
    fn a_code_is_typed_anew_for_what_it_was_not_typed_for() {
        let typed = [("do", "factor-off"), ("code", "123456"), ("password", "sesame-99")];
        let typed = typed.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let html = SecondFactor::On { since: Timestamp::default(), left: 0 }
            .view("ada", &Typed::new(typed, Some("code")))
            .html();
        assert!(html.contains("aria-invalid=\"true\"") && !html.contains("sesame"), "{html}");
    }
}
