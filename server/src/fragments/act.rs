//! What forms ask for: done, and answered with the view that shows it. A view by itself never changes anything.

use super::fields::{Fields, Refusal};
use super::{ALERTS, Ask, Shown, Visit, alert_acts, render, rule_acts, told};
use app::fragments::{Past, Said};
use axum::http::StatusCode;

/// What a form can ask for: the field `do`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Do {
    Acknowledge,
    Withdraw,
    Silence,
    EndSilence,
    RuleSave,
    RuleEnable,
    RuleDisable,
    RuleDelete,
    RulePreview,
    ChannelTest,
    Resend,
}

const ALL: [Do; 11] = [
    Do::Acknowledge,
    Do::Withdraw,
    Do::Silence,
    Do::EndSilence,
    Do::RuleSave,
    Do::RuleEnable,
    Do::RuleDisable,
    Do::RuleDelete,
    Do::RulePreview,
    Do::ChannelTest,
    Do::Resend,
];

impl Do {
    /// Its word in a form and in an address.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Acknowledge => "acknowledge",
            Self::Withdraw => "withdraw",
            Self::Silence => "silence",
            Self::EndSilence => "end-silence",
            Self::RuleSave => "rule-save",
            Self::RuleEnable => "rule-enable",
            Self::RuleDisable => "rule-disable",
            Self::RuleDelete => "rule-delete",
            Self::RulePreview => "rule-preview",
            Self::ChannelTest => "channel-test",
            Self::Resend => "resend",
        }
    }

    /// What has that word.
    pub(super) fn from_word(word: &str) -> Option<Self> {
        ALL.into_iter().find(|one| one.word() == word)
    }

    /// What is said once it is done.
    pub(super) const fn sentence(self) -> &'static str {
        match self {
            Self::Acknowledge => "It is acknowledged: it is neither repeated nor escalated until it is over.",
            Self::Withdraw => "Nobody looks after it any more: repeats and escalation count from now.",
            Self::Silence => "It is silenced: it is recorded, and not told.",
            Self::EndSilence => "The silence is over: what fires is told again.",
            Self::RuleSave => "The rule is saved and holds from now on.",
            Self::RuleEnable => "The rule is judged from now on.",
            Self::RuleDisable => "The rule is switched off: what it found is over.",
            Self::RuleDelete => "The rule is removed, or is as it comes with the program again.",
            Self::RulePreview => "Nothing was changed: this is what the rule would have done.",
            Self::ChannelTest => "A test message went out, and the other side took it.",
            Self::Resend => "The message is sent again.",
        }
    }

    /// The view that its form is in.
    fn view(self, fields: &Fields) -> Ask {
        let usual = match self {
            Self::RuleSave | Self::RuleDelete | Self::RulePreview => {
                return Ask::Rule { id: fields.has("known").then(|| fields.get("id").to_owned()) };
            }
            Self::Acknowledge | Self::Withdraw => Ask::Active { rule: None },
            Self::Silence if fields.has("labels") => Ask::Active { rule: None },
            Self::Silence | Self::EndSilence => Ask::Silences,
            Self::RuleEnable | Self::RuleDisable => Ask::Rules,
            Self::ChannelTest => Ask::Channels,
            Self::Resend => Ask::Deliveries,
        };
        Ask::from_view(fields.get("view")).unwrap_or(usual)
    }
}

/// What was done, and what is shown then.
#[derive(Debug, Default)]
pub(super) struct Done {
    /// Another view than that of the form.
    pub(super) then: Option<Ask>,
    /// What a rule would have done. Then nothing was changed, and what was typed stays.
    pub(super) past: Option<Past>,
}

/// The answer to a form.
#[derive(Debug)]
pub(crate) struct Answer {
    /// 200, or why it was not done.
    pub(crate) status: StatusCode,
    /// The view, with what is said of it.
    pub(crate) html: String,
    /// Address of that view.
    pub(crate) address: String,
    /// Where a browser without scripts is sent: what was done must not be done again when the page is loaded again.
    pub(crate) go_on: Option<String>,
}

/// Does what a form asks for. Blocks for the disk, the outbox, or a channel that is tried.
pub(crate) fn act(visit: &Visit, fields: &Fields) -> Answer {
    let core = visit.core.as_ref();
    let word = fields.get("do");
    // One press silences for a while that the button names.
    let (what, length) = match word.strip_prefix("silence-") {
        Some(length) => (Some(Do::Silence), Some(length)),
        None => (Do::from_word(word), None),
    };
    let Some(what) = what else {
        let shown: String = word.chars().take(40).collect();
        let known = ALL.map(Do::word).join(", ");
        let refusal =
            Refusal::field("do", &format!("{shown:?} is nothing that can be done: there are {known}"));
        let view = Ask::from_view(fields.get("view")).unwrap_or(Ask::Active { rule: None });
        return refused(visit, fields, view, refusal);
    };
    let done = match what {
        Do::Acknowledge => alert_acts::acknowledge(visit, fields),
        Do::Withdraw => alert_acts::withdraw(visit, fields),
        Do::Silence => alert_acts::silence(visit, fields, length),
        Do::EndSilence => alert_acts::end_silence(visit, fields),
        Do::RuleSave => rule_acts::save(visit, fields),
        Do::RuleEnable => rule_acts::switch(visit, fields, true),
        Do::RuleDisable => rule_acts::switch(visit, fields, false),
        Do::RuleDelete => rule_acts::delete(visit, fields),
        Do::RulePreview => rule_acts::preview(core, fields),
        Do::ChannelTest => told::test(visit, fields),
        Do::Resend => told::resend(visit, fields),
    };
    let view = what.view(fields);
    match done {
        Err(refusal) => refused(visit, fields, view, refusal),
        Ok(Done { then, past }) => {
            let said = Some(Said { text: what.sentence().to_owned(), is_good: true });
            let view = then.unwrap_or(view);
            let go_on = past.is_none().then(|| view.address(Some(what)));
            let typed = past.is_some().then(|| fields.typed(None));
            answer(visit, StatusCode::OK, &view, Shown { said, typed, past }, go_on)
        }
    }
}

/// Says why it is not done; what was typed stays.
fn refused(visit: &Visit, fields: &Fields, view: Ask, refusal: Refusal) -> Answer {
    let Refusal { status, text, field } = refusal;
    let said = Some(Said { text: format!("Not done: {text}"), is_good: false });
    let typed = Some(fields.typed(field));
    answer(visit, status, &view, Shown { said, typed, past: None }, None)
}

fn answer(visit: &Visit, status: StatusCode, view: &Ask, shown: Shown, go_on: Option<String>) -> Answer {
    let said = shown.said.clone();
    // A rule that is gone has no view; the list shows that.
    let (html, address) = match render(visit, view, shown) {
        Ok(html) => (html, view.address(None)),
        Err(_) => {
            let list = render(visit, &Ask::Rules, Shown { said, ..Shown::default() });
            (list.unwrap_or_default(), Ask::Rules.address(None))
        }
    };
    debug_assert!(address.starts_with(ALERTS));
    Answer { status, html, address, go_on }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_its_word() {
        for one in ALL {
            assert_eq!(Do::from_word(one.word()), Some(one));
            assert!(one.sentence().ends_with('.'), "{one:?}");
        }
        assert_eq!(Do::from_word("nothing"), None);
    }

    #[test]
    fn a_form_leads_back_to_its_view() {
        let view = |what: Do, fields: &[(&str, &str)]| {
            let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            what.view(&Fields::new(fields.collect()))
        };
        let rule = |id: &str| Ask::Rule { id: Some(id.to_owned()) };
        for (what, fields, expected) in [
            (Do::Silence, &[("labels", "{}")][..], Ask::Active { rule: None }),
            (Do::Silence, &[("matchers", "a = b")][..], Ask::Silences),
            (Do::EndSilence, &[("view", "active")][..], Ask::Active { rule: None }),
            (Do::RuleSave, &[("id", "a"), ("known", "yes"), ("view", "rules")][..], rule("a")),
            (Do::RuleSave, &[("id", "a")][..], Ask::Rule { id: None }),
            (Do::Resend, &[("view", "nonsense")][..], Ask::Deliveries),
        ] {
            assert_eq!(view(what, fields), expected, "{what:?} {fields:?}");
        }
    }
}
