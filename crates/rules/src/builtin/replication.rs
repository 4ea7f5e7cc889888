//! Rules on replication and persistence: a replica that receives nothing has no lag that could be measured, and a Redis that
//! cannot save its data still answers.

use super::{by, pending_for};
use crate::{Comparison, Rule};

/// Rules on replicas that are not connected to their primary, and on data that is not saved.
pub(super) fn replicas() -> Vec<Rule> {
    let failing = |id, name, metric, component, message: &str| {
        let rule = Rule {
            comparison: Comparison::Below,
            warning: Some(1.0),
            message: Some(message.to_owned()),
            resolve_when_gone: true,
            ..Rule::new(id, name, metric, component)
        };
        by("instance", pending_for(60, rule))
    };
    vec![
        failing(
            "postgresql-standby",
            "PostgreSQL standby disconnected",
            "postgresql_standby_streaming",
            "database",
            "receives nothing from its primary",
        ),
        failing(
            "redis-replica",
            "Redis replica disconnected",
            "redis_replication_link_up",
            "redis",
            "is not connected to its master",
        ),
        failing(
            "redis-save",
            "Redis cannot save",
            "redis_rdb_last_save_ok",
            "redis",
            "could not save its data: it would be lost at a restart",
        ),
    ]
}
