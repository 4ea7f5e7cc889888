//! Closes the parts of the server, and reports what could not be saved.

use crate::app_state::AppState;
use crate::clock::TICK_MILLIS;
use crate::persist::NotSaved;
use thiserror::Error;
use watchglass_model::TimeRange;
use watchglass_model::time_text::format_seconds;
use watchglass_tsdb::History;

/// Data that is lost, since it could not be written before the end.
#[derive(Debug, Error)]
#[error("not saved before the stop, and lost: {}", .0.join("; "))]
pub(super) struct DataLost(Vec<String>);

/// Closes all parts, the history last.
///
/// # Errors
/// What could not be saved, and why. It is in the log as well.
pub(super) fn close(state: &AppState, history: &dyn History) -> Result<(), DataLost> {
    let parts = [
        ("alerts", state.rules.close()),
        ("notifications", state.notifications.close()),
        ("annotations", state.annotations.close()),
        ("heartbeats", state.heartbeats.close()),
        ("audit log", state.audit.close()),
        ("sessions", state.access.unsaved_sessions().map_or(Ok(()), Err)),
    ];
    history.close();
    let status = history.status();
    if let Some(unshared) = status.unshared {
        report_unshared(unshared, &status.problems);
    }
    let seconds = status.unsaved_batches * u64::from(TICK_MILLIS) / 1000;
    report(&parts, (seconds, &status.problems))
}

/// Logs the history that other servers do not see until this server runs again.
fn report_unshared(unshared: TimeRange, problems: &[String]) {
    let (from, to) = (format_seconds(unshared.start), format_seconds(unshared.end));
    let reason = match problems {
        [] => "another server with this host name may be running".to_owned(),
        problems => problems.join("; "),
    };
    tracing::warn!(from, to, reason, "history not sent to Redis; it is in the data directory");
}

/// Logs each part that is not saved. `history` is the lost seconds, and the problems.
fn report(
    parts: &[(&str, Result<(), NotSaved>)],
    (lost_seconds, problems): (u64, &[String]),
) -> Result<(), DataLost> {
    let mut lost = Vec::new();
    for (part, result) in parts {
        if let Err(error) = result {
            let reason = error.reason();
            tracing::warn!(part, reason, "changes lost at shutdown");
            lost.push(format!("{part}: {reason}"));
        }
    }
    if lost_seconds > 0 {
        let reason = problems.join("; ");
        tracing::warn!(part = "history", lost_seconds, reason, "samples lost at shutdown");
        lost.push(format!("history: {lost_seconds} s: {reason}"));
    }
    if lost.is_empty() { Ok(()) } else { Err(DataLost(lost)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_that_is_not_saved_is_named_with_its_reason() {
        assert!(report(&[("alerts", Ok(()))], (0, &["slow".to_owned()])).is_ok());
        let parts = [("alerts", Ok(())), ("audit log", Err(NotSaved::new("disk full")))];
        let lost = report(&parts, (90, &["read-only".to_owned()])).unwrap_err().to_string();
        assert!(lost.ends_with("lost: audit log: disk full; history: 90 s: read-only"), "{lost}");
    }
}
