//! Types of the route table: a route with its handler, checks and documentation.

use super::audit_policy::AuditPolicy;
use super::deprecation::Deprecation;
use crate::app_state::AppState;
use crate::rate_limit::LimitClass;
use axum::handler::Handler;
use axum::http::Method;
use axum::routing::{MethodRouter, on};
use std::borrow::Cow;
use utoipa::openapi::path::{Operation, Paths};
use utoipa::openapi::schema::Schema;
use utoipa::openapi::{Deprecated, HttpMethod, RefOr};
use utoipa_axum::PathItemExt;
use utoipa_axum::router::UtoipaMethodRouter;
use watchglass_auth::Permission;

/// Suffix of paths that are served with and without a trailing slash.
const OPTIONAL_SLASH: &str = "/?";

/// Checks of a request before its handler runs, and its audit policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RoutePolicy {
    pub(super) permission: Permission,
    pub(super) audit: AuditPolicy,
    /// `None` for no limit.
    pub(super) limit: Option<LimitClass>,
    pub(super) work: Work,
}

/// Cost of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Work {
    /// Waits for the limit of concurrent work.
    Heavy,
    /// Answered at once, however busy the server is.
    Light,
}

impl Work {
    /// Cost of a route, unless the table says otherwise: pages and REST queries can be heavy. Changes are small, and must work
    /// on a busy server, for example to acknowledge its alerts.
    fn of(method: &HttpMethod, limit: LimitClass) -> Self {
        match (method, limit) {
            (HttpMethod::Get, LimitClass::Pages | LimitClass::Rest) => Self::Heavy,
            _ => Self::Light,
        }
    }
}

/// Line of the route table: one method of one path.
pub(super) struct Route {
    method: HttpMethod,
    path: Cow<'static, str>,
    endpoint: Endpoint,
    policy: RoutePolicy,
    has_core_alias: bool,
    /// Path of earlier versions, which still works.
    former_path: Option<&'static str>,
    /// What replaces this deprecated route.
    successor: Option<Successor>,
}

/// Route that replaces a deprecated one.
struct Successor {
    method: HttpMethod,
    path: &'static str,
    /// Day of the deprecation as Unix time.
    since: i64,
}

/// Creates a line of the route table. `/?` at the end of the path is an optional trailing slash.
pub(super) fn route<Kind>(
    method: HttpMethod,
    path: impl Into<Cow<'static, str>>,
    endpoint: impl IntoEndpoint<Kind>,
    permission: Permission,
    audit: AuditPolicy,
    limit: LimitClass,
) -> Route {
    Route {
        endpoint: endpoint.into_endpoint(&method),
        policy: RoutePolicy { permission, audit, limit: Some(limit), work: Work::of(&method, limit) },
        method,
        path: path.into(),
        has_core_alias: false,
        former_path: None,
        successor: None,
    }
}

impl Route {
    /// Also serves the route below `/api/core/`, the address of older clients.
    pub(super) fn with_core_alias(self) -> Self {
        Self { has_core_alias: true, ..self }
    }

    /// Also serves the route at its former path, so that saved links keep working.
    pub(super) fn also_at(self, former_path: &'static str) -> Self {
        Self { former_path: Some(former_path), ..self }
    }

    /// Answers the route at once, however busy the server is.
    pub(super) fn light(mut self) -> Self {
        self.policy.work = Work::Light;
        self
    }

    /// Takes the rate limit off the route.
    pub(super) fn unlimited(mut self) -> Self {
        self.policy.limit = None;
        self
    }

    /// Counts the route as heavy, although it is not a GET request.
    pub(super) fn heavy(mut self) -> Self {
        self.policy.work = Work::Heavy;
        self
    }

    /// Deprecates the route since a day (Unix time): responses, log and documentation point to its successor.
    pub(super) fn replaced_by(self, method: HttpMethod, path: &'static str, since: i64) -> Self {
        Self { successor: Some(Successor { method, path, since }), ..self }
    }

    /// Method of requests; GET includes HEAD.
    pub(super) fn method(&self) -> Method {
        http_method(&self.method)
    }

    pub(super) fn policy(&self) -> RoutePolicy {
        self.policy
    }

    /// All paths of the route.
    pub(super) fn paths(&self) -> Vec<String> {
        let mut paths = self.slash_forms();
        if self.has_core_alias {
            paths.extend(self.slash_forms().iter().map(|path| core_alias(path)));
        }
        paths.extend(self.former_path.map(str::to_owned));
        paths
    }

    fn slash_forms(&self) -> Vec<String> {
        match self.path.strip_suffix(OPTIONAL_SLASH) {
            Some(path) => vec![path.to_owned(), format!("{path}/")],
            None => vec![self.path.clone().into_owned()],
        }
    }

    /// Handler for the router, the same for all paths.
    pub(super) fn handler(&self) -> MethodRouter<AppState> {
        let handler = self.endpoint.handler.clone();
        match &self.successor {
            None => handler,
            Some(Successor { method, path, since }) => {
                let route = format!("{} {}", self.method(), self.path);
                Deprecation::new(route, &http_method(method), path, *since).announced_by(handler)
            }
        }
    }

    /// Whether the handler has documentation.
    #[cfg(test)]
    pub(super) fn is_documented(&self) -> bool {
        self.endpoint.documentation.is_some()
    }

    /// Adds the operations of the route to the OpenAPI document, after `finish` has completed them.
    pub(super) fn describe(&self, paths: &mut Paths, finish: impl Fn(&mut Operation)) {
        for (path, mut operation) in self.operations() {
            finish(&mut operation);
            paths.add_path_operation(path, vec![self.method.clone()], operation);
        }
    }

    /// Documented paths and operations. None, if the documentation of the handler is for another method or path: a test of the
    /// table rejects that.
    pub(super) fn operations(&self) -> Vec<(String, Operation)> {
        let Some(documentation) = &self.endpoint.documentation else { return Vec::new() };
        let found = self.slash_forms().into_iter().find_map(|path| {
            let operation = documentation.paths.get_path_operation(&path, self.method.clone())?;
            // Both forms are served; one is described.
            Some((path.strip_suffix('/').unwrap_or(&path).to_owned(), operation.clone()))
        });
        let Some((path, mut operation)) = found else { return Vec::new() };
        if self.successor.is_some() {
            operation.deprecated = Some(Deprecated::True);
        }
        let alias = self.has_core_alias.then(|| {
            let mut alias = operation.clone();
            alias.operation_id = alias.operation_id.map(|id| format!("core_{id}"));
            (core_alias(&path), alias)
        });
        [(path, operation)].into_iter().chain(alias).collect()
    }

    /// Schemas that the documented operations refer to.
    pub(super) fn schemas(&self) -> Schemas {
        self.endpoint
            .documentation
            .as_ref()
            .map(|documentation| documentation.schemas.clone())
            .unwrap_or_default()
    }
}

/// Named schemas.
type Schemas = Vec<(String, RefOr<Schema>)>;

/// Handler of a route.
pub(super) struct Endpoint {
    handler: MethodRouter<AppState>,
    documentation: Option<Documentation>,
}

/// Documentation from the `utoipa::path` attribute of a handler.
struct Documentation {
    paths: Paths,
    schemas: Schemas,
}

/// What serves a route: a handler, or `documented!(handler)` for one with a `utoipa::path` attribute.
pub(super) trait IntoEndpoint<Kind> {
    fn into_endpoint(self, method: &HttpMethod) -> Endpoint;
}

impl<H: Handler<T, AppState>, T: 'static> IntoEndpoint<T> for H {
    fn into_endpoint(self, method: &HttpMethod) -> Endpoint {
        Endpoint { handler: on(method.to_method_filter(), self), documentation: None }
    }
}

/// Marks documented handlers, which would otherwise conflict with plain ones.
pub(super) enum Documented {}

impl IntoEndpoint<Documented> for UtoipaMethodRouter<AppState> {
    fn into_endpoint(self, _: &HttpMethod) -> Endpoint {
        let (schemas, paths, handler) = self;
        Endpoint { handler, documentation: Some(Documentation { paths, schemas }) }
    }
}

/// `/api/core/…` for `/api/…`.
fn core_alias(path: &str) -> String {
    path.replacen("/api/", "/api/core/", 1)
}

fn http_method(method: &HttpMethod) -> Method {
    match method {
        HttpMethod::Get => Method::GET,
        HttpMethod::Post => Method::POST,
        HttpMethod::Put => Method::PUT,
        HttpMethod::Delete => Method::DELETE,
        HttpMethod::Options => Method::OPTIONS,
        HttpMethod::Head => Method::HEAD,
        HttpMethod::Patch => Method::PATCH,
        HttpMethod::Trace => Method::TRACE,
    }
}
