//! What is wrong now, for somebody who was woken by it: the worst first, with what to do.

use super::words::{charts_of, count, hidden, lasting, moment, severity, who};
use super::{Typed, Waiting};
use leptos::prelude::*;
use watchglass_model::Severity;
use watchglass_model::Timestamp;

/// Up to so many alerts, the forms of those that nobody looks after are open.
const MOST_OPEN: usize = 5;
/// How long a silence can last that begins with one press.
const LENGTHS: [(&str, &str); 4] =
    [("silence-1h", "1 h"), ("silence-2h", "2 h"), ("silence-8h", "8 h"), ("silence-1d", "1 day")];

/// What is wrong now.
#[derive(Clone, Debug, Default)]
pub struct Active {
    /// The moment for which it is so.
    pub now: Timestamp,
    /// The alerts, the worst first.
    pub cards: Vec<Card>,
    /// How many more there are that are not shown.
    pub more: usize,
    /// What does not fire yet.
    pub waiting: Waiting,
    /// The rule whose alerts alone are shown; all when it is `None`.
    pub only: Option<String>,
    /// What is said where nothing is wrong.
    pub watched: Watched,
    /// What was typed into the form of a card.
    pub typed: Typed,
}

/// What is watched.
#[derive(Clone, Copy, Debug, Default)]
pub struct Watched {
    /// Rules that are judged.
    pub rules: usize,
    /// Series that they are about.
    pub series: usize,
    /// When the last alert was over, if there was one.
    pub last_over: Option<Timestamp>,
}

/// An alert that fires.
#[derive(Clone, Debug)]
pub struct Card {
    /// Begins the ids of its parts; the same for the same alert.
    pub id: String,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, with value and threshold.
    pub message: String,
    /// Since when it fires.
    pub since: Timestamp,
    /// The component, and behind it the subject where there are several.
    pub component: String,
    /// The host of its series, and the application where one speaks.
    pub host: String,
    /// Id of its rule.
    pub rule: String,
    /// What people call the rule.
    pub rule_name: String,
    /// The labels of its series as JSON; with the rule they say which alert it is.
    pub labels: String,
    /// Name of the rule whose alert it is because of.
    pub because_of: Option<String>,
    /// Whether it comes and goes.
    pub is_flapping: bool,
    /// The silence that keeps it quiet.
    pub silenced: Option<Silenced>,
    /// Who looks after it.
    pub acknowledged: Option<Acknowledged>,
    /// What it means.
    pub summary: String,
    /// What to do first.
    pub action: String,
    /// Where to read more: an address.
    pub runbook: Option<String>,
    /// The page that has its charts.
    pub charts: Option<&'static str>,
}

/// A silence that keeps an alert quiet.
#[derive(Clone, Debug)]
pub struct Silenced {
    /// Who wanted it.
    pub author: String,
    /// Why.
    pub reason: String,
    /// Until when; `None` for one that comes back.
    pub until: Option<Timestamp>,
}

/// Who looks after an alert.
#[derive(Clone, Debug)]
pub struct Acknowledged {
    /// Who.
    pub who: String,
    /// Why; may be empty.
    pub why: String,
    /// Since when.
    pub time: Timestamp,
}

impl Active {
    /// Those who `may_change` something have forms for it.
    pub(super) fn view(self, may_change: bool) -> AnyView {
        let Self { now, cards, more, waiting, only, watched, typed } = self;
        let only = only.map(|rule| {
            view! {
                <p class="filter">"Only those of the rule "<code>{rule}</code>". "<a href="/alerts">"Show all"</a></p>
            }
        });
        let list = if cards.is_empty() {
            watched.view(only.is_some())
        } else {
            let may_open = cards.len() <= MOST_OPEN;
            let cards = cards.into_iter().map(|card| card.view(now, may_change.then_some(may_open), &typed));
            view! { <div class="cards">{cards.collect_view()}</div> }.into_any()
        };
        let more = (more > 0).then(|| {
            let text =
                format!("And {} that are not shown: these are the worst.", count(more, "more", "more"));
            view! { <p class="facts">{text}</p> }
        });
        let list =
            view! { <section aria-label="Active alerts" data-part="list">{only}{list}{more}</section> };
        view! { {list}{waiting.view(now)} }.into_any()
    }
}

impl Watched {
    fn view(self, is_filtered: bool) -> AnyView {
        let Self { rules, series, last_over } = self;
        if is_filtered {
            return view! { <p class="empty">"No alert of this rule fires."</p> }.into_any();
        }
        let text = format!(
            "{} {} {}.",
            count(rules, "rule", "rules"),
            if rules == 1 { "watches" } else { "watch" },
            count(series, "series", "series")
        );
        let last = match last_over {
            Some(time) => {
                view! { "The last alert was over "{moment(time)}": see the "<a href="/alerts?view=history">"history"</a>"." }
                    .into_any()
            }
            None => "There has been no alert yet.".into_any(),
        };
        view! {
            <div class="empty">
                <p class="title">"Nothing is wrong."</p>
                <p>{text}</p>
                <p>{last}</p>
            </div>
        }
        .into_any()
    }
}

impl Card {
    /// `may_open` says whether its form may be open; without it, it has none.
    fn view(self, now: Timestamp, may_open: Option<bool>, typed: &Typed) -> AnyView {
        let is_typed =
            typed.get("rule") == Some(&self.rule) && typed.get("labels") == Some(self.labels.as_str());
        let typed = if is_typed { typed.clone() } else { Typed::default() };
        let is_looked_after =
            self.acknowledged.is_some() || self.silenced.is_some() || self.because_of.is_some();
        let form = may_open.map(|may_open| self.form(is_typed || (may_open && !is_looked_after), &typed));
        let Self { id, severity: how_bad, message, since, component, host, rule, rule_name, .. } = self;
        let heading = format!("{id}-message");
        let named_by = heading.clone();
        let class = match how_bad {
            Severity::Critical => "card critical",
            Severity::Warning => "card warning",
            Severity::Info => "card info",
        };
        let words = |label: &'static str, text: String| {
            (!text.is_empty()).then(|| view! { <p><b>{label}</b>" "{text}</p> })
        };
        let charts = self.charts.map(|href| view! { <a href=href>"Charts"</a> });
        let processes = format!("/processes?at={}", since.millis());
        let facts = format!("{id}-facts");
        view! {
            <article class=class id=id aria-labelledby=named_by>
                <div data-part=facts>
                    <header>
                        {severity(how_bad)}
                        <h2 id=heading>{message}</h2>
                    </header>
                    <p class="facts">
                        {lasting(since, now)}" · since "{moment(since)}" · "{component}" · "{host}
                    </p>
                    {states(self.because_of, self.is_flapping, self.silenced, self.acknowledged)}
                    <div class="advice">
                        {words("What it means:", self.summary)}
                        {words("What to do first:", self.action)}
                    </div>
                    <p class="ways">
                        {self.runbook.map(runbook)}
                        {charts}
                        <a href=charts_of(since, now)>"When it began"</a>
                        <a href=processes>"Processes then"</a>
                        <a href=format!("/alerts?view=rule&id={rule}")>"Rule: "{rule_name}</a>
                        <a href=format!("/alerts?view=history&rule={rule}")>"Earlier alerts of it"</a>
                    </p>
                </div>
                {form}
            </article>
        }
        .into_any()
    }

    fn form(&self, is_open: bool, typed: &Typed) -> AnyView {
        let form = format!("{}-form", self.id);
        let why = format!("{}-why", self.id);
        let why_value = typed.get("why").unwrap_or_default().to_owned();
        let invalid = typed.is_wrong("why").then_some("true");
        let is_acknowledged = self.acknowledged.is_some();
        let word = if is_acknowledged { "Take over" } else { "Acknowledge" };
        let withdraw = is_acknowledged.then(|| {
            view! { <button class="button" name="do" value="withdraw" formnovalidate=true>"Withdraw acknowledgement"</button> }
        });
        let lengths = LENGTHS.map(|(value, word)| {
            let spoken = format!("Silence for {word}");
            view! { <button class="button" name="do" value=value aria-label=spoken>{word}</button> }
        });
        view! {
            <details class="act" id=format!("{}-act", self.id) open=is_open>
                <summary>"Acknowledge or silence"</summary>
                <form method="post" action="/alerts" id=form>
                    {hidden("view", "active")}
                    {hidden("rule", &self.rule)}
                    {hidden("labels", &self.labels)}
                    {who(&self.id, typed)}
                    <p class="field why">
                        <label r#for=why.clone()>"Why "<span class="hint">"(may be left empty)"</span></label>
                        <input type="text" id=why name="why" value=why_value maxlength="500" aria-invalid=invalid
                            autocomplete="off"/>
                    </p>
                    <p class="buttons">
                        <button class="button main" name="do" value="acknowledge">{word}</button>
                        {withdraw}
                        <span class="choice">"Silence for "{lengths.collect_view()}</span>
                    </p>
                </form>
            </details>
        }
        .into_any()
    }
}

/// Why nobody is told of it, and who looks after it.
fn states(
    because_of: Option<String>,
    is_flapping: bool,
    silenced: Option<Silenced>,
    acknowledged: Option<Acknowledged>,
) -> AnyView {
    let because = because_of.map(|rule| {
        view! { <li><b>"Because of "</b>{rule}": it is not told by itself"</li> }
    });
    let flapping = is_flapping.then(|| {
        view! { <li><b>"Comes and goes: "</b>"it is told once, not each time"</li> }
    });
    let silenced = silenced.map(|Silenced { author, reason, until }| {
        let until = match until {
            Some(until) => view! { " until "{moment(until)} }.into_any(),
            None => " in its weekly hours".into_any(),
        };
        view! { <li><b>"Silenced"</b>{until}" by "{author}": "{reason}</li> }
    });
    let acknowledged = acknowledged.map(|Acknowledged { who, why, time }| {
        let why = (!why.is_empty()).then(|| format!(": {why}"));
        view! { <li><b>"Acknowledged"</b>" by "{who}" "{moment(time)}{why}</li> }
    });
    view! { <ul class="states">{because}{flapping}{silenced}{acknowledged}</ul> }.into_any()
}

/// A link, if it is one that can be followed.
fn runbook(address: String) -> AnyView {
    if address.starts_with("https://") || address.starts_with("http://") {
        view! { <a href=address rel="noreferrer external">"Runbook"</a> }.into_any()
    } else {
        view! { <span>"Runbook: "{address}</span> }.into_any()
    }
}

#[cfg(test)]
#[path = "active_tests.rs"]
mod tests;
