use super::*;
use crate::app_state::AppState;
use crate::audit::Actor;
use crate::edge::{Exposure, Peer, TrustedProxies};
use crate::host_origin::HostGuard;
use crate::routes::route::Work;
use crate::routes::{AuthLayer, panics, router, table};
use crate::services::TokenService;
use crate::test_support::gauge_store;
use crate::work_limit::{MAX_QUEUED_PER_CALLER, MAX_RUNNING, WorkPermit, WorkStatus};
use axum::http::Method;
use axum::http::header::{ACCEPT, AUTHORIZATION, HOST, RETRY_AFTER};
use axum::routing::get;
use axum::{Router, middleware};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::Semaphore;
use tower::ServiceExt;
use watchglass_auth::Role;
use watchglass_model::Timestamp;

fn caller() -> Caller {
    Caller::new(None, None, IpAddr::V4(Ipv4Addr::LOCALHOST))
}

/// Router with one heavy route.
fn heavy<F: Future<Output = Response> + Send + 'static>(
    limiter: &WorkLimiter,
    handler: impl Fn() -> F + Clone + Send + Sync + 'static,
) -> Router {
    let limiter = limiter.clone();
    Router::new()
        .route("/", get(handler))
        .layer(middleware::from_fn(move |request: Request, next: middleware::Next| {
            let limiter = limiter.clone();
            async move { run(&limiter, caller(), request, move |request| next.run(request)).await }
        }))
        .layer(middleware::from_fn(panics::catch))
}

fn request(path: &str) -> Request {
    Request::get(path).body(Body::empty()).unwrap()
}

/// Waits until the numbers of the limiter fulfil a condition.
async fn until(limiter: &WorkLimiter, condition: impl Fn(WorkStatus) -> bool) {
    while !condition(limiter.status()) {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn handlers_run_within_the_limit_and_the_others_wait() {
    const REQUESTS: usize = 40;
    let (limiter, gate) = (WorkLimiter::default(), Arc::new(Semaphore::new(0)));
    let (running, maximum) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let router = heavy(&limiter, {
        let (gate, maximum) = (Arc::clone(&gate), Arc::clone(&maximum));
        move || {
            let (gate, running, maximum) = (Arc::clone(&gate), Arc::clone(&running), Arc::clone(&maximum));
            async move {
                maximum.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                gate.acquire().await.unwrap().forget();
                running.fetch_sub(1, Ordering::SeqCst);
                "done".into_response()
            }
        }
    });
    let requests: Vec<_> =
        (0..REQUESTS).map(|_| tokio::spawn(router.clone().oneshot(request("/")))).collect();
    until(&limiter, |status| status.running == MAX_RUNNING && status.queued == REQUESTS - MAX_RUNNING).await;
    // A handler starts a moment after its permit is taken.
    while maximum.load(Ordering::SeqCst) < MAX_RUNNING {
        tokio::task::yield_now().await;
    }
    gate.add_permits(REQUESTS);
    for request in requests {
        assert_eq!(request.await.unwrap().unwrap().status(), StatusCode::OK);
    }
    assert_eq!(maximum.load(Ordering::SeqCst), MAX_RUNNING);
    until(&limiter, |status| status == WorkStatus { running: 0, queued: 0, refused: 0 }).await;
}

#[tokio::test]
async fn panicking_handler_returns_its_permit() {
    let limiter = WorkLimiter::default();
    let router = heavy(&limiter, || async {
        if true {
            panic!("on purpose")
        }
        StatusCode::OK.into_response()
    });
    for _ in 0..=MAX_RUNNING {
        let response = router.clone().oneshot(request("/")).await.unwrap();
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    }
    assert_eq!(limiter.status().running, 0);
}

#[tokio::test]
async fn work_of_a_client_that_leaves_goes_on_and_returns_its_permit() {
    let (limiter, gate) = (WorkLimiter::default(), Arc::new(Semaphore::new(0)));
    let finished = Arc::new(AtomicUsize::new(0));
    // The body is produced in parts.
    let router = heavy(&limiter, {
        let (gate, finished) = (Arc::clone(&gate), Arc::clone(&finished));
        move || {
            let (gate, finished) = (Arc::clone(&gate), Arc::clone(&finished));
            let parts = futures_util::stream::once(async move {
                gate.acquire().await.unwrap().forget();
                finished.fetch_add(1, Ordering::SeqCst);
                Ok::<_, std::convert::Infallible>("part")
            });
            async move { Body::from_stream(parts).into_response() }
        }
    });
    let client = tokio::spawn(router.oneshot(request("/")));
    until(&limiter, |status| status.running == 1).await;
    client.abort();
    assert!(client.await.unwrap_err().is_cancelled());
    assert_eq!((limiter.status().running, finished.load(Ordering::SeqCst)), (1, 0));
    gate.add_permits(1);
    until(&limiter, |status| status.running == 0).await;
    assert_eq!(finished.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn complete_response_holds_no_permit() {
    let limiter = WorkLimiter::default();
    let router = heavy(&limiter, || async { "a long page".into_response() });
    // Kept, as by clients that read slowly.
    let mut responses = Vec::new();
    for _ in 0..2 * MAX_RUNNING {
        responses.push(router.clone().oneshot(request("/")).await.unwrap());
    }
    assert_eq!(limiter.status().running, 0);
    let body = to_bytes(responses.pop().unwrap().into_body(), 100).await.unwrap();
    assert_eq!(body, "a long page");
}

/// Server without connections whose permits are all taken, with a full queue for its user.
struct BusyServer {
    router: Router,
    bearer: String,
    _folder: tempfile::TempDir,
    _permits: Vec<WorkPermit>,
    queue: Vec<tokio::task::JoinHandle<Result<WorkPermit, Busy>>>,
}

impl BusyServer {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let state = AppState::for_tests(folder.path(), gauge_store(0..2)).unwrap();
        let actor = Actor::command(Arc::clone(&state.audit), "test".to_owned());
        let tokens = TokenService { access: Arc::clone(&state.access) };
        let now = Timestamp::from_millis(0);
        let secret = tokens.create(&actor, "test", Role::Admin, None, now).unwrap();
        let limiter = state.work_limiter.clone();
        let mut permits = Vec::new();
        for _ in 0..MAX_RUNNING {
            permits.push(limiter.acquire(caller()).await.unwrap());
        }
        let of_token = Caller::Token(secret.digest());
        let queue: Vec<_> = (0..MAX_QUEUED_PER_CALLER)
            .map(|_| {
                let (limiter, caller) = (limiter.clone(), of_token.clone());
                tokio::spawn(async move { limiter.acquire(caller).await })
            })
            .collect();
        until(&limiter, |status| status.queued == MAX_QUEUED_PER_CALLER).await;
        let auth = AuthLayer::new(&state, false);
        let proxies = TrustedProxies::new(&[], Exposure::Local);
        let bearer = format!("Bearer {}", secret.text());
        Self {
            router: router(state, proxies, HostGuard::new(&[]), auth),
            bearer,
            _folder: folder,
            _permits: permits,
            queue,
        }
    }

    async fn answer(&self, method: Method, path: &str, accept: &str) -> Response {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, "localhost")
            .header(AUTHORIZATION, &self.bearer)
            .header(ACCEPT, accept)
            .body(Body::empty())
            .unwrap();
        request.extensions_mut().insert(Peer { address: Ipv4Addr::LOCALHOST.into(), is_encrypted: false });
        self.router.clone().oneshot(request).await.unwrap()
    }
}

async fn text(response: Response) -> String {
    let body = to_bytes(response.into_body(), 1_000_000).await.unwrap();
    String::from_utf8(body.to_vec()).unwrap()
}

impl Drop for BusyServer {
    fn drop(&mut self) {
        self.queue.iter().for_each(tokio::task::JoinHandle::abort);
    }
}

#[tokio::test]
async fn busy_server_refuses_heavy_routes_and_answers_all_others() {
    let server = BusyServer::new().await;
    for route in table::routes() {
        let path = &route.paths()[0];
        let response = server.answer(route.method(), path, "*/*").await;
        let status = response.status();
        // Other limits have other texts.
        let body = text(response).await;
        let is_refused = status == StatusCode::SERVICE_UNAVAILABLE && body.contains(&Busy.to_string());
        assert_eq!(is_refused, route.policy().work == Work::Heavy, "{} {path}: {status}", route.method());
    }
    // Pages and unknown paths are not in the table.
    for path in ["/database", "/x"] {
        let status = server.answer(Method::GET, path, "*/*").await.status();
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
    }
}

#[tokio::test]
async fn refusal_says_when_to_try_again_as_json_or_as_a_page() {
    let server = BusyServer::new().await;
    for (accept, expected) in [("*/*", r#""code":"busy""#), ("text/html", "<h1>Request rejected</h1>")] {
        let response = server.answer(Method::GET, "/", accept).await;
        assert_eq!(
            (response.status().as_u16(), &response.headers()[RETRY_AFTER]),
            (503, &"5".parse().unwrap())
        );
        let body = text(response).await;
        assert!(body.contains(expected) && body.contains("try again in 5 s"), "{body}");
    }
}

#[tokio::test]
async fn slow_request_body_holds_no_permit() {
    let limiter = WorkLimiter::default();
    let body = Body::from_stream(futures_util::stream::pending::<Result<&str, std::convert::Infallible>>());
    let slow = Request::post("/").body(body).unwrap();
    let mut waiting =
        std::pin::pin!(run(&limiter, caller(), slow, |_| async { StatusCode::OK.into_response() }));
    assert!(futures_util::poll!(&mut waiting).is_pending());
    assert_eq!(limiter.status(), WorkStatus { running: 0, queued: 0, refused: 0 });
}
