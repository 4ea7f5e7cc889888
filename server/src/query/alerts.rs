//! Alerts of this server and its peers.

use crate::evaluation::RuleEvaluator;
use crate::notifications::Notifications;
use std::collections::BTreeSet;
use watchglass_model::Timestamp;
use watchglass_rules::Alert;

/// Maximum number of alerts of which it is found out whether they are handled.
const MAX_EXAMINED: usize = 1000;

/// Firing alerts of all servers in the cluster, newest first.
pub(crate) fn all_active(rules: &RuleEvaluator, notifications: &Notifications) -> Vec<Alert> {
    let mut alerts = rules.active();
    alerts.extend(notifications.peers().statuses.iter().flat_map(|peer| peer.alerts.iter().cloned()));
    alerts.sort_by(|one, two| two.since.cmp(&one.since).then_with(|| one.key.cmp(&two.key)));
    alerts
}

/// Number of firing alerts that wait for a user: neither silenced, inhibited nor acknowledged. Beyond a thousand, all count.
pub(crate) fn unhandled_count(rules: &RuleEvaluator, notifications: &Notifications, now: Timestamp) -> usize {
    let omitted: usize = notifications.peers().statuses.iter().map(|peer| peer.more).sum();
    let alerts = all_active(rules, notifications);
    let acknowledgements = notifications.acknowledgements();
    let acknowledged: BTreeSet<_> = acknowledgements.iter().map(|one| &one.key).collect();
    let is_handled =
        |alert: &&Alert| acknowledged.contains(&alert.key) || notifications.is_suppressed(alert, now);
    alerts.len() + omitted - alerts.iter().take(MAX_EXAMINED).filter(is_handled).count()
}

/// Resolved alerts of all servers in the cluster, latest resolved first.
pub(crate) fn all_resolved(rules: &RuleEvaluator, notifications: &Notifications) -> Vec<Alert> {
    let mut alerts = rules.past();
    alerts.extend(notifications.peers().past_alerts.iter().flat_map(|past| past.alerts.iter().cloned()));
    alerts.sort_by(|one, two| two.resolved.cmp(&one.resolved).then_with(|| one.key.cmp(&two.key)));
    alerts
}
