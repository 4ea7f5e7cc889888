//! Server side of the HTML fragments: view models from the application state, and the form actions.
//!
//! - Views of `/alerts`, named by the parsed URL: active and past alerts, rules, silences, channels and deliveries. Their form
//!   actions are the only code here that changes anything.
//! - Parsers of form input: rules, silences, matchers, labels and durations.
//! - Fragments above live charts: overview, trends, performance, processes, databases and caches.
//! - Views below `/settings`: settings, account, users, tokens, sessions and audit log, with their form actions.
//! - Search: an index of pages, charts, instances and actions, and its ranking.

mod actions;
mod active;
mod alert_actions;
mod alerts_view;
mod audit;
mod deliveries;
mod duration;
mod form_fields;
mod label_lines;
mod overview;
mod page_context;
mod performance;
mod processes;
mod rule_actions;
mod rule_form;
mod rules;
mod search;
mod search_index;
mod services;
mod settings;
mod settings_actions;
mod settings_tab;
mod silence_form;
mod silences;
mod snapshot_link;
mod table_query;
mod trends;
mod users;

pub(crate) use actions::{FormResponse, run_action};
pub(crate) use form_fields::FormFields;
pub(crate) use page_context::PageContext;
use search::FORMER_SEARCH_PATH;
pub(crate) use search::SEARCH_PATH;
pub(crate) use settings_actions::run_settings_action;

use crate::query::alerts;
use alerts_view::AlertsView;
use app::fragments::{AlertsContent, AlertsPage, Counts, FlashMessage, FormValues, Overview, RulePreview};
use settings_tab::SettingsTab;
use thiserror::Error;

/// Alerts page, whose forms change something.
pub(crate) const ALERTS_PATH: &str = "/alerts";
/// Head of the overview, which is not a page of its own.
const OVERVIEW_PATH: &str = "/overview";
/// Help texts of the panels, for pages that the client renders.
const PANEL_HELP_PATH: &str = "/meanings";
/// Settings, users and tokens.
pub(crate) const SETTINGS_PATH: &str = "/settings";
/// All fragments.
const PATHS: [&str; 12] = [
    ALERTS_PATH,
    OVERVIEW_PATH,
    PANEL_HELP_PATH,
    SEARCH_PATH,
    performance::PATH,
    processes::PATH,
    SETTINGS_PATH,
    trends::PATH,
    "/database",
    "/database-lists",
    "/cache",
    "/cache-lists",
];

/// Why a fragment cannot be rendered.
#[derive(Debug, Error)]
pub(crate) enum FragmentError {
    #[error("Unknown fragment {0}: use one of {paths}", paths = PATHS.join(", "))]
    UnknownPath(String),
    #[error("Unknown view {0:?}: use active, history, rules, rule, silences, channels or deliveries")]
    UnknownView(String),
    /// Unknown view of the settings.
    #[error("Unknown view {0:?}: use settings, account, users, tokens, sessions or audit")]
    UnknownTab(String),
    /// The user lacks the permission.
    #[error("This view requires the admin role")]
    Forbidden,
    #[error("Unknown rule {0:?}")]
    UnknownRule(String),
    /// Invalid parameter.
    #[error("{0}")]
    InvalidParameter(String),
}

/// Renders the fragment at `path` with the parameters of `query`. May block on the outbox.
///
/// # Errors
/// Unknown fragment or invalid parameter.
pub(crate) fn page(context: &PageContext, path: &str, query: &str) -> Result<String, FragmentError> {
    Ok(render_fragment(context, path, query)? + &snapshot_link::snapshot_paragraph(path, query))
}

/// Renders the search page, for browsers without scripts.
///
/// # Errors
/// The query is too long.
pub(crate) fn search_page(context: &PageContext, query: &str) -> Result<String, FragmentError> {
    Ok(app::fragments::search_page(search::search(context, query, false)?))
}

fn render_fragment(context: &PageContext, path: &str, query: &str) -> Result<String, FragmentError> {
    let state = &context.state;
    match path {
        ALERTS_PATH => {
            let (ask, said) = AlertsView::parse(query)?;
            render_alerts_page(context, &ask, FormOutcome { flash: said, ..FormOutcome::default() })
        }
        OVERVIEW_PATH => {
            let save = snapshot_link::snapshot_url(path, query);
            let head = overview::overview(state, crate::clock::now());
            Ok(app::fragments::overview(Overview { snapshot_url: save, ..head }))
        }
        SEARCH_PATH | FORMER_SEARCH_PATH => {
            Ok(app::fragments::search_results(search::search(context, query, true)?))
        }
        PANEL_HELP_PATH => Ok(app::fragments::panel_help(state.metrics.catalogue().panels())),
        performance::PATH => Ok(app::fragments::performance(performance::performance(state, query)?)),
        processes::PATH => Ok(app::fragments::processes(processes::processes(state, query)?)),
        trends::PATH => trends::page(state, query),
        SETTINGS_PATH => {
            let (place, log, said) = SettingsTab::parse(query)?;
            users::render(
                context,
                place,
                users::SettingsOutcome { flash: said, audit_query: log, ..users::SettingsOutcome::default() },
            )
        }
        _ => services::page(state, path, query)?
            .ok_or_else(|| FragmentError::UnknownPath(path.chars().take(100).collect())),
    }
}

/// Outcome of a form action, shown in the view.
#[derive(Debug, Default)]
struct FormOutcome {
    /// Success or error message.
    flash: Option<FlashMessage>,
    /// Submitted form values, if they are shown again.
    form_values: Option<FormValues>,
    /// Preview of the rule in the form.
    preview: Option<RulePreview>,
}

fn render_alerts_page(
    context: &PageContext,
    ask: &AlertsView,
    shown: FormOutcome,
) -> Result<String, FragmentError> {
    let state = &context.state;
    let FormOutcome { flash: said, form_values: typed, preview: past } = shown;
    let now = state.metrics.newest_time().unwrap_or_default();
    let active = alerts::all_active(&state.rules, &state.notifications);
    let counts = Counts {
        active: active.len(),
        rules: state.rules.current_rules().get().iter().count(),
        silences: state.notifications.silences().iter().filter(|silence| silence.is_active(now)).count(),
        channels: state.notifications.channel_count(),
    };
    let keeps = typed.is_some();
    let typed_or_not = typed.clone().unwrap_or_default();
    let content = match ask {
        AlertsView::Active { rule } => {
            AlertsContent::Active(active::active(state, now, active, rule.clone(), typed_or_not))
        }
        AlertsView::History { rule, page } => {
            AlertsContent::History(active::history(state, rule.clone(), *page))
        }
        AlertsView::Rules => AlertsContent::Rules(rules::rules(state, &active)),
        AlertsView::Rule { id } => {
            let view = rules::rule(state, &active, id.as_deref(), typed, past);
            AlertsContent::Rule(Box::new(
                view.ok_or_else(|| FragmentError::UnknownRule(id.clone().unwrap_or_default()))?,
            ))
        }
        AlertsView::Silences => AlertsContent::Silences(silences::silences(state, now, typed_or_not)),
        AlertsView::Channels => AlertsContent::Channels(deliveries::channels(state)),
        AlertsView::Deliveries => AlertsContent::Deliveries(deliveries::deliveries(state, typed_or_not)),
    };
    Ok(app::fragments::alerts(AlertsPage {
        counts,
        flash: said,
        keep_on_refresh: keeps,
        may_change: context.may_change(),
        content,
    }))
}
