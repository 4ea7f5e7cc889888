//! Alerts of this server and its peers.

use crate::evaluation::RuleEvaluator;
use crate::notifications::Notifications;
use watchglass_rules::Alert;

/// Firing alerts of all servers in the cluster, newest first.
pub(crate) fn all_active(rules: &RuleEvaluator, notifications: &Notifications) -> Vec<Alert> {
    let mut alerts = rules.active();
    alerts.extend(notifications.peers().statuses.iter().flat_map(|peer| peer.alerts.iter().cloned()));
    alerts.sort_by(|one, two| two.since.cmp(&one.since).then_with(|| one.key.cmp(&two.key)));
    alerts
}

/// Resolved alerts of all servers in the cluster, latest resolved first.
pub(crate) fn all_resolved(rules: &RuleEvaluator, notifications: &Notifications) -> Vec<Alert> {
    let mut alerts = rules.past();
    alerts.extend(notifications.peers().past_alerts.iter().flat_map(|past| past.alerts.iter().cloned()));
    alerts.sort_by_key(|alert| std::cmp::Reverse(alert.resolved));
    alerts
}
