//! Form actions of the alerts page, and the response: the view that shows the result. Rendering a view changes nothing.

use super::form_fields::{FormError, FormFields};
use super::{
    ALERTS_PATH, AlertsView, FormOutcome, PageContext, alert_actions, deliveries, render_alerts_page,
    rule_actions,
};
use axum::http::StatusCode;
use watchglass_pages::alerts::RulePreview;
use watchglass_pages::ui::FlashMessage;

/// Form action: the field `do`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AlertsAction {
    Acknowledge,
    Unacknowledge,
    Silence,
    ExpireSilence,
    RuleSave,
    RuleEnable,
    RuleDisable,
    RuleDelete,
    RulePreview,
    ChannelTest,
    Resend,
}

const ALL: [AlertsAction; 11] = [
    AlertsAction::Acknowledge,
    AlertsAction::Unacknowledge,
    AlertsAction::Silence,
    AlertsAction::ExpireSilence,
    AlertsAction::RuleSave,
    AlertsAction::RuleEnable,
    AlertsAction::RuleDisable,
    AlertsAction::RuleDelete,
    AlertsAction::RulePreview,
    AlertsAction::ChannelTest,
    AlertsAction::Resend,
];

impl AlertsAction {
    /// Name in forms and URLs.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Acknowledge => "acknowledge",
            Self::Unacknowledge => "withdraw",
            Self::Silence => "silence",
            Self::ExpireSilence => "end-silence",
            Self::RuleSave => "rule-save",
            Self::RuleEnable => "rule-enable",
            Self::RuleDisable => "rule-disable",
            Self::RuleDelete => "rule-delete",
            Self::RulePreview => "rule-preview",
            Self::ChannelTest => "channel-test",
            Self::Resend => "resend",
        }
    }

    /// Action with that name.
    pub(super) fn from_name(word: &str) -> Option<Self> {
        ALL.into_iter().find(|one| one.name() == word)
    }

    /// Success message.
    pub(super) const fn success_message(self) -> &'static str {
        match self {
            Self::Acknowledge => "Acknowledged. No repeats or escalations until it resolves.",
            Self::Unacknowledge => "Acknowledgement removed. Repeats and escalations count from now.",
            Self::Silence => "Silenced. The alert stays recorded but sends no notifications.",
            Self::ExpireSilence => "Silence expired. Firing alerts send notifications again.",
            Self::RuleSave => "Rule saved.",
            Self::RuleEnable => "Rule enabled.",
            Self::RuleDisable => "Rule disabled; its alerts were resolved.",
            Self::RuleDelete => "Rule deleted or reset to default.",
            Self::RulePreview => "Preview only, not saved.",
            Self::ChannelTest => "Test sent: the receiver accepted it.",
            Self::Resend => "Notification queued to be resent.",
        }
    }

    /// View of its form.
    fn view(self, fields: &FormFields) -> AlertsView {
        let default = match self {
            Self::RuleSave | Self::RuleDelete | Self::RulePreview => {
                return AlertsView::Rule {
                    id: fields.contains("known").then(|| fields.get("id").to_owned()),
                };
            }
            Self::Acknowledge | Self::Unacknowledge => AlertsView::Active { rule: None },
            Self::Silence if fields.contains("labels") => AlertsView::Active { rule: None },
            Self::Silence | Self::ExpireSilence => AlertsView::Silences,
            Self::RuleEnable | Self::RuleDisable => AlertsView::Rules,
            Self::ChannelTest => AlertsView::Channels,
            Self::Resend => AlertsView::Deliveries,
        };
        AlertsView::from_view(fields.get("view")).unwrap_or(default)
    }
}

/// Result of a successful action.
#[derive(Debug, Default)]
pub(super) struct ActionResult {
    /// View to show next, if it is not that of the form.
    pub(super) next_view: Option<AlertsView>,
    /// Preview of a rule. Then nothing was changed, and the form values stay.
    pub(super) preview: Option<RulePreview>,
}

/// Response to a form.
#[derive(Debug)]
pub(crate) struct FormResponse {
    /// 200, or the status of the error.
    pub(crate) status: StatusCode,
    /// View with the success or error message.
    pub(crate) html: String,
    /// URL of that view.
    pub(crate) location: String,
    /// Redirect target for browsers without scripts (post/redirect/get): reloading must not repeat the action.
    pub(crate) redirect_to: Option<String>,
}

/// Runs a form action. Blocks on the disk, the outbox or a channel test.
pub(crate) fn run_action(context: &PageContext, fields: &FormFields) -> FormResponse {
    let state = &context.state;
    let word = fields.get("do");
    // A silence button names its duration.
    let (what, length) = match word.strip_prefix("silence-") {
        Some(length) => (Some(AlertsAction::Silence), Some(length)),
        None => (AlertsAction::from_name(word), None),
    };
    let Some(what) = what else {
        let shown: String = word.chars().take(40).collect();
        let known = ALL.map(AlertsAction::name).join(", ");
        let refusal =
            FormError::invalid_field("do", &format!("unknown action {shown:?}: use one of {known}"));
        let view = AlertsView::from_view(fields.get("view")).unwrap_or(AlertsView::Active { rule: None });
        return error_response(context, fields, view, refusal);
    };
    let done = match what {
        AlertsAction::Acknowledge => alert_actions::acknowledge(context, fields),
        AlertsAction::Unacknowledge => alert_actions::unacknowledge(context, fields),
        AlertsAction::Silence => alert_actions::silence(context, fields, length),
        AlertsAction::ExpireSilence => alert_actions::expire_silence(context, fields),
        AlertsAction::RuleSave => rule_actions::save(context, fields),
        AlertsAction::RuleEnable => rule_actions::set_enabled(context, fields, true),
        AlertsAction::RuleDisable => rule_actions::set_enabled(context, fields, false),
        AlertsAction::RuleDelete => rule_actions::delete(context, fields),
        AlertsAction::RulePreview => rule_actions::preview(state, fields),
        AlertsAction::ChannelTest => deliveries::send_test(context, fields),
        AlertsAction::Resend => deliveries::resend(context, fields),
    };
    let view = what.view(fields);
    match done {
        Err(refusal) => error_response(context, fields, view, refusal),
        Ok(ActionResult { next_view: then, preview: past }) => {
            let said = Some(FlashMessage { text: what.success_message().to_owned(), is_success: true });
            let view = then.unwrap_or(view);
            let go_on = past.is_none().then(|| view.url(Some(what)));
            let typed = past.is_some().then(|| fields.to_values(None));
            view_response(
                context,
                StatusCode::OK,
                &view,
                FormOutcome { flash: said, form_values: typed, preview: past },
                go_on,
            )
        }
    }
}

/// Response with the error; the form values stay.
fn error_response(
    context: &PageContext,
    fields: &FormFields,
    view: AlertsView,
    refusal: FormError,
) -> FormResponse {
    let FormError { status, message: text, field } = refusal;
    let said = Some(FlashMessage { text: format!("Error: {text}"), is_success: false });
    let typed = Some(fields.to_values(field));
    view_response(
        context,
        status,
        &view,
        FormOutcome { flash: said, form_values: typed, preview: None },
        None,
    )
}

fn view_response(
    context: &PageContext,
    status: StatusCode,
    view: &AlertsView,
    shown: FormOutcome,
    go_on: Option<String>,
) -> FormResponse {
    let said = shown.flash.clone();
    // A deleted rule has no view: show the list.
    let (html, address) = match render_alerts_page(context, view, shown) {
        Ok(html) => (html, view.url(None)),
        Err(_) => {
            let list = render_alerts_page(
                context,
                &AlertsView::Rules,
                FormOutcome { flash: said, ..FormOutcome::default() },
            );
            (list.unwrap_or_default(), AlertsView::Rules.url(None))
        }
    };
    debug_assert!(address.starts_with(ALERTS_PATH));
    FormResponse { status, html, location: address, redirect_to: go_on }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn action_names_are_parsed_back() {
        for one in ALL {
            assert_eq!(AlertsAction::from_name(one.name()), Some(one));
            assert!(one.success_message().ends_with('.'), "{one:?}");
        }
        assert_eq!(AlertsAction::from_name("nothing"), None);
    }

    #[test]
    fn each_action_returns_to_the_view_of_its_form() {
        let view = |what: AlertsAction, fields: &[(&str, &str)]| {
            let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            what.view(&FormFields::new(fields.collect()))
        };
        let rule = |id: &str| AlertsView::Rule { id: Some(id.to_owned()) };
        for (what, fields, expected) in [
            (AlertsAction::Silence, &[("labels", "{}")][..], AlertsView::Active { rule: None }),
            (AlertsAction::Silence, &[("matchers", "a = b")][..], AlertsView::Silences),
            (AlertsAction::ExpireSilence, &[("view", "active")][..], AlertsView::Active { rule: None }),
            (AlertsAction::RuleSave, &[("id", "a"), ("known", "yes"), ("view", "rules")][..], rule("a")),
            (AlertsAction::RuleSave, &[("id", "a")][..], AlertsView::Rule { id: None }),
            (AlertsAction::Resend, &[("view", "nonsense")][..], AlertsView::Deliveries),
        ] {
            assert_eq!(view(what, fields), expected, "{what:?} {fields:?}");
        }
    }
}
