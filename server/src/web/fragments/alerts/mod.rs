//! View models of the alerts page, and its form actions.

mod actions;
mod active;
mod alert_actions;
mod deliveries;
mod heartbeats;
mod rule_actions;
mod rules;
mod silence_form;
mod silences;

pub(crate) use actions::{run_action, run_preview};
pub(super) use deliveries::channels;
pub(super) use rules::rules;

use super::FragmentError;
use crate::query::alerts::all_active;
use crate::web::PageContext;
use watchglass_pages::alerts::{AlertsContent, AlertsPage, AlertsView, Counts, RulePreview};
use watchglass_pages::ui::{FlashMessage, FormValues};

/// Outcome of a form action, shown in the view.
#[derive(Debug, Default)]
pub(super) struct AlertsOutcome {
    /// Success or error message.
    pub(super) flash: Option<FlashMessage>,
    /// Submitted form values, if they are shown again.
    pub(super) form_values: Option<FormValues>,
    /// Preview of the rule in the form.
    pub(super) preview: Option<RulePreview>,
}

/// Renders a view of the alerts page.
///
/// # Errors
/// Unknown rule.
pub(super) fn render(
    context: &PageContext,
    ask: &AlertsView,
    shown: AlertsOutcome,
) -> Result<String, FragmentError> {
    let state = &context.state;
    let AlertsOutcome { flash: said, form_values: typed, preview: past } = shown;
    let now = state.metrics.newest_time().unwrap_or_default();
    let active = all_active(&state.rules, &state.notifications);
    let counts = Counts {
        active: active.len(),
        rules: state.rules.current_rules().get().iter().count(),
        silences: state.notifications.silences().iter().filter(|silence| silence.is_active(now)).count(),
        channels: state.notifications.channel_count(),
        heartbeats: state.heartbeats.list(now).len(),
    };
    let keeps = typed.is_some();
    let typed_or_not = typed.clone().unwrap_or_default().with_author(context.principal.name.clone());
    let content = match ask {
        AlertsView::Active { rule, page } => {
            AlertsContent::Active(active::active(state, now, active, (rule.clone(), *page), typed_or_not))
        }
        AlertsView::History { rule, page } => {
            AlertsContent::History(active::history(state, rule.clone(), *page))
        }
        AlertsView::Rules => AlertsContent::Rules(rules(state, &active)),
        AlertsView::Rule { id } => {
            let view = rules::rule(state, &active, id.as_deref(), typed, past);
            AlertsContent::Rule(Box::new(
                view.ok_or_else(|| FragmentError::UnknownRule(id.clone().unwrap_or_default()))?,
            ))
        }
        AlertsView::Silences => AlertsContent::Silences(silences::silences(state, now, typed_or_not)),
        AlertsView::Channels => AlertsContent::Channels(channels(state)),
        AlertsView::Heartbeats => AlertsContent::Heartbeats(heartbeats::heartbeats(state, typed_or_not)),
        AlertsView::Deliveries => AlertsContent::Deliveries(deliveries::deliveries(state, typed_or_not)),
    };
    Ok(watchglass_pages::alerts::render(AlertsPage {
        counts,
        flash: said,
        keep_on_refresh: keeps,
        may_change: context.may_change(),
        content,
    }))
}
