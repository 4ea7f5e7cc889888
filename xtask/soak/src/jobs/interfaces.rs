//! Network interfaces that come and go, as those of containers.

use crate::context::Context;
use std::collections::VecDeque;
use std::process::{Command, Stdio};
use std::time::Duration;

const INTERVAL: Duration = Duration::from_secs(5);
/// Pairs that exist at the same time.
const PAIRS: usize = 10;

/// Adds a pair of interfaces with new names every five seconds, and removes the oldest.
pub(crate) fn interfaces(context: &Context, is_allowed: bool) {
    if !is_allowed {
        let note = "Skipped: network interfaces (they need root and a network namespace).".to_owned();
        return context.record(|record| record.notes.push(note));
    }
    let mut existing = VecDeque::new();
    let mut number: u64 = 0;
    while context.is_running() {
        let (name, peer) = (format!("soak{number}"), format!("peer{number}"));
        let is_added = ip(&["link", "add", &name, "type", "veth", "peer", "name", &peer])
            && ip(&["link", "set", &name, "up"])
            && ip(&["link", "set", &peer, "up"]);
        context.record(|record| record.interfaces.add(is_added));
        if is_added {
            existing.push_back(name);
        }
        if existing.len() > PAIRS
            && let Some(oldest) = existing.pop_front()
        {
            ip(&["link", "delete", &oldest]);
        }
        number += 1;
        context.pause(INTERVAL);
    }
}

fn ip(arguments: &[&str]) -> bool {
    let mut command = Command::new("ip");
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
