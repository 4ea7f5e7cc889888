//! What there is to be found: pages and their parts, who is watched, charts, and what can be done. What only administrators may
//! do is there for them alone.

use super::Visit;
use crate::core::Core;
use app::Backend as _;
use app::fragments::{Found, Lead, page_of};
use std::borrow::Cow;
use url::form_urlencoded::byte_serialize;
use watchglass_access::By;
use watchglass_model::Panel;

/// A kind of thing. Of things that fit equally well, those of the first kind are shown first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// A page of the top bar.
    Page,
    /// A view of such a page, or a page beside them.
    Section,
    /// A host, a server, an application.
    Watched,
    /// A panel with its metrics.
    Chart,
    /// What can be done.
    Deed,
}

/// Something that can be found.
#[derive(Clone, Debug)]
pub(super) struct Thing {
    /// What it is.
    pub(super) kind: Kind,
    /// What is shown of it.
    pub(super) found: Found,
    /// What it is called besides.
    pub(super) words: String,
}

/// Who may go there, or do that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    All,
    /// People who are signed in, not programs with a token.
    People,
    Admins,
    /// Nobody without the page's program.
    Program,
}

/// Views and pages that are not in the top bar: title, address, other words, who may see them.
const SECTIONS: &[(&str, &str, &str, Who)] = &[
    ("Alerts: history", "/alerts?view=history", "past over resolved incidents", Who::All),
    ("Alerts: rules", "/alerts?view=rules", "thresholds levels", Who::All),
    ("Alerts: silences", "/alerts?view=silences", "maintenance mute quiet", Who::All),
    ("Alerts: channels", "/alerts?view=channels", "mail slack webhook sms notifications", Who::All),
    ("Alerts: deliveries", "/alerts?view=deliveries", "messages outbox sent notifications", Who::All),
    ("Your account", "/settings?view=account", "profile user sessions", Who::All),
    ("People", "/settings?view=people", "users accounts roles", Who::Admins),
    ("Tokens", "/settings?view=tokens", "api keys programs", Who::Admins),
    ("Sessions", "/settings?view=sessions", "signed in browsers", Who::Admins),
    ("Audit log", "/settings?view=audit", "who changed what", Who::Admins),
];

/// What can be done: title, what comes of it, other words, who may.
static DEEDS: [(&str, Lead, &str, Who); 15] = [
    ("Acknowledge an alert", to("/alerts"), "look after", Who::Admins),
    ("Silence alerts", to("/alerts?view=silences"), "mute maintenance quiet", Who::Admins),
    ("New rule", to("/alerts?view=rule&new"), "add alert threshold", Who::Admins),
    ("Send a test message", to("/alerts?view=channels"), "notify channel", Who::Admins),
    ("Add a person", to("/settings?view=people"), "user account", Who::Admins),
    ("New token", to("/settings?view=tokens"), "add api key", Who::Admins),
    ("Pause the charts, or go on", Lead::Press(".pause:not([hidden])"), "stop freeze hold", Who::Program),
    ("Save this window", Lead::Press(".save"), "export download snapshot post-mortem", Who::Program),
    ("Switch between dark and light", Lead::Press(".theme-switch"), "theme colours", Who::Program),
    ("Switch times between local and UTC", Lead::Press(".zone-switch"), "clock time zone", Who::Program),
    ("Arrange panels", Lead::Away("/arrange"), "layout order hide width", Who::People),
    ("Wall screen", Lead::Away("/?wall"), "tv kiosk", Who::All),
    ("Description of the API", Lead::Away("/api/docs"), "rest openapi documentation", Who::All),
    ("Change your password", to("/settings?view=account"), "", Who::People),
    ("Sign out", Lead::Send("/api/logout"), "log leave", Who::People),
];

/// What the pages of the top bar are called besides.
const PAGE_WORDS: &[(&str, &str)] = &[
    ("/", "home start health host"),
    ("/trends", "past statistics compare"),
    ("/database", "postgresql sql"),
    ("/cache", "redis"),
    ("/performance", "requests routes latency errors applications"),
    ("/processes", "commands top"),
    ("/settings", "configuration"),
];

const fn to(address: &'static str) -> Lead {
    Lead::To(Cow::Borrowed(address))
}

/// All that there is for whoever asks; without the page's program, what needs none.
pub(super) fn all(visit: &Visit, has_program: bool) -> Vec<Thing> {
    let core = visit.core.as_ref();
    let is_person = matches!(visit.pass.by, By::Session(_));
    let may = |who: Who| match who {
        Who::All => true,
        Who::People => is_person,
        Who::Admins => visit.may_change(),
        Who::Program => has_program,
    };
    let mut things: Vec<Thing> = app::PAGES.iter().map(|&(path, title)| page(path, title)).collect();
    let sections = SECTIONS.iter().filter(|(.., who)| may(*who));
    things.extend(
        sections.map(|&(title, address, words, _)| thing(Kind::Section, title, "Page", to(address), words)),
    );
    things.extend(watched(core));
    things.extend(charts(core, is_person.then_some(visit.pass.name.as_str())));
    let deeds = DEEDS.iter().filter(|(.., who)| may(*who));
    things
        .extend(deeds.map(|(title, lead, words, _)| thing(Kind::Deed, title, "Action", lead.clone(), words)));
    things
}

fn thing(kind: Kind, title: &str, what: &str, lead: Lead, words: &str) -> Thing {
    let found = Found { title: title.to_owned(), kind: what.to_owned(), lead };
    Thing { kind, found, words: words.to_owned() }
}

fn page(path: &'static str, title: &str) -> Thing {
    let words = PAGE_WORDS.iter().find(|(known, _)| *known == path).map_or("", |(_, words)| words);
    thing(Kind::Page, title, "Page", to(path), words)
}

/// This host, the servers that are watched, and the applications that tell of themselves.
fn watched(core: &Core) -> Vec<Thing> {
    let one = |title: &str, what: &str, lead| thing(Kind::Watched, title, what, lead, what);
    let services = core.services();
    let mut things = vec![one(core.host_name(), "Host", to("/"))];
    let databases = services.postgres.iter().map(|known| &known.details.instance);
    things.extend(databases.map(|name| one(name, "Database", to("/database"))));
    let caches = services.redis.iter().map(|known| &known.details.instance);
    things.extend(caches.map(|name| one(name, "Cache", to("/cache"))));
    let application = |name: String| {
        let filter: String = byte_serialize(name.as_bytes()).collect();
        one(&name, "Application", Lead::To(format!("/performance?filter={filter}").into()))
    };
    things.extend(core.application_names().into_iter().map(application));
    things
}

/// The panels that show something, with their metrics. What `person` has left out of the overview is among the trends still.
fn charts(core: &Core, person: Option<&str>) -> Vec<Thing> {
    let layout = person.and_then(|name| core.layouts.of(name));
    let seen = core.shown_panels();
    let chart = |panel: &Panel| {
        let placed = layout.as_ref().and_then(|layout| layout.placed(&panel.id));
        let page = match page_of(&panel.section) {
            "/" if placed.is_some_and(|placed| placed.hidden) => "/trends",
            page => page,
        };
        let metrics = core.catalogue().shown_in(&panel.id).map(|(metric, _)| metric.name.as_str());
        let words: Vec<&str> =
            [panel.section.as_str(), panel.id.as_str()].into_iter().chain(metrics).collect();
        let lead = Lead::To(format!("{page}#panel-{}", panel.id).into());
        thing(Kind::Chart, &panel.title, &format!("Chart · {}", panel.section), lead, &words.join(" "))
    };
    core.catalogue().panels().iter().filter(|panel| seen.contains(&panel.id)).map(chart).collect()
}
