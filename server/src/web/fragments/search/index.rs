//! Search index: pages and their views, monitored instances, charts and actions. Entries of administrators are only visible to
//! them.

use crate::app_state::AppState;
use crate::query::catalogue;
use crate::web::PageContext;
use std::borrow::Cow;
use url::form_urlencoded::byte_serialize;
use watchglass_auth::Credential;
use watchglass_model::Panel;
use watchglass_pages::search::{EntryKind, SearchEntry, SearchHit, SearchTarget, page_of_section};

/// Who sees an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Audience {
    Everyone,
    /// Signed-in users, not API tokens.
    Users,
    Admins,
    /// Browsers with scripts.
    Scripts,
}

/// Views and pages that are not in the top bar: title, URL, keywords, audience.
const SECTIONS: &[(&str, &str, &str, Audience)] = &[
    ("Alerts: history", "/alerts?view=history", "past over resolved incidents", Audience::Everyone),
    ("Alerts: rules", "/alerts?view=rules", "thresholds levels", Audience::Everyone),
    ("Alerts: silences", "/alerts?view=silences", "maintenance mute quiet", Audience::Everyone),
    ("Alerts: channels", "/alerts?view=channels", "mail slack webhook sms notifications", Audience::Everyone),
    (
        "Alerts: deliveries",
        "/alerts?view=deliveries",
        "messages outbox sent notifications",
        Audience::Everyone,
    ),
    (
        "Alerts: heartbeats",
        "/alerts?view=heartbeats",
        "jobs cron backups dead man's switch",
        Audience::Everyone,
    ),
    ("Your account", "/settings?view=account", "profile user sessions", Audience::Everyone),
    ("Users", "/settings?view=users", "people accounts roles", Audience::Admins),
    ("API tokens", "/settings?view=tokens", "keys programs", Audience::Admins),
    ("Sessions", "/settings?view=sessions", "signed in browsers", Audience::Admins),
    ("Audit log", "/settings?view=audit", "who changed what", Audience::Admins),
];

/// Actions: title, target, keywords, audience.
static ACTIONS: [(&str, SearchTarget, &str, Audience); 16] = [
    ("Acknowledge an alert", page_target("/alerts"), "look after ack", Audience::Admins),
    ("Silence alerts", page_target("/alerts?view=silences"), "mute maintenance quiet", Audience::Admins),
    ("New rule", page_target("/alerts?view=rule&new"), "add alert threshold", Audience::Admins),
    ("Send test notification", page_target("/alerts?view=channels"), "message channel", Audience::Admins),
    ("Add heartbeat", page_target("/alerts?view=heartbeats"), "job cron backup", Audience::Admins),
    ("Add user", page_target("/settings?view=users"), "person account", Audience::Admins),
    ("Create API token", page_target("/settings?view=tokens"), "new add key", Audience::Admins),
    (
        "Pause or resume charts",
        SearchTarget::Click(".pause:not([hidden])"),
        "stop freeze hold",
        Audience::Scripts,
    ),
    ("Export snapshot", SearchTarget::Click(".save"), "save download window post-mortem", Audience::Scripts),
    (
        "Switch between dark and light",
        SearchTarget::Click(".theme-switch"),
        "theme colours",
        Audience::Scripts,
    ),
    (
        "Switch times between local and UTC",
        SearchTarget::Click(".zone-switch"),
        "clock time zone",
        Audience::Scripts,
    ),
    ("Edit layout", SearchTarget::External("/layout"), "arrange panels order hide width", Audience::Users),
    ("TV mode", SearchTarget::External("/?kiosk"), "wall screen kiosk", Audience::Everyone),
    (
        "API documentation",
        SearchTarget::External("/api/docs"),
        "rest openapi description",
        Audience::Everyone,
    ),
    ("Change password", page_target("/settings?view=account"), "", Audience::Users),
    ("Sign out", SearchTarget::Post("/api/logout"), "log leave", Audience::Users),
];

/// Keywords of the pages of the top bar.
const PAGE_KEYWORDS: &[(&str, &str)] = &[
    ("/", "home start health host"),
    ("/trends", "past statistics compare"),
    ("/database", "postgresql sql"),
    ("/cache", "redis"),
    ("/performance", "requests routes latency errors applications"),
    ("/processes", "commands top"),
    ("/settings", "configuration"),
];

const fn page_target(address: &'static str) -> SearchTarget {
    SearchTarget::Page(Cow::Borrowed(address))
}

/// All entries that the user may see; without `has_program` (scripts), those that need no scripts.
pub(super) fn entries(context: &PageContext, has_program: bool) -> Vec<SearchEntry> {
    let state = &context.state;
    let is_person = matches!(context.principal.credential, Credential::Session(_));
    let may = |who: Audience| match who {
        Audience::Everyone => true,
        Audience::Users => is_person,
        Audience::Admins => context.may_change(),
        Audience::Scripts => has_program,
    };
    let mut things: Vec<SearchEntry> = app::PAGES.iter().map(|&(path, title)| page(path, title)).collect();
    let sections = SECTIONS.iter().filter(|(.., who)| may(*who));
    things.extend(sections.map(|&(title, address, words, _)| {
        entry(EntryKind::Section, title, "Page", page_target(address), words)
    }));
    things.extend(instances(state));
    things.extend(charts(state, is_person.then_some(context.principal.name.as_str())));
    let actions = ACTIONS.iter().filter(|(.., who)| may(*who));
    things.extend(
        actions.map(|(title, lead, words, _)| entry(EntryKind::Action, title, "Action", lead.clone(), words)),
    );
    things
}

fn entry(kind: EntryKind, title: &str, what: &str, lead: SearchTarget, words: &str) -> SearchEntry {
    let found = SearchHit { title: title.to_owned(), kind: what.to_owned(), target: lead };
    SearchEntry { kind, hit: found, keywords: words.to_owned() }
}

fn page(path: &'static str, title: &str) -> SearchEntry {
    let words = PAGE_KEYWORDS.iter().find(|(known, _)| *known == path).map_or("", |(_, words)| words);
    entry(EntryKind::Page, title, "Page", page_target(path), words)
}

/// This host, the monitored databases and caches, and the applications that report.
fn instances(state: &AppState) -> Vec<SearchEntry> {
    let one = |title: &str, what: &str, lead| entry(EntryKind::Instance, title, what, lead, what);
    let services = state.targets.latest_details();
    let mut things = vec![one(state.metrics.host().name.as_str(), "Host", page_target("/"))];
    let databases = services.postgres.iter().map(|known| &known.details.instance);
    things.extend(databases.map(|name| one(name, "Database", page_target("/database"))));
    let caches = services.redis.iter().map(|known| &known.details.instance);
    things.extend(caches.map(|name| one(name, "Cache", page_target("/cache"))));
    let application = |name: String| {
        let filter: String = byte_serialize(name.as_bytes()).collect();
        one(&name, "Application", SearchTarget::Page(format!("/performance?filter={filter}").into()))
    };
    things.extend(catalogue::application_names(&state.metrics).into_iter().map(application));
    things
}

/// Panels that have data, with their metrics. Panels that the user `person` has hidden on the overview are on the trends page.
fn charts(state: &AppState, person: Option<&str>) -> Vec<SearchEntry> {
    let layout = person.and_then(|name| state.layouts.get(name));
    let seen = catalogue::panels_with_data(&state.metrics);
    let chart = |panel: &Panel| {
        let placed = layout.as_ref().and_then(|layout| layout.placement(&panel.id));
        let page = match page_of_section(&panel.section) {
            "/" if placed.is_some_and(|placed| placed.hidden) => "/trends",
            page => page,
        };
        let metrics = state.metrics.catalogue().shown_in(&panel.id).map(|(metric, _)| metric.name.as_str());
        let words: Vec<&str> =
            [panel.section.as_str(), panel.id.as_str()].into_iter().chain(metrics).collect();
        let lead = SearchTarget::Page(format!("{page}#panel-{}", panel.id).into());
        entry(EntryKind::Chart, &panel.title, &format!("Chart · {}", panel.section), lead, &words.join(" "))
    };
    state.metrics.catalogue().panels().iter().filter(|panel| seen.contains(&panel.id)).map(chart).collect()
}
