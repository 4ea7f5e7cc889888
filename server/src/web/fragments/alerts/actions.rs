//! Form actions of the alerts page, and the response: the view that shows the result. Rendering a view changes nothing.

use super::{AlertsOutcome, alert_actions, deliveries, heartbeats, render, rule_actions};
use crate::web::PageContext;
use crate::web::fragments::form::{FormError, FormResponse};
use axum::http::StatusCode;
use watchglass_pages::alerts::{AlertsAction, AlertsView, PATH, RulePreview};
use watchglass_pages::ui::{FlashMessage, FormFields};

/// Result of a successful action.
#[derive(Debug, Default)]
pub(super) struct ActionResult {
    /// View to show next, if it is not that of the form.
    pub(super) next_view: Option<AlertsView>,
    /// Preview of a rule. Then nothing was changed, and the form values stay.
    pub(super) preview: Option<RulePreview>,
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
        let known = AlertsAction::ALL.map(AlertsAction::name).join(", ");
        let refusal =
            FormError::invalid_field("do", &format!("unknown action {shown:?}: use one of {known}"));
        let view =
            AlertsView::from_view(fields.get("view")).unwrap_or(AlertsView::Active { rule: None, page: 1 });
        return error_response(context, fields, view, refusal);
    };
    let done = match what {
        AlertsAction::Acknowledge => alert_actions::acknowledge(context, fields),
        AlertsAction::Unacknowledge => alert_actions::unacknowledge(context, fields),
        AlertsAction::Resolve => alert_actions::resolve(context, fields),
        AlertsAction::Silence => alert_actions::silence(context, fields, length),
        AlertsAction::ExpireSilence => alert_actions::expire_silence(context, fields),
        AlertsAction::RuleSave => rule_actions::save(context, fields),
        AlertsAction::RuleEnable => rule_actions::set_enabled(context, fields, true),
        AlertsAction::RuleDisable => rule_actions::set_enabled(context, fields, false),
        AlertsAction::RuleDelete => rule_actions::delete(context, fields),
        AlertsAction::RulePreview => rule_actions::preview(state, fields),
        AlertsAction::ChannelTest => deliveries::send_test(context, fields),
        AlertsAction::Resend => deliveries::resend(context, fields),
        AlertsAction::HeartbeatAdd => heartbeats::add(context, fields),
        AlertsAction::HeartbeatRemove => heartbeats::remove(context, fields),
    };
    respond(context, fields, what, done)
}

/// Previews the rule of the form, whatever its button is; changes nothing.
pub(crate) fn run_preview(context: &PageContext, fields: &FormFields) -> FormResponse {
    let done = rule_actions::preview(&context.state, fields);
    respond(context, fields, AlertsAction::RulePreview, done)
}

/// Response with the result of an action.
fn respond(
    context: &PageContext,
    fields: &FormFields,
    what: AlertsAction,
    done: Result<ActionResult, FormError>,
) -> FormResponse {
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
                AlertsOutcome { flash: said, form_values: typed, preview: past },
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
        AlertsOutcome { flash: said, form_values: typed, preview: None },
        None,
    )
}

fn view_response(
    context: &PageContext,
    status: StatusCode,
    view: &AlertsView,
    shown: AlertsOutcome,
    go_on: Option<String>,
) -> FormResponse {
    let said = shown.flash.clone();
    // A deleted rule has no view: show the list.
    let (html, address) = match render(context, view, shown) {
        Ok(html) => (html, view.url(None)),
        Err(_) => {
            let list = render(
                context,
                &AlertsView::Rules,
                AlertsOutcome { flash: said, ..AlertsOutcome::default() },
            );
            (list.unwrap_or_default(), AlertsView::Rules.url(None))
        }
    };
    debug_assert!(address.starts_with(PATH));
    FormResponse { status, html, location: address, redirect_to: go_on }
}
