//! Instrumented axum application. Start the server, set `WATCHGLASS_TOKEN` to the output of
//! `watchglass token create --name shop --role ingest`, run
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
    // 1. The recorder counts requests.
    let recorder = Arc::new(Recorder::default());
    // 2. The reporter sends the counts to the server, under the name "shop".
    let server =
        Destination::parse("http://127.0.0.1:7070")?.with_token(&std::env::var("WATCHGLASS_TOKEN")?)?;
    let reporter = Reporter::start(Arc::clone(&recorder), "shop", server)?;
    // 3. The layer records requests. Added after the routes, it sees their templates.
    let router = Router::new()
        .route("/", get(|| async { "a shop" }))
        .route("/users/{id}", get(|Path(id): Path<u32>| async move { format!("user {id}") }))
        .layer(RequestLayer::new(recorder, matched_path));

    let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
    let until_interrupted = async { tokio::signal::ctrl_c().await.unwrap_or_default() };
    axum::serve(listener, router).with_graceful_shutdown(until_interrupted).await?;
    // Deregisters, so that the server does not report the application as down.
    reporter.stop().await;
    Ok(())
}
