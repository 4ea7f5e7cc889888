//! Route templates of axum.

use axum::extract::MatchedPath;
use http::{Extensions, Uri};

/// The route template matched by axum's router, such as `/users/{id}`; `None` in the fallback.
///
/// Pass it to [`RequestLayer::new`](super::RequestLayer::new), or call it from a function that also names fallback
/// routes. Add the layer with `Router::layer` after the routes: outside of the router nothing is matched yet.
pub fn matched_path<'r>(_uri: &'r Uri, extensions: &'r Extensions) -> Option<&'r str> {
    extensions.get::<MatchedPath>().map(MatchedPath::as_str)
}

#[cfg(test)]
mod tests {
    use crate::requests::{Recorder, RequestLayer, matched_path};
    use axum::Router;
    use axum::body::Body;
    use axum::http::Request;
    use axum::routing::get;
    use std::sync::Arc;
    use std::task::{Context, Waker};
    use tower::ServiceExt;

    #[test]
    fn routes_are_templates_and_never_paths() {
        let recorder = Arc::new(Recorder::default());
        let inner = Router::new().route("/deep/{*rest}", get(|| async { "deep" }));
        let router: Router = Router::new()
            .route("/users/{id}", get(|| async { "user" }))
            .nest("/nested", inner)
            .layer(RequestLayer::new(Arc::clone(&recorder), matched_path));
        for (path, method) in [
            ("/users/1", "GET"),
            ("/users/2", "GET"),
            ("/users/3", "POST"),
            ("/nested/deep/a/b", "GET"),
            ("/nowhere/4", "GET"),
            ("/nested/nowhere", "GET"),
        ] {
            let request = Request::builder().uri(path).method(method).body(Body::empty()).unwrap();
            let mut answer = Box::pin(router.clone().oneshot(request));
            let answered = answer.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            assert!(answered.is_ready(), "{path}");
        }
        let found: Vec<_> = recorder
            .snapshot()
            .routes
            .iter()
            .flat_map(|route| {
                route.methods.iter().map(|method| {
                    (route.route.to_string(), method.method, method.counts.answered(), method.in_flight)
                })
            })
            .collect();
        let expected = [
            ("unmatched", "GET", 2, 0),
            ("/users/{id}", "GET", 2, 0),
            ("/users/{id}", "POST", 1, 0),
            ("/nested/deep/{*rest}", "GET", 1, 0),
        ];
        assert_eq!(
            found,
            expected.map(|(route, method, count, flying)| (route.to_owned(), method, count, flying))
        );
    }
}
