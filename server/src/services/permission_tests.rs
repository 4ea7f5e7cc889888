//! Each action is denied to actors without its permission, whatever route or form they use, and changes nothing.

use super::*;
use crate::annotations::NewAnnotation;
use crate::app_state::AppState;
use crate::audit::{Actor, AuditLog, AuditTarget, Filter};
use crate::heartbeats::NewHeartbeat;
use crate::metric_store::{Collected, MetricStore};
use std::sync::Arc;
use std::time::Duration;
use watchglass_auth::{Credential, Principal, Role, Secret};
use watchglass_model::Timestamp;
use watchglass_rules::{AlertKey, Rule};
use watchglass_tsdb::MemoryHistory;

/// Error code of each action, in the order of the services.
fn codes(state: &AppState, actor: &Actor) -> Vec<(&'static str, &'static str)> {
    fn code<T>(result: Result<T, impl ServiceError>) -> &'static str {
        result.err().map_or("done", |error| error.kind_and_code().1)
    }
    let silences: SilenceService = state.service();
    let acknowledgements: AcknowledgementService = state.service();
    let alerts: AlertService = state.service();
    let rules: RuleService = state.service();
    let annotations: AnnotationService = state.service();
    let notifications: NotificationService = state.service();
    let users: UserService = state.service();
    let tokens: TokenService = state.service();
    let sessions: SessionService = state.service();
    let layouts: LayoutService = state.service();
    let heartbeats: HeartbeatService = state.service();
    let processes: ProcessService = state.service();
    let key = AlertKey { rule: "cpu".to_owned(), labels: Default::default() };
    let rule = || Rule::new("own", "Own", "m", "cpu");
    let now = Timestamp::from_millis(1_700_000_000_000);
    let note = NewAnnotation { text: "deploy".to_owned(), ..NewAnnotation::default() };
    vec![
        ("create silence", code(silences.create(actor, NewSilence::default()))),
        ("expire silence", code(silences.expire(actor, "s"))),
        ("acknowledge", code(acknowledgements.add(actor, &key, ("ada", "")))),
        ("unacknowledge", code(acknowledgements.remove(actor, &key))),
        ("resolve alert", code(alerts.resolve(actor, &key))),
        ("create rule", code(rules.create(actor, rule()))),
        ("put rule", code(rules.put(actor, rule()))),
        ("enable rule", code(rules.enable(actor, "own", true))),
        ("delete rule", code(rules.delete(actor, "own"))),
        ("add annotation", code(annotations.add(actor, note))),
        ("remove annotation", code(annotations.remove(actor, "9"))),
        ("test channel", code(notifications.test_channel(actor, "ops"))),
        ("resend", code(notifications.resend(actor, ("m", "ops"), "ada"))),
        ("add user", code(users.add(actor, "", Role::Viewer, String::new(), now))),
        ("change user", code(users.change(actor, "nobody", UserChange::default(), now))),
        ("create token", code(tokens.create(actor, "", Role::Viewer, None, now))),
        ("revoke token", code(tokens.revoke(actor, "t", now))),
        ("end session", code(sessions.end(actor, "s", now))),
        ("add heartbeat", code(heartbeats.add(actor, &NewHeartbeat::default(), now))),
        ("remove heartbeat", code(heartbeats.remove(actor, "backup"))),
        ("send heartbeat", code(heartbeats.receive(actor, ("backup", false), now))),
        ("reset layout", code(layouts.edit(actor, LayoutEdit::Reset))),
        ("list processes", code(processes.table(actor, None))),
        ("show a process", code(processes.history(actor, &HistoryRequest::default()))),
    ]
}

#[test]
fn actions_need_their_permission() {
    let folder = tempfile::tempdir().unwrap();
    let history = Arc::new(MemoryHistory::new(Duration::from_secs(60), 100));
    let metrics = MetricStore::new(Collected::default(), history.clone(), history);
    let state = AppState::for_tests(folder.path(), metrics).unwrap();
    let anonymous = Actor::new(Arc::clone(&state.audit), None, None);
    let actor = |role| {
        let credential = Credential::Session(Secret::new([1; 32]).digest());
        anonymous.signed_in_as(&Principal { credential, name: "ada".to_owned(), role })
    };
    let allowed = |actor: &Actor| -> Vec<&'static str> {
        let codes = codes(&state, actor).into_iter();
        codes.filter(|(_, code)| *code != "forbidden").map(|(action, _)| action).collect()
    };
    assert_eq!(allowed(&anonymous), [""; 0]);
    assert_eq!(
        allowed(&actor(Role::Viewer)),
        ["end session", "reset layout", "list processes", "show a process"]
    );
    assert_eq!(allowed(&actor(Role::Ingest)), ["add annotation", "send heartbeat"]);
    let all: Vec<&'static str> = codes(&state, &anonymous).into_iter().map(|(action, _)| action).collect();
    assert_eq!(allowed(&actor(Role::Admin)), all);
    state.audit.close().unwrap();
    let (entries, _) = AuditLog::for_command(folder.path()).read(&Filter::default(), 0, 100).unwrap();
    let annotations = entries.iter().filter(|entry| entry.what == AuditTarget::Annotation).count();
    assert_eq!(annotations, 2, "those of the two actors that may add one: {entries:?}");
}
