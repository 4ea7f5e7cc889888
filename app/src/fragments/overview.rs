//! The head of the overview: are we fine? Health with its reasons, what is wrong and since when, a card for each part.

use super::Watched;
use super::sorted::{Address, save_link};
use super::spark::Spark;
use super::state::State;
use super::words::{Written, count, lasting, moment, severity};
use leptos::prelude::*;
use watchglass_model::{Severity, Timestamp, Unit, format};

/// The head of the overview.
#[derive(Clone, Debug, Default)]
pub struct Overview {
    /// The moment for which it is so; `None` before anything is measured.
    pub now: Option<Timestamp>,
    /// For how many milliseconds nothing has been measured, where that is too long.
    pub silent: Option<i64>,
    /// The whole.
    pub state: State,
    /// 0 to 100.
    pub score: u8,
    /// Why the score is no better, the worst first.
    pub reasons: Vec<Reason>,
    /// What fires, the worst first.
    pub wrong: Vec<Wrong>,
    /// How many more there are.
    pub more: usize,
    /// What is watched.
    pub watched: Watched,
    /// The parts.
    pub cards: Vec<Vital>,
    /// Where the page is as a file, if it is.
    pub save: Option<Address>,
}

/// Why the score is no better.
#[derive(Clone, Debug)]
pub struct Reason {
    /// How bad it is.
    pub state: State,
    /// A sentence without its stop.
    pub text: String,
}

/// An alert that fires.
#[derive(Clone, Debug)]
pub struct Wrong {
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, with value and threshold.
    pub message: String,
    /// Since when it fires.
    pub since: Timestamp,
    /// Id of its rule.
    pub rule: String,
    /// What is said of it besides, such as who looks after it; may be empty.
    pub note: String,
}

/// A part of what is watched: a number, where it comes from, and how far it may go.
#[derive(Clone, Debug)]
pub struct Vital {
    /// Short and unique: `host`.
    pub id: &'static str,
    /// What a person calls it.
    pub title: &'static str,
    /// The page that tells more of it.
    pub page: &'static str,
    /// How well it does.
    pub state: State,
    /// The number, in `unit`; `None` where there is none.
    pub number: Option<f64>,
    /// Unit of number and threshold.
    pub unit: Unit,
    /// What the number is of: `P95`, `worst of 2 to answer`.
    pub word: String,
    /// Numbers beside it, as text, with their words.
    pub facts: Vec<(String, &'static str)>,
    /// The last quarter of an hour.
    pub spark: Option<Spark>,
    /// From where on it is an alert.
    pub threshold: Option<Threshold>,
    /// What is said in place of a number, or to do next; may be empty.
    pub note: String,
    /// The flag with which it would be set up; empty where it is, or cannot be.
    pub flag: &'static str,
}

/// From where on a number is an alert.
#[derive(Clone, Debug)]
pub struct Threshold {
    /// The level, in the unit of the number.
    pub level: f64,
    /// `above` or `below`.
    pub comparison: &'static str,
    /// Id of the rule.
    pub rule: String,
}

/// The head of the overview as HTML.
pub fn overview(head: Overview) -> String {
    let silent = head.silent.map(|millis| {
        let text =
            format!("Nothing has been measured for {}: what stands here is older.", format::age(millis));
        view! { <p class="said bad" role="alert">{text}" The log of the server says more."</p> }
    });
    let save = head.save.as_ref().map(save_link).unwrap_or_default();
    let ways = format!(
        "<a href=\"/arrange\" rel=\"external\">Arrange panels</a> <a href=\"/?wall\" rel=\"external\">Wall screen</a> {save}"
    );
    let cards = head.cards.clone().into_iter().map(Vital::view).collect_view();
    view! {
        <div class="glance" data-part="overview">
            {silent}
            {head.verdict()}
            <section class="vitals" aria-label="At a glance">{cards}</section>
            // None is a page of the program: they are loaded anew.
            <p class="ways" inner_html=ways></p>
        </div>
    }
    .into_any()
    .html()
}

impl Overview {
    fn verdict(self) -> AnyView {
        let Self { now, state, score, reasons, wrong, more, watched, .. } = self;
        let Some(now) = now else {
            return view! {
                <section class="verdict" data-state=State::Unknown.name() aria-labelledby="verdict">
                    <div class="whole">{State::Unknown.sign()}<h2 id="verdict">"No numbers yet"</h2></div>
                    <p class="facts">"The first ones are there within seconds."</p>
                </section>
            }
            .into_any();
        };
        let title = match state {
            State::Bad => "Something is wrong",
            State::Near => "Worth a look",
            State::Good | State::Unknown | State::Absent => "All is well",
        };
        let is_quiet = reasons.is_empty() && wrong.is_empty();
        let reason = |Reason { state, text }: Reason| {
            view! { <li>{state.marked()}<span class="message">{text}</span></li> }
        };
        let one = |Wrong { severity: how_bad, message, since, rule, note }: Wrong| {
            let href = format!("/alerts?rule={rule}");
            let note = (!note.is_empty()).then(|| format!(" · {note}"));
            view! {
                <li>
                    {severity(how_bad)}
                    <a class="message" href=href>{message}</a>
                    <span class="facts">{lasting(since, now)}" · since "{moment(since)}{note}</span>
                </li>
            }
        };
        let more = (more > 0).then(|| {
            view! { <li><a href="/alerts">{format!("{} fire", count(more, "more alert", "more alerts"))}</a></li> }
        });
        let quiet = is_quiet.then(|| {
            let text = format!(
                "{} {} {}, and nothing fires.",
                count(watched.rules, "rule", "rules"),
                if watched.rules == 1 { "watches" } else { "watch" },
                count(watched.series, "series", "series"),
            );
            let last = watched.last_over.map(|time| view! { " The last alert was over "{moment(time)}"." });
            view! { <p class="facts">{text}{last}</p> }
        });
        let list = (!is_quiet).then(|| {
            view! {
                <ul class="reasons" aria-label="Why">
                    {reasons.into_iter().map(reason).collect_view()}
                    {wrong.into_iter().map(one).collect_view()}
                    {more}
                </ul>
            }
        });
        view! {
            <section class="verdict" data-state=state.name() aria-labelledby="verdict">
                <div class="whole">
                    {state.sign()}
                    <h2 id="verdict">{title}</h2>
                    <p class="score"><span class="number">{score.to_string()}</span>" of 100"</p>
                </div>
                {quiet}
                {list}
            </section>
        }
        .into_any()
    }
}

impl Vital {
    fn view(self) -> AnyView {
        let Self { id, title, page, state, number, unit, word, facts, spark, threshold, note, flag } = self;
        let heading = format!("vital-{id}");
        let labelled_by = heading.clone();
        let (number, suffix) = unit.write(number.unwrap_or(f64::NAN));
        let figure = (state != State::Absent).then(|| {
            view! {
                <p class="figure">
                    <span class="number">{number}</span>" "<span class="unit">{suffix}</span>" "
                    <span class="label">{word}</span>
                </p>
            }
        });
        let level = threshold.as_ref().map(|threshold| threshold.level);
        let spark = spark.map(|spark| spark.view(title, unit, level));
        let facts: Vec<String> = facts.into_iter().map(|(text, word)| format!("{word} {text}")).collect();
        let facts = (!facts.is_empty()).then(|| view! { <p class="beside">{facts.join(" · ")}</p> });
        let threshold = threshold.map(|Threshold { level, comparison, rule }| {
            let href = format!("/alerts?view=rule&id={rule}");
            view! { <p class="limit"><a href=href>{format!("Alert {comparison} {}", unit.text(level))}</a></p> }
        });
        let note = (!note.is_empty()).then(|| view! { <p class="beside">{note}</p> });
        let next = (!flag.is_empty()).then(|| {
            view! {
                <p class="beside">"Start with "<code>{flag}</code></p>
                <p class="limit"><a href=page>{format!("Set up: {title}")}</a></p>
            }
        });
        view! {
            <article class="vital" data-state=state.name() aria-labelledby=labelled_by>
                <header>
                    <h3 id=heading><a href=page>{title}</a></h3>
                    {state.marked()}
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
#[path = "overview_tests.rs"]
mod tests;
