//! Head of the overview: health score with its reasons, firing alerts, one card per component.

use crate::alerts::RuleCoverage;
use crate::ui::{
    HealthState, PageUrl, Sparkline, StaticHtml, duration_tag, limitations, pluralize, severity_badge,
    snapshot_link, time_tag,
};
use app::url;
use leptos::prelude::*;
use watchglass_model::{Severity, Timestamp, Unit, format};

/// Head of the overview.
#[derive(Clone, Debug, Default)]
pub struct Overview {
    /// Time of the newest values; `None` before the first collection.
    pub now: Option<Timestamp>,
    /// Milliseconds without new data, if that is too long.
    pub stale_millis: Option<i64>,
    /// Overall state.
    pub state: HealthState,
    /// Health score, 0 to 100.
    pub score: u8,
    /// What lowers the score, the worst first.
    pub reasons: Vec<Reason>,
    /// Firing alerts, the most severe first.
    pub firing: Vec<FiringAlert>,
    /// How many more are not shown.
    pub more: usize,
    /// What the rules cover.
    pub coverage: RuleCoverage,
    /// Cards.
    pub cards: Vec<StatCard>,
    /// Notes about values that the sources of this page leave out.
    pub notes: Vec<String>,
    /// URL of the snapshot of the page, if there is one.
    pub snapshot_url: Option<PageUrl>,
}

/// What lowers the score.
#[derive(Clone, Debug)]
pub struct Reason {
    /// State of the component.
    pub state: HealthState,
    /// Text without a full stop.
    pub text: String,
}

/// Firing alert.
#[derive(Clone, Debug)]
pub struct FiringAlert {
    /// Severity.
    pub severity: Severity,
    /// Message with value and threshold.
    pub message: String,
    /// When it started to fire.
    pub firing_since: Timestamp,
    /// Rule id.
    pub rule: String,
    /// Note, such as who acknowledged it; may be empty.
    pub note: String,
}

/// Card of a component: current value, sparkline and alert threshold.
#[derive(Clone, Debug)]
pub struct StatCard {
    /// Unique id, such as `host`.
    pub id: &'static str,
    /// Title.
    pub title: &'static str,
    /// Page with the details.
    pub page: &'static str,
    /// State.
    pub state: HealthState,
    /// Current value in `unit`, if there is one.
    pub value: Option<f64>,
    /// Unit of value and threshold.
    pub unit: Unit,
    /// Label of the value, such as `P95` or `response time (worst of 2)`.
    pub label: String,
    /// Further values as text, with their labels.
    pub details: Vec<(String, &'static str)>,
    /// Sparkline of the last 15 minutes.
    pub sparkline: Option<Sparkline>,
    /// Alert threshold.
    pub threshold: Option<Threshold>,
    /// Shown if there is no value; may be empty.
    pub note: String,
    /// Setting that enables it; empty if it is enabled or cannot be.
    pub setting: &'static str,
}

/// Alert threshold of a value.
#[derive(Clone, Debug)]
pub struct Threshold {
    /// Threshold in the unit of the value.
    pub value: f64,
    /// Comparison: `above` or `below`.
    pub comparison: &'static str,
    /// Rule id.
    pub rule: String,
}

/// Renders the head of the overview.
pub fn render(head: Overview) -> String {
    let silent = head.stale_millis.map(|millis| {
        let text = format!("No new data for {}: the values shown are older.", format::age(millis));
        view! { <p class="flash bad" role="alert">{text}" See the server log."</p> }
    });
    let save = head.snapshot_url.as_ref().map(snapshot_link).unwrap_or_default();
    let ways = format!(
        "<a href=\"{}\" rel=\"external\">Edit layout</a> <a href=\"{}\" rel=\"external\">TV mode</a> {save}",
        url("/layout"),
        url("/?kiosk")
    );
    let cards = head.cards.clone().into_iter().map(StatCard::view).collect_view();
    let notes = limitations(head.notes.clone());
    view! {
        <div class="glance" data-part="overview">
            {silent}
            {head.verdict()}
            <section class="stat-cards" aria-label="At a glance">{cards}</section>
            {notes}
            // External: each of them needs a page load.
            <p class="ways" inner_html=ways></p>
        </div>
    }
    .into_any()
    .html()
}

impl Overview {
    fn verdict(self) -> AnyView {
        let Self { now, state, score, reasons, firing: wrong, more, coverage: watched, .. } = self;
        let Some(now) = now else {
            return view! {
                <section class="verdict" data-state=HealthState::NoData.data_state() aria-labelledby="verdict">
                    <div class="whole">{HealthState::NoData.icon()}<h2 id="verdict">"No data yet"</h2></div>
                    <p class="facts">"The first values appear within seconds."</p>
                </section>
            }
            .into_any();
        };
        let title = match state {
            HealthState::Critical => "Critical",
            HealthState::Warning => "Degraded",
            HealthState::Ok | HealthState::NoData | HealthState::NotConfigured => "All systems healthy",
        };
        let is_healthy = reasons.is_empty() && wrong.is_empty();
        let reason = |Reason { state, text }: Reason| {
            view! { <li>{state.badge()}<span class="message">{text}</span></li> }
        };
        let one = |FiringAlert { severity: level, message, firing_since: since, rule, note }: FiringAlert| {
            let href = format!("/alerts?rule={rule}");
            let note = (!note.is_empty()).then(|| format!(" · {note}"));
            view! {
                <li>
                    {severity_badge(level)}
                    <a class="message" href=url(href)>{message}</a>
                    <span class="facts">{duration_tag(since, now)}" · since "{time_tag(since)}{note}</span>
                </li>
            }
        };
        let more = (more > 0).then(|| {
            view! { <li><a href=url("/alerts")>{format!("{} firing", pluralize(more, "more alert", "more alerts"))}</a></li> }
        });
        let summary = is_healthy.then(|| {
            let text = format!(
                "{} {} {}. No alerts firing.",
                pluralize(watched.rules, "rule", "rules"),
                if watched.rules == 1 { "evaluates" } else { "evaluate" },
                pluralize(watched.series, "series", "series"),
            );
            let last = watched.last_resolved.map(|time| view! { " Last alert resolved "{time_tag(time)}"." });
            view! { <p class="facts">{text}{last}</p> }
        });
        let list = (!is_healthy).then(|| {
            view! {
                <ul class="reasons">
                    {reasons.into_iter().map(reason).collect_view()}
                    {wrong.into_iter().map(one).collect_view()}
                    {more}
                </ul>
            }
        });
        view! {
            <section class="verdict" data-state=state.data_state() aria-labelledby="verdict">
                <div class="whole">
                    {state.icon()}
                    <h2 id="verdict">{title}</h2>
                    <p class="score">"Health score "<span class="number">{score.to_string()}</span>"/100"</p>
                </div>
                {summary}
                {list}
            </section>
        }
        .into_any()
    }
}

impl StatCard {
    fn view(self) -> AnyView {
        let Self {
            id,
            title,
            page,
            state,
            value: number,
            unit,
            label: word,
            details: facts,
            sparkline: spark,
            threshold,
            note,
            setting: flag,
        } = self;
        let heading = format!("vital-{id}");
        let labelled_by = heading.clone();
        let (number, suffix) = unit.format_parts(number.unwrap_or(f64::NAN));
        let figure = (state != HealthState::NotConfigured).then(|| {
            view! {
                <p class="figure">
                    <span class="number">{number}</span>" "<span class="unit">{suffix}</span>" "
                    <span class="label">{word}</span>
                </p>
            }
        });
        let level = threshold.as_ref().map(|threshold| threshold.value);
        let spark = spark.map(|spark| spark.view(title, unit, level));
        let facts: Vec<String> = facts.into_iter().map(|(text, word)| format!("{word} {text}")).collect();
        let facts = (!facts.is_empty()).then(|| view! { <p class="beside">{facts.join(" · ")}</p> });
        let threshold = threshold.map(|Threshold { value: level, comparison, rule }| {
            let href = format!("/alerts?view=rule&id={rule}");
            view! { <p class="limit"><a href=url(href)>{format!("Threshold: {comparison} {}", unit.format(level))}</a></p> }
        });
        let note = (!note.is_empty()).then(|| view! { <p class="beside">{note}</p> });
        let next = (!flag.is_empty()).then(|| {
            view! {
                <p class="beside">"Add "<code>{flag}</code>" to the configuration."</p>
                <p class="limit"><a href=url(page)>{format!("Configure {title}")}</a></p>
            }
        });
        view! {
            <article class="vital" data-state=state.data_state() aria-labelledby=labelled_by>
                <header>
                    <h3 id=heading><a href=url(page)>{title}</a></h3>
                    {state.badge()}
                </header>
                {figure}
                {spark}
                {facts}
                {note}
                {threshold}
                {next}
            </article>
        }
        .into_any()
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
