//! Tests of the WAL format: round trips, torn writes and damage.

use super::*;
use crate::head::TICK;
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use watchglass_model::Kind;

fn name(number: u32) -> Option<Arc<StoredSeries>> {
    let labels = [("n", number.to_string())].into_iter().collect();
    Some(Arc::new(StoredSeries { metric: "m".to_owned(), labels, kind: Kind::Gauge }))
}

fn entries() -> impl Strategy<Value = Vec<Entry>> {
    let value = prop_oneof![
        (-9_i32..9).prop_map(f64::from),
        any::<f64>().prop_filter("comparable", |value| !value.is_nan())
    ];
    let group = prop::sample::select(vec![TICK, TICK, "a", "b"]);
    let entry = (group, any::<i64>(), btree_map(0_u32..20, value, 0..20));
    let entry = entry.prop_map(|(group, time, samples)| Entry {
        group: group.into(),
        time,
        samples: samples.into_iter().collect(),
    });
    vec(entry, 0..20)
}

/// The readable entries, without samples of unknown series, and whether all bytes are intact.
fn read(bytes: &[u8]) -> (Vec<Entry>, bool) {
    let (mut decoder, mut rest) = (Decoder::new(VERSION), Cursor(bytes));
    let mut groups: HashMap<Arc<str>, Vec<Option<u32>>> = HashMap::new();
    let (mut read, mut is_whole) = (Vec::new(), true);
    loop {
        let before = rest.clone();
        match decoder.next(&mut rest) {
            Ok(Some(record)) => {
                let series = groups.entry(Arc::clone(&record.group)).or_default();
                let end = record.first_new + record.new.len();
                series.resize(end.max(series.len()), None);
                for (place, new) in (record.first_new..).zip(&record.new) {
                    series[place] = Some(new.labels.get("n").unwrap().parse::<u32>().unwrap());
                }
                let known = |&(place, value): &(usize, f64)| Some(((*series.get(place)?)?, value));
                let mut samples: Vec<(u32, f64)> = record.samples.iter().filter_map(known).collect();
                samples.sort_by_key(|&(number, _)| number);
                read.push(Entry { group: record.group, time: record.time, samples });
            }
            Ok(None) => return (read, is_whole),
            Err(_) => {
                (rest, is_whole) = (before, false);
                decoder.skip_damage(&mut rest);
            }
        }
    }
}

fn written(entries: &[Entry]) -> (Vec<u8>, Vec<usize>) {
    let (mut encoder, mut out, mut ends) = (Encoder::default(), Vec::new(), Vec::new());
    for entry in entries {
        encoder.encode(entry, name, &mut out);
        ends.push(out.len());
    }
    (out, ends)
}

proptest! {
    #[test]
    fn entries_round_trip(entries in entries()) {
        prop_assert_eq!(read(&written(&entries).0), (entries, true));
    }

    #[test]
    fn torn_writes_lose_only_the_last_record(entries in entries(), cut: usize) {
        let (out, ends) = written(&entries);
        let cut = cut % (out.len() + 1);
        let whole = ends.iter().filter(|&&end| end <= cut).count();
        let (read, _) = read(&out[..cut]);
        prop_assert_eq!(&read[..], &entries[..whole]);
    }

    #[test]
    fn changed_bytes_are_detected(entries in entries(), at: usize, xor in 1_u8..) {
        let (mut out, ends) = written(&entries);
        prop_assume!(!out.is_empty());
        let at = at % out.len();
        out[at] ^= xor;
        let whole = ends.iter().filter(|&&end| end <= at).count();
        let (read, is_whole) = read(&out);
        prop_assert_eq!(&read[..whole], &entries[..whole]);
        prop_assert!(!is_whole);
    }

    /// Any bytes of a file of one record a second are damaged: all records before are read, and all from the next complete one
    /// on. Their series are those that were known before, and all from the next record with all series on.
    #[test]
    fn damage_costs_the_records_to_the_next_complete_one(
        counts in vec(1_u32..20, 1..200), begin: usize, length in 1_usize..2000, seed: u8,
    ) {
        let entry = |(time, count): (i64, &u32)| {
            let samples = (0..*count).map(|number| (number, (time * i64::from(number)) as f64 / 3.0)).collect();
            Entry { group: TICK.into(), time, samples }
        };
        let entries: Vec<Entry> = (0..).zip(&counts).map(entry).collect();
        let (mut out, ends) = written(&entries);
        let begin = begin % out.len();
        let end = (begin + length).min(out.len());
        for (at, byte) in (begin..end).zip(&mut out[begin..end]) {
            *byte ^= (at as u8).wrapping_mul(31).wrapping_add(seed) | 1;
        }
        let (read, _) = read(&out);
        let before = ends.iter().filter(|&&end| end <= begin).count();
        // The first record that begins behind the damage.
        let behind = ends.iter().position(|&record_end| record_end >= end).map_or(entries.len(), |at| at + 1);
        // The second record is complete, and each of an interval behind it.
        let next = |interval: u64| match behind {
            0 | 1 => 1,
            _ => (behind - 1).next_multiple_of(usize::try_from(interval).unwrap()) + 1,
        };
        prop_assert_eq!(&read[..before], &entries[..before]);
        let known = entries[..before].iter().map(|entry| entry.samples.len()).max().unwrap_or(0);
        for entry in entries.iter().skip(next(COMPLETE_INTERVAL)) {
            let found = read.iter().find(|read| read.time == entry.time);
            prop_assert!(found.is_some(), "second {} is lost", entry.time);
            let (found, known) = (&found.unwrap().samples, known.min(entry.samples.len()));
            prop_assert!(found.starts_with(&entry.samples[..known]), "second {}", entry.time);
        }
        for entry in entries.iter().skip(next(SERIES_INTERVAL)) {
            prop_assert!(read.contains(entry), "second {}", entry.time);
        }
    }

    /// A damaged first record costs itself, a later one at most the ten records up to the next complete one, whatever series
    /// were new in it.
    #[test]
    fn new_series_of_a_damaged_record_are_repeated(
        counts in vec(1_u32..20, 2..59), damaged: prop::sample::Index, xor in 1_u8..,
    ) {
        let entry = |(time, count): (i64, &u32)| {
            let samples = (0..*count).map(|number| (number, time as f64)).collect();
            Entry { group: TICK.into(), time, samples }
        };
        let entries: Vec<Entry> = (0..).zip(&counts).map(entry).collect();
        let (mut out, ends) = written(&entries);
        let damaged = damaged.index(entries.len());
        out[ends[damaged] - 1] ^= xor;
        let next_complete = if damaged == 0 { 1 } else { (damaged - 1) / 10 * 10 + 11 };
        let kept: Vec<_> = entries[..damaged].iter().chain(entries.iter().skip(next_complete)).cloned().collect();
        prop_assert_eq!(read(&out).0, kept);
    }

    /// Damage costs only the groups that have records in it.
    #[test]
    fn damage_costs_no_records_of_other_groups(
        groups in vec(0_usize..3, 2..80), damaged: prop::sample::Index, xor in 1_u8..,
    ) {
        let entry = |(time, group): (i64, &usize)| {
            let samples = (0..4).map(|number| (number, (time * i64::from(number)) as f64 / 3.0)).collect();
            Entry { group: [TICK, "a", "b"][*group].into(), time, samples }
        };
        let entries: Vec<Entry> = (0..).zip(&groups).map(entry).collect();
        let (mut out, ends) = written(&entries);
        let damaged = damaged.index(entries.len());
        out[ends[damaged] - 1] ^= xor;
        let group = &entries[damaged].group;
        let others = |entries: &[Entry]| -> Vec<Entry> {
            entries.iter().filter(|entry| entry.group != *group).cloned().collect()
        };
        let read = read(&out).0;
        prop_assert_eq!(others(&read), others(&entries));
        // Of its own group nothing is read wrongly.
        prop_assert!(read.iter().all(|entry| entries.contains(entry)));
    }

    #[test]
    fn values_that_are_no_finite_numbers_come_back_with_their_bits(bits: Vec<u64>, group in prop::sample::select(vec![TICK, "a"])) {
        let stale = 0x7ff0_0000_0000_0002_u64;
        let all = bits.into_iter().chain([stale, f64::NAN.to_bits(), f64::INFINITY.to_bits()]);
        let entries: Vec<Entry> = (0..)
            .zip(all)
            .map(|(time, bits)| Entry { group: group.into(), time, samples: vec![(0, f64::from_bits(bits))] })
            .collect();
        let bits = |entries: &[Entry]| -> Vec<u64> {
            entries.iter().flat_map(|entry| entry.samples.iter().map(|sample| sample.1.to_bits())).collect()
        };
        prop_assert_eq!(bits(&read(&written(&entries).0).0), bits(&entries));
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes: Vec<u8>) {
        for version in 1..=VERSION {
            let mut framed = mark(version).to_vec();
            put_varint(&mut framed, bytes.len() as u64);
            framed.extend(crc32fast::hash(&bytes).to_le_bytes());
            framed.extend(&bytes);
            let mut decoder = Decoder::new(version);
            let _ = (decoder.next(&mut Cursor(&bytes)), decoder.skip_damage(&mut Cursor(&bytes)));
            let _ = Decoder::new(version).next(&mut Cursor(&framed));
        }
    }
}
