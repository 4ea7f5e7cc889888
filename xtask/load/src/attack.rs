//! Attacks on a server, and the delay of its live tick during each of them.

use crate::arguments::Arguments;
use crate::attack_kind::{ATTACKS, Attack, Tokens};
use crate::error::LoadError;
use crate::socket::{self, Seen, Stage};
use crate::summary::percentiles;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::sleep;

/// Budget of the start delay of a tick: 99th percentile, in microseconds.
const MAX_LATENESS: u32 = 100_000;

/// Number of connections by outcome.
type Tally = Arc<Mutex<BTreeMap<String, u64>>>;

/// Runs one attack after the other.
///
/// # Errors
/// The live connection of the observer failed.
pub(crate) async fn attack(plan: &Arguments, tokens: &Tokens) -> Result<String, LoadError> {
    let mut text = format!(
        "attacks on {}, {} s each; the live tick from the time in a frame to its arrival",
        plan.url.url(),
        plan.window().as_secs()
    );
    let mut over = Vec::new();
    for attack in ATTACKS {
        let tally = Tally::default();
        let (stage, receiver) = watch::channel(Stage::Opening);
        // Before the attackers take all connections.
        let observer = observe(plan.clone(), tokens.viewer.clone(), receiver).await?;
        let mut attackers = JoinSet::new();
        for number in 0..attack.count(plan) {
            attackers.spawn(go_on(attack, plan.clone(), tokens.clone(), number as u64, Arc::clone(&tally)));
        }
        // The ramp is over by then.
        sleep(Duration::from_secs(3)).await;
        stage.send_replace(Stage::Measuring);
        sleep(plan.window()).await;
        stage.send_replace(Stage::Over);
        let seen = observer.await.map_err(|_| broke_off())?;
        attackers.shutdown().await;
        let counts = tally.lock().unwrap_or_else(PoisonError::into_inner).clone();
        text.push_str(&line(attack, attack.count(plan), &seen, &counts));
        if !is_in_budget(&seen) {
            over.push(attack.name());
        }
    }
    text.push_str("\nbudget: lateness p99 below 100 ms, no skipped second: ");
    text.push_str(&if over.is_empty() {
        "met".to_owned()
    } else {
        format!("exceeded by {}", over.join(", "))
    });
    Ok(text)
}

/// Repeats the attack until the task ends. No two attackers use the same numbers.
async fn go_on(attack: Attack, plan: Arguments, tokens: Tokens, first: u64, tally: Tally) {
    let step = attack.count(&plan) as u64;
    let mut number = first;
    loop {
        let begun = Instant::now();
        let outcome = attack.once(&plan, &tokens, number).await;
        if outcome == "no connection" || outcome == "closed" && begun.elapsed() < Duration::from_secs(1) {
            // The server refuses connections: wait, because faster attempts only cost CPU time of this program.
            sleep(Duration::from_secs(1)).await;
        }
        *tally.lock().unwrap_or_else(PoisonError::into_inner).entry(outcome).or_default() += 1;
        number = number.wrapping_add(step);
    }
}

/// Observes the live data on a thread of its own, so that the attackers do not delay its frames. Returns when it is
/// connected.
async fn observe(
    plan: Arguments,
    token: String,
    stage: watch::Receiver<Stage>,
) -> Result<oneshot::Receiver<Seen>, LoadError> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(LoadError::Runtime)?;
    let (connected, is_connected) = oneshot::channel();
    let (sender, receiver) = oneshot::channel();
    let look = move || {
        runtime.block_on(async {
            match socket::connect(&plan, Some(token.as_str()).filter(|token| !token.is_empty())).await {
                Ok(connection) => {
                    let _ = connected.send(Ok(()));
                    let _ = sender.send(socket::follow(connection, stage).await);
                }
                Err(reason) => drop(connected.send(Err(reason))),
            }
        });
    };
    // The thread ends with the measurement.
    std::thread::Builder::new().name("observer".to_owned()).spawn(look).map_err(LoadError::Runtime)?;
    is_connected.await.map_err(|_| broke_off())?.map_err(LoadError::NoConnection)?;
    Ok(receiver)
}

fn broke_off() -> LoadError {
    LoadError::NoConnection("the observer ended early".to_owned())
}

/// Percentiles of the start delay of the ticks, in microseconds.
fn lateness(seen: &Seen) -> Option<[u32; 4]> {
    let mut lateness = seen.lateness.clone();
    lateness.sort_unstable();
    percentiles(&lateness)
}

/// Whether the ticks were punctual, and none was left out.
fn is_in_budget(seen: &Seen) -> bool {
    seen.skipped == 0 && lateness(seen).is_some_and(|[_, _, p99, _]| p99 < MAX_LATENESS)
}

fn line(attack: Attack, count: usize, seen: &Seen, tally: &BTreeMap<String, u64>) -> String {
    let mut latencies = seen.latencies.clone();
    latencies.sort_unstable();
    let mut text = format!("\n{:<14} {count:>6} connections; ", attack.name());
    // Writing to a string cannot fail.
    let _ = match percentiles(&latencies) {
        Some(micros) => {
            let [p50, _, p99, max] = micros.map(|micros| f64::from(micros) / 1000.0);
            write!(
                text,
                "tick p50 {p50:.1} ms, p99 {p99:.1} ms, max {max:.1} ms of {}, {} lost",
                seen.frames, seen.lost
            )
        }
        None => write!(text, "no tick"),
    };
    if let Some([_, _, p99, max]) = lateness(seen) {
        let [p99, max] = [p99, max].map(|micros| f64::from(micros) / 1000.0);
        let _ = write!(text, "; lateness p99 {p99:.1} ms, max {max:.1} ms, {} s skipped", seen.skipped);
    }
    if let Some(reason) = &seen.closed {
        let _ = write!(text, "; the live connection ended: {reason}");
    }
    for (outcome, count) in tally {
        let _ = write!(text, "; {count} × {outcome}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_has_delays_and_outcomes() {
        let seen = Seen {
            frames: 3,
            lost: 1,
            latencies: vec![3000, 1000, 2000],
            lateness: vec![4000, 90_000],
            skipped: 1,
            ..Seen::default()
        };
        let tally = BTreeMap::from([("431".to_owned(), 7), ("closed".to_owned(), 2)]);
        assert_eq!(
            line(Attack::Oversized, 16, &seen, &tally),
            "\noversized          16 connections; tick p50 2.0 ms, p99 3.0 ms, max 3.0 ms of 3, 1 lost; \
             lateness p99 90.0 ms, max 90.0 ms, 1 s skipped; 7 × 431; 2 × closed"
        );
        let none = Seen { closed: Some("gone".to_owned()), ..Seen::default() };
        assert_eq!(
            line(Attack::None, 0, &none, &BTreeMap::new()),
            "\nnone                0 connections; no tick; the live connection ended: gone"
        );
    }

    #[test]
    fn budget_needs_punctual_ticks() {
        let seen =
            |lateness: &[u32], skipped| Seen { lateness: lateness.to_vec(), skipped, ..Seen::default() };
        assert!(is_in_budget(&seen(&[1000, 99_999], 0)));
        for bad in [seen(&[], 0), seen(&[1000, 100_000], 0), seen(&[1000], 1)] {
            assert!(!is_in_budget(&bad), "{bad:?}");
        }
    }
}
