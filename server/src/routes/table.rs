//! Route table: every route of the server except the pages, which are the fallback of the router.
//!
//! Router, authorization, audit, rate limits, the limit of concurrent work and OpenAPI document are built from it, so a new
//! route is one line here.

use super::audit_policy::AuditPolicy::{Audited, Exempt, ReadOnly};
use super::authorize::METRICS_PATH;
use super::route::{Route, route};
use super::{docs, openapi};
use crate::api::{
    alerts, annotations, audit, channels, heartbeats, ingest, live, liveness, rules, scrape, silences,
    system, tokens, users,
};
use crate::rate_limit::LimitClass as Limit;
use crate::web::{action_links, fragment, functions, layout, login, pages, panel, search, snapshot};
use utoipa::openapi::HttpMethod::{Delete, Get, Patch, Post, Put};
use utoipa_axum::routes as documented;
use watchglass_auth::Permission::{Admin, Ingest, Public, Viewer};

/// 1 December 2026, 00:00 UTC.
const DECEMBER_2026: i64 = 1_796_083_200;

/// Why previews are not audited.
const PREVIEW: &str = "read-only: evaluates a rule on past data";
/// Why heartbeats are not audited.
const HEARTBEAT: &str = "jobs send it every few minutes, and it changes no settings";

/// All routes: method, path, handler, permission, audit policy and rate limit. GET routes of pages and of the REST API count as
/// heavy work, unless they are `light`: what must be answered on a busy server.
#[rustfmt::skip] // One line per route.
pub(super) fn routes() -> Vec<Route> {
    vec![
        // Sign-in and the server itself.
        route(Get, "/login", login::page, Public, ReadOnly, Limit::Pages).light(),
        route(Post, "/api/login", documented!(login::login), Public, Audited, Limit::Pages),
        route(Post, "/api/logout", documented!(login::logout), Public, Audited, Limit::Pages),
        // A load balancer must get an answer, whatever others behind its address do.
        route(Get, "/api/live", documented!(liveness::live), Public, ReadOnly, Limit::Pages).light().unlimited(),
        route(Get, "/api/openapi.json", documented!(openapi::openapi), Viewer, ReadOnly, Limit::Rest),
        route(Get, "/api/docs", docs::docs, Viewer, ReadOnly, Limit::Pages),

        // Pages with forms, and what pages load.
        route(Get, "/alerts", pages::page_or_file, Viewer, ReadOnly, Limit::Pages),
        route(Post, "/alerts", fragment::alerts_action, Admin, Audited, Limit::Pages),
        route(Post, fragment::PREVIEW_PATH, fragment::preview_action, Viewer, Exempt(PREVIEW), Limit::Pages).heavy(),
        route(Get, "/settings", pages::page_or_file, Viewer, ReadOnly, Limit::Pages),
        // Users change their own password and end their own sessions here; the handler checks the role for all other actions.
        route(Post, "/settings", fragment::settings_action, Viewer, Audited, Limit::Pages).heavy(),
        route(Get, "/layout", layout::page, Viewer, ReadOnly, Limit::Pages).also_at("/arrange"),
        route(Post, "/layout", layout::submit, Viewer, Exempt("each user arranges their own panels"), Limit::Pages).also_at("/arrange"),
        route(Get, layout::STYLESHEET_URL, layout::stylesheet, Viewer, ReadOnly, Limit::Pages).light(),
        route(Get, "/search", search::page, Viewer, ReadOnly, Limit::Pages).also_at("/find"),
        route(Get, "/panels/{panel}", panel::table, Viewer, ReadOnly, Limit::Pages),
        route(Get, "/panels/{panel}/csv", panel::csv, Viewer, ReadOnly, Limit::Pages),
        route(Get, live::PATH, live::open, Viewer, ReadOnly, Limit::Live),
        route(Get, "/api/fragment/{page}", fragment::fragment, Viewer, ReadOnly, Limit::Pages),
        route(Get, format!("{}/{{function}}", app::api::PREFIX), functions::call, Viewer, ReadOnly, Limit::Pages),
        route(Get, "/api/snapshot.html", documented!(snapshot::snapshot), Viewer, ReadOnly, Limit::Pages),

        // Action links of messages: the signed token in the URL authorizes the action.
        route(Get, "/action/{token}", action_links::show, Public, ReadOnly, Limit::Pages).also_at("/do/{token}").light(),
        route(Post, "/action/{token}", action_links::execute, Public, Audited, Limit::Pages).also_at("/do/{token}"),

        // Other applications.
        route(Get, METRICS_PATH, documented!(scrape::scrape), Viewer, ReadOnly, Limit::Metrics),
        route(Post, "/api/ingest", documented!(ingest::ingest), Ingest, Exempt("delivers samples every second and changes no settings"), Limit::Ingest),
        route(Post, "/api/heartbeat/{name}", documented!(heartbeats::beat), Ingest, Exempt(HEARTBEAT), Limit::Ingest),
        route(Get, "/api/heartbeat/{name}", documented!(heartbeats::beat_by_get), Ingest, Exempt(HEARTBEAT), Limit::Ingest),
        route(Post, "/api/heartbeat/{name}/fail", documented!(heartbeats::fail), Ingest, Exempt(HEARTBEAT), Limit::Ingest),
        route(Get, "/api/heartbeat/{name}/fail", documented!(heartbeats::fail_by_get), Ingest, Exempt(HEARTBEAT), Limit::Ingest),
        route(Post, "/api/annotations", documented!(annotations::add_annotation), Ingest, Audited, Limit::Pages),

        // Current values, health, alerts and history.
        route(Get, "/api/admin/system/metrics/?", documented!(system::system_metrics), Admin, ReadOnly, Limit::Rest).with_core_alias(),
        route(Get, "/api/admin/system/health/?", documented!(system::system_health), Admin, ReadOnly, Limit::Rest).with_core_alias().light(),
        route(Get, "/api/admin/system/alerts/?", documented!(system::system_alerts), Admin, ReadOnly, Limit::Rest).with_core_alias(),
        route(Get, "/api/admin/system/history/?", documented!(system::system_history), Admin, ReadOnly, Limit::Rest).with_core_alias(),

        // Rules.
        route(Get, "/api/admin/rules/?", documented!(rules::rules), Viewer, ReadOnly, Limit::Rest),
        route(Post, "/api/admin/rules/?", documented!(rules::changes::create_rule), Admin, Audited, Limit::Rest),
        route(Post, "/api/admin/rules/preview", documented!(rules::preview), Viewer, Exempt(PREVIEW), Limit::Rest).heavy(),
        route(Get, "/api/admin/rules/{id}", documented!(rules::rule), Viewer, ReadOnly, Limit::Rest),
        route(Put, "/api/admin/rules/{id}", documented!(rules::changes::put_rule), Admin, Audited, Limit::Rest),
        route(Delete, "/api/admin/rules/{id}", documented!(rules::changes::delete_rule), Admin, Audited, Limit::Rest),
        route(Put, "/api/admin/rules/{id}/enabled", documented!(rules::changes::enable_rule), Admin, Audited, Limit::Rest),

        // Silences, acknowledgements and notifications.
        route(Get, "/api/admin/silences/?", documented!(silences::silences), Viewer, ReadOnly, Limit::Rest),
        route(Post, "/api/admin/silences/?", documented!(silences::add_silence), Admin, Audited, Limit::Rest),
        route(Delete, "/api/admin/silences/{id}", documented!(silences::end_silence), Admin, Audited, Limit::Rest),
        route(Post, "/api/admin/alerts/acknowledge", documented!(silences::acknowledge), Admin, Audited, Limit::Rest),
        route(Delete, "/api/admin/alerts/acknowledge", documented!(silences::unacknowledge), Admin, Audited, Limit::Rest),
        route(Post, "/api/admin/alerts/acknowledge/withdraw", documented!(silences::withdraw), Admin, Audited, Limit::Rest)
            .replaced_by(Delete, "/api/admin/alerts/acknowledge", DECEMBER_2026),
        route(Post, "/api/admin/alerts/resolve", documented!(alerts::resolve), Admin, Audited, Limit::Rest),
        route(Get, "/api/admin/channels/?", documented!(channels::channels), Viewer, ReadOnly, Limit::Rest),
        route(Post, "/api/admin/channels/{name}/test", documented!(channels::test), Admin, Audited, Limit::Rest),
        route(Get, "/api/admin/deliveries/?", documented!(channels::deliveries), Viewer, ReadOnly, Limit::Rest),
        route(Post, "/api/admin/deliveries/resend", documented!(channels::resend), Admin, Audited, Limit::Rest),

        // Heartbeats.
        route(Get, "/api/admin/heartbeats/?", documented!(heartbeats::heartbeats), Viewer, ReadOnly, Limit::Rest),
        route(Post, "/api/admin/heartbeats/?", documented!(heartbeats::add_heartbeat), Admin, Audited, Limit::Rest),
        route(Delete, "/api/admin/heartbeats/{name}", documented!(heartbeats::remove_heartbeat), Admin, Audited, Limit::Rest),

        // Annotations.
        route(Get, "/api/admin/annotations/?", documented!(annotations::annotations), Viewer, ReadOnly, Limit::Rest),
        route(Post, "/api/admin/annotations/?", documented!(annotations::add_annotation_as_admin), Admin, Audited, Limit::Rest),
        route(Delete, "/api/admin/annotations/{id}", documented!(annotations::remove_annotation), Admin, Audited, Limit::Rest),

        // Users, tokens, sessions and the audit log.
        route(Get, "/api/admin/users/?", documented!(users::users), Admin, ReadOnly, Limit::Rest),
        route(Post, "/api/admin/users/?", documented!(users::add_user), Admin, Audited, Limit::Rest),
        route(Patch, "/api/admin/users/{name}", documented!(users::change_user), Admin, Audited, Limit::Rest),
        route(Get, "/api/admin/tokens/?", documented!(tokens::tokens), Admin, ReadOnly, Limit::Rest),
        route(Post, "/api/admin/tokens/?", documented!(tokens::add_token), Admin, Audited, Limit::Rest),
        route(Delete, "/api/admin/tokens/{id}", documented!(tokens::revoke_token), Admin, Audited, Limit::Rest),
        route(Get, "/api/admin/sessions/?", documented!(tokens::sessions), Admin, ReadOnly, Limit::Rest),
        route(Delete, "/api/admin/sessions/{id}", documented!(tokens::end_session), Admin, Audited, Limit::Rest),
        route(Get, "/api/admin/audit/?", documented!(audit::audit), Admin, ReadOnly, Limit::Rest),
    ]
}

#[cfg(test)]
mod tests {
    use super::super::route::Work;
    use super::*;
    use axum::http::Method;

    #[test]
    fn documentation_is_for_the_method_and_path_of_its_route() {
        for route in routes() {
            let is_described = !route.operations().is_empty();
            assert_eq!(is_described, route.is_documented(), "{} {:?}", route.method(), route.paths());
        }
    }

    #[test]
    fn only_parts_of_pages_are_undocumented() {
        let is_api = |path: &str| path.starts_with("/api/") || path == METRICS_PATH;
        let undocumented = routes().into_iter().filter(|route| !route.is_documented());
        let paths: Vec<String> =
            undocumented.flat_map(|route| route.paths()).filter(|path| is_api(path)).collect();
        assert_eq!(
            paths,
            ["/api/docs", layout::STYLESHEET_URL, "/api/fragment/{page}", "/api/fn/{function}"]
        );
    }

    #[test]
    fn changes_are_audited_or_exempt_for_a_reason() {
        for route in routes() {
            let is_valid = match route.policy().audit {
                ReadOnly => route.method() == Method::GET,
                Audited => route.method() != Method::GET,
                // Only jobs whose clients cannot send POST change something with GET.
                Exempt(HEARTBEAT) => true,
                Exempt(reason) => route.method() != Method::GET && !reason.is_empty(),
            };
            assert!(is_valid, "{} {:?}", route.method(), route.paths());
        }
    }

    #[test]
    fn no_base_path_begins_like_a_path_of_the_server() {
        let routes = routes().into_iter().flat_map(|route| route.paths());
        let pages = app::PAGES.into_iter().map(|(path, _)| path.to_owned());
        let mut found: Vec<String> = routes
            .chain(pages)
            .chain(["/pkg/".to_owned()])
            .filter_map(|path| Some(path.split('/').nth(1)?.to_owned()))
            .filter(|segment| !segment.is_empty())
            .collect();
        found.sort_unstable();
        found.dedup();
        assert_eq!(found, crate::config::OWN_SEGMENTS);
    }

    #[test]
    fn what_must_be_answered_on_a_busy_server_does_not_wait() {
        let all = routes();
        let of = |wanted: &dyn Fn(&Route) -> bool| -> Vec<String> {
            let found = all.iter().filter(|route| wanted(route));
            found.map(|route| format!("{} {}", route.method(), route.paths()[0])).collect()
        };
        let is_get = |route: &Route| route.method() == Method::GET;
        assert_eq!(
            of(&|route| is_get(route) && route.policy().work == Work::Light),
            [
                "GET /login",
                "GET /api/live",
                &format!("GET {}", layout::STYLESHEET_URL),
                "GET /ws/live",
                "GET /action/{token}",
                "GET /metrics",
                "GET /api/heartbeat/{name}",
                "GET /api/heartbeat/{name}/fail",
                "GET /api/admin/system/health",
            ]
        );
        assert_eq!(
            of(&|route| !is_get(route) && route.policy().work == Work::Heavy),
            ["POST /alerts/preview", "POST /settings", "POST /api/admin/rules/preview"]
        );
    }

    #[test]
    fn lists_and_aliases_have_several_paths() {
        let paths = |path: &str| {
            let found = routes().into_iter().find(|route| route.paths().contains(&path.to_owned()));
            found.unwrap().paths().join(" ")
        };
        assert_eq!(paths("/api/ingest"), "/api/ingest");
        assert_eq!(paths("/arrange"), "/layout /arrange");
        assert_eq!(paths("/api/admin/users/"), "/api/admin/users /api/admin/users/");
        assert_eq!(
            paths("/api/admin/system/health"),
            "/api/admin/system/health /api/admin/system/health/ \
             /api/core/admin/system/health /api/core/admin/system/health/"
        );
    }
}
