//! Pages of lists and forms: fills them from the core, and does what their forms ask for.
//!
//! `ask.rs` says which view is asked for; `active.rs`, `rules.rs`, `silences.rs` and `told.rs` fill the views; `act.rs` does
//! what a form asks for, and nothing else changes anything. `rule_form.rs`, `silence_form.rs`, `lines.rs` and `duration.rs`
//! read what people type.

mod act;
mod active;
mod alert_acts;
mod ask;
mod duration;
mod fields;
mod lines;
mod rule_acts;
mod rule_form;
mod rules;
mod silence_form;
mod silences;
mod told;

pub(crate) use act::{Answer, act};
pub(crate) use fields::Fields;

use crate::core::Core;
use app::fragments::{Alerts, Content, Counts, Past, Said, Typed};
use ask::Ask;
use thiserror::Error;

/// The page of lists that there is.
pub(crate) const ALERTS: &str = "/alerts";

/// Why there is no such page.
#[derive(Debug, Error)]
pub(crate) enum FragmentError {
    /// The path is none of a page of lists and forms.
    #[error("There is no page of lists at {0}: there is {ALERTS}")]
    Path(String),
    /// There is no such view.
    #[error(
        "There is no view {0:?}: there are active, history, rules, rule, silences, channels and deliveries"
    )]
    View(String),
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
pub(crate) fn page(core: &Core, path: &str, query: &str) -> Result<String, FragmentError> {
    if path != ALERTS {
        return Err(FragmentError::Path(path.chars().take(100).collect()));
    }
    let (ask, said) = Ask::parse(query)?;
    render(core, &ask, Shown { said, ..Shown::default() })
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

fn render(core: &Core, ask: &Ask, shown: Shown) -> Result<String, FragmentError> {
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
    Ok(app::fragments::alerts(Alerts { counts, said, keeps, content }))
}
