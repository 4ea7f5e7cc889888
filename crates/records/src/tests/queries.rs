//! Append, query, flush, reopen.

use super::*;
use crate::{AppendError, Direction, QueryError, Search};

/// Thousand records of five streams, every third a second late.
fn thousand() -> Vec<Numbered> {
    (0..1000)
        .map(|n| {
            let late = if n % 3 == 0 { 1000 } else { 0 };
            Numbered::new(n * 100 - late, (n % 5) as u8, n)
        })
        .collect()
}

fn sorted(mut records: Vec<Numbered>) -> Vec<Numbered> {
    records.sort();
    records
}

#[test]
fn records_are_returned_from_memory_and_files_and_after_a_restart() {
    let (folder, disk) = (tempfile::tempdir().unwrap(), TestDisk::new());
    let records = thousand();
    let expected = sorted(records.clone());
    {
        let store = open(folder.path(), &disk);
        assert_eq!(all(&store), []);
        records[..500].chunks(7).for_each(|batch| append(&store, batch).unwrap());
        assert_eq!(all(&store), sorted(records[..500].to_vec()));
        assert!(store.flush());
        records[500..900].chunks(7).for_each(|batch| append(&store, batch).unwrap());
        assert_eq!(all(&store), sorted(records[..900].to_vec()));
    }
    assert_eq!(names(folder.path()), ["log-2.wal", "records-1-1.0.blk"]);
    {
        let store = open(folder.path(), &disk);
        records[900..].chunks(7).for_each(|batch| append(&store, batch).unwrap());
        assert_eq!(all(&store), expected);
        assert!(store.flush());
        let status = store.status();
        assert_eq!((status.records, status.streams, status.files), (1000, 5, 2));
        assert_eq!((status.oldest, status.newest), (Some(millis(-1000)), Some(millis(99_800))));
        assert_eq!((status.head_bytes, status.problems), (0, Vec::new()));
    }
    assert_eq!(all(&open(folder.path(), &disk)), expected);
}

#[test]
fn time_labels_words_and_substrings_select_records() {
    let (folder, disk) = (tempfile::tempdir().unwrap(), TestDisk::new());
    let store = open(folder.path(), &disk);
    let records = thousand();
    append(&store, &records[..800]).unwrap();
    assert!(store.flush());
    append(&store, &records[800..]).unwrap();
    let expect = |wanted: &dyn Fn(&Numbered) -> bool| {
        sorted(records.iter().filter(|record| wanted(record)).cloned().collect())
    };

    let range = Query { start: millis(500), end: millis(85_000), ..Query::default() };
    assert_eq!(query(&store, &range).0, expect(&|record| (500..85_000).contains(&record.time)));
    let backward = Query { direction: Direction::Backward, ..range };
    let reversed: Vec<Numbered> = query(&store, &backward).0.into_iter().rev().collect();
    assert_eq!(reversed, query(&store, &range).0);

    let is_third = |labels: &Labels| labels.get("stream") == Some("3");
    let third = Query { streams: &is_third, ..range };
    let expected = expect(&|record| is_third(&record.stream) && (500..85_000).contains(&record.time));
    assert_eq!(query(&store, &third).0, expected);

    let words = Query { search: Search { words: &["W77", "number"], substrings: &[] }, ..Query::default() };
    let (found, stats) = query(&store, &words);
    assert_eq!(numbers(&found), [77]);
    assert!(stats.blocks_read * 8 < stats.blocks_skipped, "{stats:?}");
    let in_field = Query { search: Search { words: &["field"], substrings: &[] }, ..Query::default() };
    assert_eq!(query(&store, &in_field).0, expect(&|record| record.number % 2 == 1));
    let part = Query { search: Search { words: &[], substrings: &[b"w99", b"xend"] }, ..Query::default() };
    let expected = expect(&|record| record.body().starts_with(b"number w99") && record.number % 5 != 0);
    assert_eq!(query(&store, &part).0, expected);
}

#[test]
fn limits_and_cancellation_end_a_query() {
    let (folder, disk) = (tempfile::tempdir().unwrap(), TestDisk::new());
    let store = open(folder.path(), &disk);
    append(&store, &thousand()).unwrap();
    assert!(store.flush());
    let (found, stats) = query(&store, &Query { limit: 10, ..Query::default() });
    assert_eq!((found.len(), stats.is_limited), (10, true));
    let newest = Query { limit: 2, direction: Direction::Backward, ..Query::default() };
    assert_eq!(numbers(&query(&store, &newest).0), [998, 997]);
    let run = |query: &Query<'_>| store.query(query, &mut |_| ControlFlow::Continue(())).unwrap_err();
    assert_eq!(run(&Query { max_read_bytes: 5000, ..Query::default() }), QueryError::TooManyBytes(5000));
    assert_eq!(run(&Query { max_memory_bytes: 5000, ..Query::default() }), QueryError::TooMuchMemory(5000));
    assert_eq!(run(&Query { is_cancelled: &|| true, ..Query::default() }), QueryError::Cancelled);
    let mut count = 0;
    let stop = |_: &Record<'_>| {
        count += 1;
        if count == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    assert_eq!(store.query(&Query::default(), &mut { stop }).unwrap().records, 3);
}

#[test]
fn memory_of_a_query_is_that_of_the_blocks_it_reads_at_the_same_time() {
    let (folder, disk) = (tempfile::tempdir().unwrap(), TestDisk::new());
    let store = open(folder.path(), &disk);
    let records: Vec<Numbered> = (0..5000).map(|n| Numbered::new(n, 0, n)).collect();
    append(&store, &records).unwrap();
    assert!(store.flush());
    let (found, stats) = query(&store, &Query { max_memory_bytes: 10_000, ..Query::default() });
    assert_eq!(found, records);
    assert!(stats.blocks_read > 100, "{stats:?}");
}

#[test]
fn batches_above_a_limit_are_refused_as_a_whole() {
    let (folder, disk) = (tempfile::tempdir().unwrap(), TestDisk::new());
    let options = Options { max_streams: 2, ..small() };
    let store = RecordStore::open(folder.path(), options, disk).unwrap();
    append(&store, &[Numbered::new(1, 0, 0)]).unwrap();
    let far = append(&store, &[Numbered::new(2, 0, 1), Numbered::new(i64::MAX, 0, 2)]);
    assert!(matches!(far, Err(AppendError::InvalidTime(i64::MAX))));
    let streams = append(&store, &[Numbered::new(2, 1, 3), Numbered::new(2, 2, 4)]);
    assert!(matches!(streams, Err(AppendError::TooManyStreams(2))));
    let fields = vec![("a", Value::Bool(true)); crate::MAX_FIELDS + 1];
    let (labels, body) = (stream_labels(0), vec![b'a'; 33 << 20]);
    let record = NewRecord { stream: &labels, time: millis(1), fields: &[], body: &body };
    assert!(matches!(store.append(&[record]), Err(AppendError::TooLarge)));
    let record = NewRecord { fields: &fields, body: b"", ..record };
    assert!(matches!(store.append(&[record]), Err(AppendError::TooManyFields)));
    assert_eq!((numbers(&all(&store)), store.status().refused), (vec![0], 6));
    store.close();
    assert!(matches!(append(&store, &[Numbered::new(3, 0, 5)]), Err(AppendError::Closed)));
    assert_eq!(numbers(&all(&store)), [0]);
}

#[test]
fn head_becomes_a_file_at_its_size_or_time_range() {
    let (folder, disk) = (tempfile::tempdir().unwrap(), TestDisk::new());
    let options = Options { head_bytes: 64 << 10, head_span_millis: 5000, ..small() };
    let store = RecordStore::open(folder.path(), options, disk).unwrap();
    append(&store, &[Numbered::new(0, 0, 0)]).unwrap();
    append(&store, &[Numbered::new(5001, 0, 1)]).unwrap();
    // Late records are no reason for a file.
    append(&store, &[Numbered::new(-90_000, 0, -1), Numbered::new(5002, 0, 2)]).unwrap();
    assert!(store.flush());
    assert_eq!(names(folder.path()), ["log-3.wal", "records-1-1.0.blk", "records-2-2.0.blk"]);
    let large: Vec<Numbered> = (3..2000).map(|n| Numbered::new(5002, 0, n)).collect();
    append(&store, &large).unwrap();
    append(&store, &[Numbered::new(5003, 0, 2000)]).unwrap();
    assert_eq!(store.status().records, 2002);
    assert!(store.flush());
    assert_eq!(store.status().files, 4);
    assert_eq!(numbers(&all(&store)), (-1..2001).collect::<Vec<_>>());
}
