//! Card of a firing alert: its state, next steps for the on-call engineer, and the form to acknowledge or silence it.

use crate::ui::{FormValues, author_field, charts_url, duration_tag, hidden_input, severity_badge, time_tag};
use app::url;
use leptos::prelude::*;
use watchglass_model::{Severity, Timestamp};

/// Durations of the one-click silence buttons.
const SILENCE_DURATIONS: [(&str, &str); 4] =
    [("silence-1h", "1 h"), ("silence-2h", "2 h"), ("silence-8h", "8 h"), ("silence-1d", "1 day")];

/// A firing alert.
#[derive(Clone, Debug)]
pub struct AlertCard {
    /// Prefix of its element ids; stable for the same alert.
    pub id: String,
    /// Severity.
    pub severity: Severity,
    /// Message with value and threshold.
    pub message: String,
    /// When it started to fire.
    pub firing_since: Timestamp,
    /// Component, followed by the subject if there are several.
    pub component: String,
    /// Host of its series, and the application if it reports one.
    pub host: String,
    /// Rule id.
    pub rule: String,
    /// Rule name.
    pub rule_name: String,
    /// Labels of its series as JSON; with the rule they identify the alert.
    pub labels: String,
    /// Since when its series gives no data; `None` while it gives data.
    pub no_data_since: Option<Timestamp>,
    /// Name of the rule whose alert inhibits it.
    pub inhibited_by: Option<String>,
    /// Whether it is flapping.
    pub is_flapping: bool,
    /// Silence that mutes it.
    pub silenced: Option<SilenceSummary>,
    /// Its acknowledgement.
    pub acknowledged: Option<AckSummary>,
    /// Summary.
    pub summary: String,
    /// Next steps.
    pub next_steps: String,
    /// Runbook URL.
    pub runbook: Option<String>,
    /// Page with its charts.
    pub charts_page: Option<&'static str>,
}

/// Silence that mutes an alert.
#[derive(Clone, Debug)]
pub struct SilenceSummary {
    /// Author.
    pub author: String,
    /// Reason.
    pub reason: String,
    /// End; `None` for a recurring silence.
    pub until: Option<Timestamp>,
}

/// Acknowledgement of an alert.
#[derive(Clone, Debug)]
pub struct AckSummary {
    /// User who acknowledged.
    pub author: String,
    /// Comment; may be empty.
    pub comment: String,
    /// Time of the acknowledgement.
    pub time: Timestamp,
}

impl AlertCard {
    /// `may_open`: whether the form may start open; `None` leaves the form out.
    pub(super) fn view(self, now: Timestamp, may_open: Option<bool>, typed: &FormValues) -> AnyView {
        let is_typed =
            typed.get("rule") == Some(&self.rule) && typed.get("labels") == Some(self.labels.as_str());
        let typed = if is_typed { typed.clone() } else { typed.cleared() };
        let is_handled =
            self.acknowledged.is_some() || self.silenced.is_some() || self.inhibited_by.is_some();
        let form = may_open.map(|may_open| self.form(is_typed || (may_open && !is_handled), &typed));
        let resolve = may_open.and(self.no_data_since).map(|_| self.resolve_form());
        let Self {
            id, severity: level, message, firing_since: since, component, host, rule, rule_name, ..
        } = self;
        let heading = format!("{id}-message");
        let named_by = heading.clone();
        let class = match level {
            Severity::Critical => "card critical",
            Severity::Warning => "card warning",
            Severity::Info => "card info",
        };
        let advice = |label: &'static str, text: String| {
            (!text.is_empty()).then(|| view! { <p><b>{label}</b>" "{text}</p> })
        };
        let charts = self.charts_page.map(|href| view! { <a href=url(href)>"Open chart"</a> });
        let processes = format!("/processes?at={}", since.millis());
        let facts = format!("{id}-facts");
        view! {
            <article class=class id=id aria-labelledby=named_by>
                <div data-part=facts>
                    <header>
                        {severity_badge(level)}
                        <h2 id=heading>{message}</h2>
                    </header>
                    <p class="facts">
                        {duration_tag(since, now)}" · since "{time_tag(since)}" · "{component}" · "{host}
                    </p>
                    {alert_states(self.no_data_since, self.inhibited_by, self.is_flapping, self.silenced, self.acknowledged)}
                    <div class="advice">
                        {advice("Summary:", self.summary)}
                        {advice("Next steps:", self.next_steps)}
                    </div>
                    <p class="ways">
                        {self.runbook.map(runbook)}
                        {charts}
                        <a href=url(charts_url(since, now))>"View at start"</a>
                        <a href=url(processes)>"Processes at start"</a>
                        <a href=url(format!("/alerts?view=rule&id={rule}"))>"Rule: "{rule_name}</a>
                        <a href=url(format!("/alerts?view=history&rule={rule}"))>"Alert history"</a>
                    </p>
                </div>
                {resolve}
                {form}
            </article>
        }
        .into_any()
    }

    /// Form that resolves an alert without data. It has to be opened first, so that one click resolves nothing.
    fn resolve_form(&self) -> AnyView {
        view! {
            <details class="act" id=format!("{}-resolve", self.id)>
                <summary>"Resolve"</summary>
                <form method="post" action=url("/alerts") id=format!("{}-resolve-form", self.id)>
                    {hidden_input("view", "active")}
                    {hidden_input("rule", &self.rule)}
                    {hidden_input("labels", &self.labels)}
                    <p>"Resolve this alert if its series will not come back. If it does and exceeds its threshold, the alert fires again."</p>
                    <p class="buttons">
                        <button type="submit" class="button danger" name="do" value="resolve">"Resolve alert"</button>
                    </p>
                </form>
            </details>
        }
        .into_any()
    }

    fn form(&self, is_open: bool, typed: &FormValues) -> AnyView {
        let form = format!("{}-form", self.id);
        let why = format!("{}-why", self.id);
        let why_value = typed.get("why").unwrap_or_default().to_owned();
        let invalid = typed.is_invalid("why").then_some("true");
        let is_acknowledged = self.acknowledged.is_some();
        let word = if is_acknowledged { "Take over" } else { "Acknowledge" };
        let withdraw = is_acknowledged.then(|| {
            view! { <button type="submit" class="button" name="do" value="withdraw" formnovalidate=true>"Unacknowledge"</button> }
        });
        let lengths = SILENCE_DURATIONS.map(|(value, word)| {
            let spoken = format!("Silence for {word}");
            view! { <button type="submit" class="button" name="do" value=value aria-label=spoken>{word}</button> }
        });
        view! {
            <details class="act" id=format!("{}-act", self.id) open=is_open>
                <summary>"Acknowledge or silence"</summary>
                <form method="post" action=url("/alerts") id=form>
                    {hidden_input("view", "active")}
                    {hidden_input("rule", &self.rule)}
                    {hidden_input("labels", &self.labels)}
                    {author_field(&self.id, typed)}
                    <p class="field why">
                        <label r#for=why.clone()>"Comment "<span class="hint">"(optional)"</span></label>
                        <input type="text" id=why name="why" value=why_value maxlength="500" aria-invalid=invalid
                            autocomplete="off"/>
                    </p>
                    <p class="buttons">
                        <button type="submit" class="button main" name="do" value="acknowledge">{word}</button>
                        {withdraw}
                        <span class="choice">"Silence for "{lengths.collect_view()}</span>
                    </p>
                </form>
            </details>
        }
        .into_any()
    }
}

/// Whether it has data, why its notifications are suppressed, and who acknowledged it.
fn alert_states(
    no_data_since: Option<Timestamp>,
    because_of: Option<String>,
    is_flapping: bool,
    silenced: Option<SilenceSummary>,
    acknowledged: Option<AckSummary>,
) -> AnyView {
    let no_data = no_data_since.map(|since| {
        view! { <li><b>"No data"</b>" since "{time_tag(since)}</li> }
    });
    let inhibited = because_of.map(|rule| {
        view! { <li><b>"Suppressed by "</b>{rule}" (inhibited)"</li> }
    });
    let flapping = is_flapping.then(|| {
        view! { <li><b>"Flapping: "</b>"notifications suppressed"</li> }
    });
    let silenced = silenced.map(|SilenceSummary { author, reason, until }| {
        let until = match until {
            Some(until) => view! { " until "{time_tag(until)} }.into_any(),
            None => " on a recurring schedule".into_any(),
        };
        view! { <li><b>"Silenced"</b>{until}" by "{author}": "{reason}</li> }
    });
    let acknowledged = acknowledged.map(|AckSummary { author: who, comment: why, time }| {
        let why = (!why.is_empty()).then(|| format!(": {why}"));
        view! { <li><b>"Acknowledged"</b>" by "{who}" "{time_tag(time)}{why}</li> }
    });
    view! { <ul class="states">{no_data}{inhibited}{flapping}{silenced}{acknowledged}</ul> }.into_any()
}

/// Runbook as a link if it is an HTTP URL, else as text.
fn runbook(address: String) -> AnyView {
    if address.starts_with("https://") || address.starts_with("http://") {
        view! { <a href=address rel="noreferrer external">"Runbook"</a> }.into_any()
    } else {
        view! { <span>"Runbook: "{address}</span> }.into_any()
    }
}
