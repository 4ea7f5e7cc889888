//! Lookup of route policies by matched path and method, built from the route table.

use super::audit_policy::AuditPolicy;
use super::route::{Route, RoutePolicy, Work};
use axum::http::Method;
use std::collections::HashMap;
use watchglass_auth::Permission;

/// Policies of all routes.
pub(super) struct RoutePolicies {
    by_path: HashMap<String, Vec<(Method, RoutePolicy)>>,
}

impl RoutePolicies {
    pub(super) fn new(routes: &[Route]) -> Self {
        let mut by_path: HashMap<String, Vec<(Method, RoutePolicy)>> = HashMap::new();
        for route in routes {
            for path in route.paths() {
                by_path.entry(path).or_default().push((route.method(), route.policy()));
            }
        }
        Self { by_path }
    }

    /// Policy of a request to a matched path; `None` if the path is not in the table.
    pub(super) fn find(&self, path: &str, method: &Method) -> Option<RoutePolicy> {
        let lines = self.by_path.get(path)?;
        let method = if *method == Method::HEAD { &Method::GET } else { method };
        let found = lines.iter().find(|(known, _)| known == method).map(|(_, policy)| *policy);
        found.or_else(|| unlisted_method(lines))
    }
}

/// Policy of a method that the path does not support. The response is 405, for clients that may use all methods of the path.
fn unlisted_method(lines: &[(Method, RoutePolicy)]) -> Option<RoutePolicy> {
    let (_, first) = lines.first()?;
    let is_uniform = lines.iter().all(|(_, policy)| policy.permission == first.permission);
    Some(RoutePolicy {
        permission: if is_uniform { first.permission } else { Permission::Admin },
        audit: AuditPolicy::Audited,
        limit: first.limit,
        work: Work::Light,
    })
}

#[cfg(test)]
mod tests {
    use super::super::table;
    use super::*;

    #[test]
    fn policy_is_that_of_the_method() {
        let policies = RoutePolicies::new(&table::routes());
        for (path, method, expected) in [
            ("/api/admin/rules", Method::GET, Some((Permission::Viewer, AuditPolicy::ReadOnly))),
            ("/api/admin/rules/", Method::HEAD, Some((Permission::Viewer, AuditPolicy::ReadOnly))),
            ("/api/admin/rules/", Method::POST, Some((Permission::Admin, AuditPolicy::Audited))),
            // Unsupported methods: the strictest permission.
            ("/api/admin/rules", Method::OPTIONS, Some((Permission::Admin, AuditPolicy::Audited))),
            ("/settings", Method::PATCH, Some((Permission::Viewer, AuditPolicy::Audited))),
            ("/api/ingest", Method::GET, Some((Permission::Ingest, AuditPolicy::Audited))),
            ("/api/core/admin/system/health", Method::GET, Some((Permission::Admin, AuditPolicy::ReadOnly))),
            ("/no/such/route", Method::GET, None),
        ] {
            let found = policies.find(path, &method);
            assert_eq!(found.map(|found| (found.permission, found.audit)), expected, "{method} {path}");
        }
    }
}
