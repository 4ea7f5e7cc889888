//! Measurement: opens the connections, waits, and summarises their frames.

use crate::arguments::Arguments;
use crate::error::LoadError;
use crate::server_process::{self, Usage};
use crate::socket::{self, Seen, Stage};
use crate::summary::{ServerCost, Summary};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

/// Parallel handshakes. More would only fill the backlog of the listening socket.
const HANDSHAKES: usize = 64;

/// Runs a measurement.
///
/// # Errors
/// No connection could be opened, or the server's process could not be read.
pub(crate) async fn measure(plan: &Arguments, token: Option<&str>) -> Result<Summary, LoadError> {
    let usage = || plan.pid.map(server_process::usage).transpose();
    let idle = usage()?;
    let (stage, receiver) = watch::channel(Stage::Opening);
    let mut tasks = open_all(plan, token, &receiver).await;
    if tasks.failed.len() == plan.sockets() {
        return Err(LoadError::NoConnection(tasks.failed.swap_remove(0)));
    }
    let begun = usage()?;
    stage.send_replace(Stage::Measuring);
    tokio::time::sleep(plan.window()).await;
    let ended = usage()?;
    stage.send_replace(Stage::Over);
    let mut seen = Vec::with_capacity(plan.sockets());
    while let Some(joined) = tasks.following.join_next().await {
        // A task that panicked counts as a failed connection.
        match joined {
            Ok(one) => seen.push(one),
            Err(error) => tasks.failed.push(error.to_string()),
        }
    }
    let open = plan.sockets() - tasks.failed.len();
    let cost = idle
        .zip(begun)
        .zip(ended)
        .map(|((idle, begun), ended)| cost(idle, begun, ended, open, plan.window()));
    Ok(Summary::new(plan, &seen, &tasks.failed, cost))
}

/// Tasks of the open connections, and the errors of the failed ones.
struct Tasks {
    following: JoinSet<Seen>,
    failed: Vec<String>,
}

/// Opens connections at a constant rate. Returns when all are open or have failed.
async fn open_all(plan: &Arguments, token: Option<&str>, stage: &watch::Receiver<Stage>) -> Tasks {
    let mut opening: JoinSet<(usize, Result<_, String>)> = JoinSet::new();
    let mut tasks = Tasks { following: JoinSet::new(), failed: Vec::new() };
    let shared = Arc::new((plan.clone(), token.map(str::to_owned), Semaphore::new(HANDSHAKES)));
    let mut pace = interval(Duration::from_secs(1) / u32::from(plan.ramp.max(1)));
    // No burst after a delay.
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut begun = 0;
    while begun < plan.sockets() || !opening.is_empty() {
        tokio::select! {
            _ = pace.tick(), if begun < plan.sockets() => {
                let shared = Arc::clone(&shared);
                let number = begun;
                begun += 1;
                opening.spawn(async move {
                    let (plan, token, handshakes) = &*shared;
                    let _turn = handshakes.acquire().await;
                    (number, socket::connect(plan, token.as_deref()).await)
                });
            }
            Some(joined) = opening.join_next() => match joined {
                Ok((number, Ok(connection))) if number < plan.slow() => {
                    tasks.following.spawn(socket::stall(connection, stage.clone()));
                }
                Ok((_, Ok(connection))) => {
                    tasks.following.spawn(socket::follow(connection, stage.clone()));
                }
                Ok((_, Err(reason))) => tasks.failed.push(reason),
                Err(error) => tasks.failed.push(error.to_string()),
            },
        }
    }
    tasks
}

fn cost(idle: Usage, begun: Usage, ended: Usage, open: usize, window: Duration) -> ServerCost {
    let grown = ended.memory as f64 - idle.memory as f64;
    let worked = ended.processor.saturating_sub(begun.processor);
    ServerCost {
        memory: ended.memory,
        memory_a_socket: grown / open.max(1) as f64,
        core_share: worked.as_secs_f64() / window.as_secs_f64(),
    }
}
