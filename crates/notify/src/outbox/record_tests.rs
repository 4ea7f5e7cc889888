use super::*;
use crate::golden;
use crate::message::tests::sample;
use proptest::prelude::*;

/// One record of each kind of version 1.
fn records_v1() -> Vec<Record> {
    let time = Timestamp::from_millis;
    let id = sample().id;
    let happened = |happened| Record::Happened { id: id.clone(), channel: "ops".to_owned(), happened };
    let attempt = |number, outcome| {
        let at = 1_700_000_001_000 + i64::from(number) * 1000;
        let since = time(1_700_000_000_200);
        happened(Event::Attempt(Attempt { time: time(at), to: "host".to_owned(), number, since, outcome }))
    };
    let reason = "host answers with status 429: slow down".to_owned();
    vec![
        Record::Enqueued(NewMessage {
            time: time(1_700_000_000_200),
            message: sample(),
            channels: vec!["ops".to_owned(), "night".to_owned()],
        }),
        attempt(1, Outcome::Retry { reason, due: time(1_700_000_009_000), hold: true }),
        attempt(2, Outcome::Dead { reason: "host answers with status 404".to_owned() }),
        happened(Event::Resend { time: time(1_700_000_010_000), who: "ada".to_owned() }),
        attempt(1, Outcome::Delivered),
        Record::Dropped { id: "another".to_owned() },
    ]
}

/// One record of each kind of version 3.
fn every_kind() -> Vec<Record> {
    let superseded =
        Event::Superseded { time: Timestamp::from_millis(1_700_000_061_000), by: "second".to_owned() };
    let happened = Record::Happened { id: sample().id, channel: "night".to_owned(), happened: superseded };
    records_v2().into_iter().chain([happened]).collect()
}

/// One record of each kind of version 2.
fn records_v2() -> Vec<Record> {
    let commit = |messages: Vec<NewMessage>, state: Option<&str>| Record::Committed {
        messages,
        state: state.map(str::to_owned),
    };
    let rest = records_v1().into_iter().flat_map(|record| match record {
        Record::Enqueued(first) => {
            let second = NewMessage {
                message: Message { id: "second".to_owned(), ..sample() },
                channels: vec!["ops".to_owned()],
                ..first.clone()
            };
            let alone = NewMessage { channels: vec!["third".to_owned()], ..first.clone() };
            vec![
                commit(vec![first, second], Some(r#"{"version":1,"last":1700000000000}"#)),
                commit(vec![alone], None),
            ]
        }
        other => vec![other],
    });
    rest.chain([commit(Vec::new(), Some(r#"{"version":1,"last":1700000060000}"#))]).collect()
}

fn bytes_of(records: &[Record]) -> Vec<u8> {
    let mut bytes = Vec::new();
    records.iter().for_each(|record| encode(record, &mut bytes).unwrap());
    bytes
}

#[test]
fn file_matches_the_golden_file() {
    let bytes = [header(), bytes_of(&every_kind())].concat();
    golden::check("outbox-v3.bin", &bytes);
    assert_eq!(read(&bytes[HEADER_LEN..]), ReadResult { records: every_kind(), torn: 0, damaged: 0 });
}

#[test]
fn records_of_version_2_are_read() {
    let bytes = include_bytes!("../../golden/outbox-v2.bin");
    assert_eq!(bytes[..HEADER_LEN], *b"WGLASBOX\x02\0\0\0\0\0\0\0");
    assert_eq!(read(&bytes[HEADER_LEN..]), ReadResult { records: records_v2(), torn: 0, damaged: 0 });
}

#[test]
fn records_of_version_1_are_read() {
    let bytes = include_bytes!("../../golden/outbox.1");
    assert_eq!(bytes[..HEADER_LEN], *b"WGLASBOX\x01\0\0\0\0\0\0\0");
    assert_eq!(read(&bytes[HEADER_LEN..]), ReadResult { records: records_v1(), torn: 0, damaged: 0 });
}

#[test]
fn oversized_record_is_rejected() {
    let mut bytes = Vec::new();
    assert!(frame(&vec![0; MAX_PAYLOAD + 1], &mut bytes).unwrap_err().contains("too long"));
    assert!(bytes.is_empty());
}

#[test]
fn changed_byte_of_the_last_record_is_damage_and_a_cut_is_not() {
    let whole = bytes_of(&every_kind());
    let last = bytes_of(&every_kind()[every_kind().len() - 1..]).len();
    for at in 0..last {
        let cut = read(&whole[..whole.len() - last + at]);
        assert_eq!((cut.torn, cut.damaged), (at, 0), "cut after {at} bytes");
        // A changed length may look like a cut.
        if !(2..6).contains(&at) {
            let mut changed = whole.clone();
            changed[whole.len() - last + at] ^= 1;
            let found = read(&changed);
            assert_eq!((found.torn, found.damaged), (0, last), "byte {at}");
        }
    }
}

proptest! {
    #[test]
    fn torn_end_and_damage_lose_only_affected_records(cut in 0_usize..9000, hit in 0_usize..9000, flip in 1..=255_u8) {
        let records = every_kind();
        let whole = bytes_of(&records);
        let cut = cut % whole.len();
        let found = read(&whole[..cut]);
        prop_assert!(records.starts_with(&found.records));
        prop_assert_eq!(bytes_of(&found.records).len() + found.torn, cut);

        let mut damaged = whole.clone();
        damaged[hit % whole.len()] ^= flip;
        let found = read(&damaged);
        prop_assert_eq!(found.records.len(), records.len() - 1);
        prop_assert!(found.records.iter().all(|record| records.contains(record)));
        prop_assert_eq!(bytes_of(&found.records).len() + found.torn + found.damaged, whole.len());
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(read(&bytes).records.is_empty());
    }
}
