//! Pages of lists and forms: fills them from the core, and does what their forms ask for.
//!
//! `ask.rs` says which view is asked for; `active.rs`, `rules.rs`, `silences.rs` and `told.rs` fill the views; `act.rs` does
//! what a form asks for, and nothing else changes anything. `rule_form.rs`, `silence_form.rs`, `lines.rs` and `duration.rs`
//! read what people type. `overview.rs`, `performance.rs` and `processes.rs` fill what stands above live charts,
//! `settings.rs` the page of settings; `people.rs` the views of who may call, `audit.rs` who did what, `place.rs` says which of them is asked for,
//! `settings_act.rs` does what their forms ask for; `question.rs` reads what is asked of tables; `find.rs` finds among `things.rs`.

mod act;
mod active;
mod alert_acts;
mod ask;
mod audit;
mod duration;
mod fields;
mod find;
mod lines;
mod overview;
mod people;
mod performance;
mod place;
mod processes;
mod question;
mod rule_acts;
mod rule_form;
mod rules;
mod saving;
mod services;
mod settings;
mod settings_act;
mod silence_form;
mod silences;
mod things;
mod told;
mod trends;
mod visit;

pub(crate) use act::{Answer, act};
pub(crate) use fields::Fields;
pub(crate) use find::FIND;
pub(crate) use settings_act::act_settings;
pub(crate) use visit::Visit;

use app::fragments::{Alerts, Content, Counts, Overview, Past, Said, Typed};
use ask::Ask;
use place::Place;
use thiserror::Error;

/// The page of alerts: the one whose forms do something.
pub(crate) const ALERTS: &str = "/alerts";
/// The head of the overview, which has no address of its own.
const OVERVIEW: &str = "/overview";
/// What the shapes of charts mean, for pages that go on without the server rendering them.
const MEANINGS: &str = "/meanings";
/// What is set, and who may call.
pub(crate) const SETTINGS: &str = "/settings";
/// All there are.
const PATHS: [&str; 12] = [
    ALERTS,
    OVERVIEW,
    MEANINGS,
    FIND,
    performance::PATH,
    processes::PATH,
    SETTINGS,
    trends::TRENDS,
    "/database",
    "/database-lists",
    "/cache",
    "/cache-lists",
];

/// Why there is no such page.
#[derive(Debug, Error)]
pub(crate) enum FragmentError {
    /// The path is none of a page of lists and forms.
    #[error("There is no page of lists at {0}: there are {paths}", paths = PATHS.join(", "))]
    Path(String),
    /// There is no such view.
    #[error(
        "There is no view {0:?}: there are active, history, rules, rule, silences, channels and deliveries"
    )]
    View(String),
    /// There is no such view of settings.
    #[error(
        "There is no view {0:?} of settings: there are settings, account, people, tokens, sessions and audit"
    )]
    Place(String),
    /// Who asks may not see it.
    #[error("This view needs the role admin: ask an administrator")]
    Role,
    /// There is no such rule.
    #[error("There is no rule {0:?}")]
    Rule(String),
    /// A parameter cannot be used.
    #[error("{0}")]
    Parameter(String),
}

/// The page at `path`, as `query` asks for it. May block for the outbox.
///
/// # Errors
/// There is no such page, or a parameter cannot be used.
pub(crate) fn page(visit: &Visit, path: &str, query: &str) -> Result<String, FragmentError> {
    Ok(part(visit, path, query)? + &saving::link(path, query))
}

/// The page that finds things, for those without the page's program.
///
/// # Errors
/// The question is too long.
pub(crate) fn find_page(visit: &Visit, query: &str) -> Result<String, FragmentError> {
    Ok(app::fragments::find_page(find::find(visit, query, false)?))
}

fn part(visit: &Visit, path: &str, query: &str) -> Result<String, FragmentError> {
    let core = visit.core.as_ref();
    match path {
        ALERTS => {
            let (ask, said) = Ask::parse(query)?;
            render(visit, &ask, Shown { said, ..Shown::default() })
        }
        OVERVIEW => {
            let save = saving::address(path, query);
            let head = overview::overview(core, crate::ticker::now());
            Ok(app::fragments::overview(Overview { save, ..head }))
        }
        FIND => Ok(app::fragments::finds(find::find(visit, query, true)?)),
        MEANINGS => Ok(app::fragments::meanings(core.panels())),
        performance::PATH => Ok(app::fragments::performance(performance::performance(core, query)?)),
        processes::PATH => Ok(app::fragments::processes(processes::processes(core, query)?)),
        trends::TRENDS => trends::page(core, query),
        SETTINGS => {
            let (place, log, said) = Place::parse(query)?;
            people::render(visit, place, people::Shown { said, log, ..people::Shown::default() })
        }
        _ => services::page(core, path, query)?
            .ok_or_else(|| FragmentError::Path(path.chars().take(100).collect())),
    }
}

/// What is shown in a view beside what the core has.
#[derive(Debug, Default)]
struct Shown {
    /// What came of what was asked for.
    said: Option<Said>,
    /// What was typed into its form, if something was.
    typed: Option<Typed>,
    /// What the rule in the form would have done.
    past: Option<Past>,
}

fn render(visit: &Visit, ask: &Ask, shown: Shown) -> Result<String, FragmentError> {
    let core = visit.core.as_ref();
    let Shown { said, typed, past } = shown;
    let now = core.newest().unwrap_or_default();
    let active = core.all_active_alerts();
    let counts = Counts {
        active: active.len(),
        rules: core.rules().len(),
        silences: core.telling().silences().iter().filter(|silence| silence.holds(now)).count(),
        channels: core.telling().channel_count(),
    };
    let keeps = typed.is_some();
    let typed_or_not = typed.clone().unwrap_or_default();
    let content = match ask {
        Ask::Active { rule } => {
            Content::Active(active::active(core, now, active, rule.clone(), typed_or_not))
        }
        Ask::History { rule, page } => Content::History(active::history(core, rule.clone(), *page)),
        Ask::Rules => Content::Rules(rules::rules(core, &active)),
        Ask::Rule { id } => {
            let view = rules::rule(core, &active, id.as_deref(), typed, past);
            Content::Rule(Box::new(view.ok_or_else(|| FragmentError::Rule(id.clone().unwrap_or_default()))?))
        }
        Ask::Silences => Content::Silences(silences::silences(core, now, typed_or_not)),
        Ask::Channels => Content::Channels(told::channels(core)),
        Ask::Deliveries => Content::Deliveries(told::deliveries(core, typed_or_not)),
    };
    Ok(app::fragments::alerts(Alerts { counts, said, keeps, may_change: visit.may_change(), content }))
}
