//! Commits: messages and dispatcher state are persisted together or not at all.

use super::*;
use proptest::prelude::*;

/// Commits messages with these ids, and the state.
fn commit(outbox: &mut Outbox, ids: &[String], state: Option<&str>) -> Result<(), OutboxError> {
    let messages: Vec<Message> = ids.iter().map(|id| message(id)).collect();
    let channels = channels(&["ops", "night"]);
    let all = messages.iter().map(|message| (message, channels.as_slice()));
    outbox.commit(NOW, all, state.map(str::to_owned))
}

fn ids(range: std::ops::Range<usize>) -> Vec<String> {
    range.map(|number| number.to_string()).collect()
}

fn found(outbox: &Outbox) -> Vec<String> {
    outbox.state.entries.values().map(|entry| entry.message.id.clone()).collect()
}

fn journal(folder: &TempDir) -> PathBuf {
    folder.path().join("outbox.1")
}

#[test]
fn newest_state_is_returned_at_start() {
    let folder = tempfile::tempdir().unwrap();
    let (mut outbox, opened) = Outbox::open(folder.path()).unwrap();
    assert_eq!(opened.dispatcher_state, None);
    commit(&mut outbox, &ids(0..2), Some("first")).unwrap();
    commit(&mut outbox, &[], Some("second")).unwrap();
    // A message that was enqueued before is not sent again.
    commit(&mut outbox, &ids(1..3), None).unwrap();
    drop(outbox);
    for _ in 0..2 {
        let (outbox, opened) = Outbox::open(folder.path()).unwrap();
        assert_eq!(opened.dispatcher_state.as_deref(), Some("second"));
        assert_eq!((found(&outbox), outbox.counts().waiting), (ids(0..3), 6));
    }
}

#[test]
fn commit_is_one_record() {
    let folder = tempfile::tempdir().unwrap();
    let mut outbox = open(&folder);
    let before = fs::metadata(journal(&folder)).unwrap().len();
    commit(&mut outbox, &ids(0..9), Some("state")).unwrap();
    let bytes = fs::read(journal(&folder)).unwrap();
    let appended = record::read(&bytes[usize::try_from(before).unwrap()..]);
    assert_eq!(appended.records.len(), 1);
    assert_eq!(bytes[8], 3, "version");
}

#[test]
fn journal_of_version_1_is_read_and_replaced() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(journal(&folder), include_bytes!("../../../golden/outbox.1")).unwrap();
    let (mut outbox, opened) = Outbox::open(folder.path()).unwrap();
    assert_eq!(opened, Opened::default());
    assert_eq!(outbox.counts(), Counts { waiting: 1, delivered: 1, ..Counts::default() });
    let deliveries = outbox.deliveries(9);
    commit(&mut outbox, &[], Some("state")).unwrap();
    drop(outbox);
    assert_eq!(fs::read(journal(&folder)).unwrap()[8], 3);
    let (outbox, opened) = Outbox::open(folder.path()).unwrap();
    assert_eq!(opened.dispatcher_state.as_deref(), Some("state"));
    assert_eq!(outbox.deliveries(9), deliveries);
}

#[test]
fn invalid_message_holds_back_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let mut outbox = open(&folder);
    commit(&mut outbox, &["a b".to_owned(), "good".to_owned()], Some("state")).unwrap();
    assert_eq!(found(&outbox), ["good"]);
    assert_eq!(outbox.state.dispatcher_state.as_deref(), Some("state"));
}

#[test]
fn full_outbox_takes_a_commit_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let mut outbox = open(&folder);
    outbox.retention.messages = 3;
    commit(&mut outbox, &ids(0..2), Some("first")).unwrap();
    assert_eq!(commit(&mut outbox, &ids(2..4), Some("second")), Err(OutboxError::Full(2)));
    assert_eq!(found(&outbox), ids(0..2));
    assert_eq!(outbox.state.dispatcher_state.as_deref(), Some("first"));
    for channel in ["ops", "night"] {
        outbox.record_result(NOW, &job("0", channel), "host", Ok(()), 0.0);
    }
    commit(&mut outbox, &ids(2..4), Some("second")).unwrap();
    assert_eq!(found(&outbox), ids(1..4));
}

#[test]
fn full_disk_delays_messages_and_state_together() {
    let folder = tempfile::tempdir().unwrap();
    let mut outbox = open(&folder);
    commit(&mut outbox, &ids(0..1), Some("first")).unwrap();
    outbox.journal.is_full = true;
    commit(&mut outbox, &ids(1..2), Some("second")).unwrap();
    assert!(!outbox.is_durable());
    let copy = tempfile::tempdir().unwrap();
    fs::copy(journal(&folder), journal(&copy)).unwrap();
    let (crashed, opened) = Outbox::open(copy.path()).unwrap();
    assert_eq!((found(&crashed), opened.dispatcher_state.as_deref()), (ids(0..1), Some("first")));

    outbox.journal.is_full = false;
    outbox.plan(NOW + REWRITE_INTERVAL);
    assert!(outbox.is_durable());
    drop(outbox);
    let (outbox, opened) = Outbox::open(folder.path()).unwrap();
    assert_eq!((found(&outbox), opened.dispatcher_state.as_deref()), (ids(0..2), Some("second")));
}

#[test]
fn states_are_compacted() {
    let folder = tempfile::tempdir().unwrap();
    let mut outbox = open(&folder);
    let mut longest = 0;
    for number in 0..100 {
        let state = format!("{number} {}", "x".repeat(100_000));
        commit(&mut outbox, &[], Some(&state)).unwrap();
        longest = longest.max(fs::metadata(journal(&folder)).unwrap().len());
    }
    assert!((1 << 19..2 << 20).contains(&longest), "{longest}");
    drop(outbox);
    let state = Outbox::open(folder.path()).unwrap().1.dispatcher_state.unwrap();
    assert!(state.starts_with("99 "), "{}", &state[..9]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// Each commit has some messages, and the number of all messages so far as its state.
    #[test]
    fn crash_at_any_byte_leaves_messages_and_state_or_neither(
        commits in prop::collection::vec(0..3_usize, 1..5),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 12),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let mut outbox = open(&folder);
        let mut count = 0;
        for size in commits {
            let state = (count + size).to_string();
            commit(&mut outbox, &ids(count..count + size), Some(&state)).unwrap();
            count += size;
        }
        let bytes = fs::read(journal(&folder)).unwrap();
        for cut in cuts {
            let crashed = tempfile::tempdir().unwrap();
            fs::write(journal(&crashed), &bytes[..cut.index(bytes.len() + 1)]).unwrap();
            let (mut outbox, opened) = Outbox::open(crashed.path()).unwrap();
            let notified: usize = opened.dispatcher_state.as_deref().map_or(0, |state| state.parse().unwrap());
            prop_assert_eq!(found(&outbox), ids(0..notified));
            // The dispatcher decides on the rest again, with the same ids: nothing is missing, and nothing twice.
            commit(&mut outbox, &ids(notified..count), Some(&count.to_string())).unwrap();
            prop_assert_eq!(found(&outbox), ids(0..count));
        }
    }
}
