//! Opens the connections, waits, and puts together what they saw.

use crate::arguments::Plan;
use crate::error::LoadError;
use crate::server_process::{self, Usage};
use crate::socket::{self, Seen, Stage};
use crate::summary::{ServerCost, Summary};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

/// Handshakes under way at the same time. More would only wait in the system's queue, and be dropped there.
const HANDSHAKES: usize = 64;

/// Carries out a measurement.
///
/// # Errors
/// Not one connection came about, or the server's process cannot be read.
pub(crate) async fn measure(plan: &Plan, token: Option<&str>) -> Result<Summary, LoadError> {
    let usage = || plan.pid.map(server_process::usage).transpose();
    let idle = usage()?;
    let (stage, receiver) = watch::channel(Stage::Opening);
    let mut tasks = open_all(plan, token, &receiver).await;
    if tasks.failed.len() == plan.sockets {
        return Err(LoadError::NoConnection(tasks.failed.swap_remove(0)));
    }
    let begun = usage()?;
    stage.send_replace(Stage::Measuring);
    tokio::time::sleep(plan.window).await;
    let ended = usage()?;
    stage.send_replace(Stage::Over);
    let mut seen = Vec::with_capacity(plan.sockets);
    while let Some(joined) = tasks.following.join_next().await {
        // A task can only fail by a panic, and then its connection is one that failed.
        match joined {
            Ok(one) => seen.push(one),
            Err(error) => tasks.failed.push(error.to_string()),
        }
    }
    let open = plan.sockets - tasks.failed.len();
    let cost =
        idle.zip(begun).zip(ended).map(|((idle, begun), ended)| cost(idle, begun, ended, open, plan.window));
    Ok(Summary::new(plan, &seen, &tasks.failed, cost))
}

/// The connections that came about, each in its task, and the reasons of those that did not.
struct Tasks {
    following: JoinSet<Seen>,
    failed: Vec<String>,
}

/// Begins connections at an even pace; comes back when all are open or have failed.
async fn open_all(plan: &Plan, token: Option<&str>, stage: &watch::Receiver<Stage>) -> Tasks {
    let mut opening: JoinSet<(usize, Result<_, String>)> = JoinSet::new();
    let mut tasks = Tasks { following: JoinSet::new(), failed: Vec::new() };
    let shared = Arc::new((plan.clone(), token.map(str::to_owned), Semaphore::new(HANDSHAKES)));
    let mut pace = interval(Duration::from_secs(1) / u32::try_from(plan.ramp).unwrap_or(1).max(1));
    // After a delay it goes on at the same pace, and does not hurry to catch up.
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut begun = 0;
    while begun < plan.sockets || !opening.is_empty() {
        tokio::select! {
            _ = pace.tick(), if begun < plan.sockets => {
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
                Ok((number, Ok(connection))) if number < plan.slow => {
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
