//! Session replication between servers: publishing own sessions, checking and applying those of other servers.

use crate::accounts::MAX_SESSIONS;
use crate::session::SESSION_MAX_AGE;
use crate::{Accounts, Digest, Session, SessionRecord, SessionReplica};
use std::time::Duration;
use watchglass_model::Timestamp;

/// Maximum tombstones; those that are needed longest are kept. More only occur when a script signs in all the time, and
/// those left out are usually older than a day.
const MAX_REVOKED: usize = 2000;
/// Tolerated clock skew of another server.
const SKEW: Duration = Duration::from_secs(300);

/// Outcome of a merge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MergeOutcome {
    /// Nothing changed.
    Unchanged,
    /// A last-used time changed.
    LastUsedChanged,
    /// A session was added or revoked.
    Changed,
}

impl Accounts {
    /// Session records for other servers.
    pub fn session_replica(&self, now: Timestamp) -> SessionReplica {
        let mut replica = SessionReplica::default();
        for session in self.sessions.values().filter(|session| !session.is_expired(now)) {
            let Session { digest, user, created, used, second_factor: second } = session.clone();
            replica.apply(digest, SessionRecord::Active { user, created, used, second_factor: second });
        }
        for (digest, until) in &self.revoked {
            replica.apply(*digest, SessionRecord::Revoked { until: *until });
        }
        replica
    }

    /// Applies the session records of other servers. A remote session is accepted if its user exists here, is enabled, and had
    /// no change of password, second factor, role or disabled state here since it started; if the user has a second factor
    /// here, it must have been started with one.
    pub fn apply_sessions(&mut self, replica: &SessionReplica, now: Timestamp) -> MergeOutcome {
        let mut outcome = MergeOutcome::Unchanged;
        let mut touched = Vec::new();
        let ended = self.revoked.clone();
        for (&digest, word) in replica {
            let one = match word {
                SessionRecord::Revoked { until } => {
                    self.apply_revoked(digest, (*until).min(now + SESSION_MAX_AGE), now)
                }
                SessionRecord::Active { user, created, used, second_factor: second } => {
                    let (user_name, used) = (user.clone(), (*used).min(now));
                    let session =
                        Session { digest, user: user_name, created: *created, used, second_factor: *second };
                    let one = self.apply_active(session, now);
                    if one == MergeOutcome::Changed {
                        touched.push(user.as_str());
                    }
                    one
                }
            };
            outcome = outcome.max(one);
        }
        touched.dedup();
        for user in touched {
            self.limit_sessions(user, MAX_SESSIONS);
        }
        self.bound_revoked();
        if self.revoked == ended { outcome } else { MergeOutcome::Changed }
    }

    /// Adds what changed in `memory` while it could not be saved: started and ended sessions, and codes that were used.
    pub fn merge_unsaved(&mut self, memory: &Self, now: Timestamp) {
        self.apply_sessions(&memory.session_replica(now), now);
        for (name, user) in &mut self.users {
            let unsaved = memory.users.get(name).and_then(|user| user.second_factor.as_ref());
            if let (Some(saved), Some(unsaved)) = (&mut user.second_factor, unsaved) {
                saved.merge_used(unsaved);
            }
        }
    }

    fn apply_revoked(&mut self, digest: Digest, until: Timestamp, now: Timestamp) -> MergeOutcome {
        if until > now && self.revoked.get(&digest).is_none_or(|known| *known < until) {
            self.revoked.insert(digest, until);
        }
        if self.sessions.remove(&digest).is_some() { MergeOutcome::Changed } else { MergeOutcome::Unchanged }
    }

    fn apply_active(&mut self, session: Session, now: Timestamp) -> MergeOutcome {
        if self.revoked.contains_key(&session.digest) || session.is_expired(now) {
            return MergeOutcome::Unchanged;
        }
        if let Some(known) = self.sessions.get_mut(&session.digest) {
            // User and sign-in time of a known session cannot be changed.
            let is_same = known.user == session.user && known.created == session.created;
            let is_later = known.used < session.used;
            let has_second_factor = session.second_factor && !known.second_factor;
            if !is_same || !(is_later || has_second_factor) {
                return MergeOutcome::Unchanged;
            }
            known.used = known.used.max(session.used);
            known.second_factor |= session.second_factor;
            return if has_second_factor { MergeOutcome::Changed } else { MergeOutcome::LastUsedChanged };
        }
        let is_accepted = self.users.get(&session.user).is_some_and(|user| {
            let is_factor_satisfied = session.second_factor || user.second_factor.is_none();
            !user.disabled
                && is_factor_satisfied
                && session.created >= user.sessions_valid_since()
                && session.created <= now + SKEW
        });
        if !is_accepted || !self.has_room_for(&session) {
            return MergeOutcome::Unchanged;
        }
        self.sessions.insert(session.digest, session);
        MergeOutcome::Changed
    }

    /// Whether the session would survive the limit per user.
    fn has_room_for(&self, session: &Session) -> bool {
        let own = self.sessions.values().filter(|known| known.user == session.user);
        let (count, oldest) = own.fold((0, None), |(count, oldest), known| {
            let used = (known.used, known.digest);
            (count + 1, Some(oldest.map_or(used, |oldest: (Timestamp, Digest)| oldest.min(used))))
        });
        count < MAX_SESSIONS || oldest.is_some_and(|oldest| oldest < (session.used, session.digest))
    }

    /// Revokes a session, on other servers as well; returns whether it existed.
    pub(crate) fn revoke(&mut self, digest: Digest) -> bool {
        let Some(session) = self.sessions.remove(&digest) else { return false };
        self.revoked.insert(digest, session.created + SESSION_MAX_AGE);
        self.bound_revoked();
        true
    }

    /// Revokes the least recently used sessions of a user until `most` are left.
    pub(crate) fn limit_sessions(&mut self, user: &str, most: usize) {
        let of_user = self.sessions.values().filter(|session| session.user == user);
        let mut own: Vec<(Timestamp, Digest)> = of_user.map(|own| (own.used, own.digest)).collect();
        own.sort_unstable();
        for (_, digest) in own.iter().take(own.len().saturating_sub(most)) {
            self.revoke(*digest);
        }
    }

    /// Removes all tombstones: there are no other servers.
    pub fn clear_revoked(&mut self) {
        self.revoked.clear();
    }

    fn bound_revoked(&mut self) {
        let excess = self.revoked.len().saturating_sub(MAX_REVOKED);
        if excess > 0 {
            let mut all: Vec<(Timestamp, Digest)> =
                self.revoked.iter().map(|(digest, until)| (*until, *digest)).collect();
            all.sort_unstable();
            for (_, digest) in all.into_iter().take(excess) {
                self.revoked.remove(&digest);
            }
        }
    }
}

#[cfg(test)]
#[path = "session_merge_tests.rs"]
mod tests;
