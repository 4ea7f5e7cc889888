//! An application whose requests a Watchglass server shows: start the server, put what
//! `watchglass token create --name shop --role ingest` prints into the variable `WATCHGLASS_TOKEN`, then
//! `cargo run -p watchglass-instrument --example shop --features axum,push`, and open <http://127.0.0.1:8080/users/1>.

use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use std::error::Error;
use std::sync::Arc;
use watchglass_instrument::push::{Destination, Reporter};
use watchglass_instrument::requests::{Recorder, RequestLayer, matched_path};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // 1. Where requests are counted.
    let recorder = Arc::new(Recorder::default());
    // 2. Who is told of them, and under which name.
    let server =
        Destination::parse("http://127.0.0.1:7070")?.with_token(&std::env::var("WATCHGLASS_TOKEN")?)?;
    let reporter = Reporter::start(Arc::clone(&recorder), "shop", server)?;
    // 3. What counts them: behind the routes, so that it sees their templates.
    let router = Router::new()
        .route("/", get(|| async { "a shop" }))
        .route("/users/{id}", get(|Path(id): Path<u32>| async move { format!("user {id}") }))
        .layer(RequestLayer::new(recorder, matched_path));

    let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
    let until_interrupted = async { tokio::signal::ctrl_c().await.unwrap_or_default() };
    axum::serve(listener, router).with_graceful_shutdown(until_interrupted).await?;
    // A goodbye, so that the server does not take the silence for a failure.
    reporter.stop().await;
    Ok(())
}
