use super::*;
use crate::testing::{expected_rows, rows, skipped};
use proptest::prelude::*;

const NEW: &str = include_str!("../../fixtures/linux-6.18/meminfo");
const OLD: &str = include_str!("../../fixtures/linux-4.4/meminfo");

#[test]
fn kernel_files_are_parsed() {
    let kib = 1024.0;
    let cases = [
        (
            "6.18, no swap",
            NEW,
            [16.0 / 24.0, 16_000_000.0, 0.0, 8_000_000.0, 8_000_000.0, 24_000_000.0, 0.0, 0.0],
        ),
        (
            "4.4, swapping",
            OLD,
            [0.875, 1_750_000.0, 150_000.0, 100_000.0, 250_000.0, 2_000_000.0, 300_000.0, 1_000_000.0],
        ),
    ];
    for (case, text, [ratio, sizes @ ..]) in cases {
        let mut samples = SampleBuffer::new();
        measure(text, &mut samples);
        let names = METRICS.map(|metric| metric.name);
        let mut expected = vec![(names[0], "", ratio)];
        expected.extend(names[1..].iter().zip(sizes).map(|(name, size)| (*name, "", size * kib)));
        assert_eq!(rows(&samples), expected_rows(&expected), "{case}");
    }
}

/// Names of the recorded metrics without `host_memory_`, and skipped readings.
fn recorded(text: &str) -> (Vec<String>, Vec<String>) {
    let mut samples = SampleBuffer::new();
    measure(text, &mut samples);
    let names = rows(&samples).into_iter().map(|(name, ..)| name.replace("host_memory_", ""));
    (names.filter(|name| !name.starts_with("host_swap")).collect(), skipped(&samples))
}

#[test]
fn missing_and_invalid_lines_cost_what_is_computed_from_them() {
    const ALL: [&str; 6] =
        ["used_ratio", "used_bytes", "cached_bytes", "free_bytes", "available_bytes", "total_bytes"];
    let cases: [(&str, String, &[&str], &[&str]); 6] = [
        ("all lines", NEW.to_owned(), &[], &[]),
        (
            "no MemFree",
            NEW.replace("MemFree:", "Other:"),
            &["cached_bytes", "free_bytes"],
            &["MemFree missing"],
        ),
        (
            "no MemTotal",
            NEW.replace("MemTotal:", "Other:"),
            &["used_ratio", "used_bytes", "total_bytes"],
            &["MemTotal missing"],
        ),
        (
            "a word",
            NEW.replace("MemFree:", "MemFree: much"),
            &["cached_bytes", "free_bytes"],
            &["MemFree not a number"],
        ),
        (
            "negative",
            NEW.replace("MemFree:", "MemFree: -1"),
            &["cached_bytes", "free_bytes"],
            &["MemFree out of range"],
        ),
        (
            "no memory",
            NEW.replace("MemTotal:", "MemTotal: 0"),
            &["used_ratio", "used_bytes", "total_bytes"],
            &["MemTotal out of range"],
        ),
    ];
    for (case, text, missing, notes) in cases {
        let expected: Vec<_> = ALL.into_iter().filter(|name| !missing.contains(name)).collect();
        let (names, skipped) = recorded(&text);
        assert_eq!(names, expected, "{case}");
        assert_eq!(skipped, notes, "{case}");
    }
    assert_eq!(recorded("").0, Vec::<String>::new());
}

#[test]
fn available_memory_is_estimated_if_it_is_missing_or_impossible() {
    let lines = "MemTotal: 1000 kB\nMemFree: 100 kB\nActive(file): 200 kB\nInactive(file): 100 kB\nSReclaimable: 40 kB\n";
    let above = format!("{lines}MemAvailable: 2000 kB\n");
    let no_lists = lines.replace("(file)", "(anon)");
    for (text, min_free, expected) in [
        (lines, None, Some(440.0)),
        // The low watermark is 5/4 of the minimum: 100 − 80 + 300 − 80 + 40 − 20.
        (lines, Some(64), Some(260.0)),
        (lines, Some(1_000_000), Some(170.0)),
        (&above, None, Some(440.0)),
        (&no_lists, None, None),
    ] {
        let mut samples = SampleBuffer::new();
        let found = Meminfo::parse(text, &mut samples);
        record(&found, min_free, &mut samples);
        let available = samples.raw_samples().find(|row| row.metric.name == AVAILABLE.name);
        assert_eq!(available.map(|row| row.value / 1024.0), expected, "{text} {min_free:?}");
        let ratio = samples.raw_samples().find(|row| row.metric.name == USED_RATIO.name);
        assert_eq!(ratio.map(|row| row.value), expected.map(|expected| (1000.0 - expected) / 1000.0));
        let used = samples.raw_samples().find(|row| row.metric.name == USED.name);
        assert_eq!(used.map(|row| row.value / 1024.0), expected.map(|expected| 1000.0 - expected));
        assert!(skipped(&samples).iter().any(|note| note.starts_with("MemAvailable")), "{samples:?}");
    }
}

proptest! {
    #[test]
    fn areas_add_up_to_the_total(values in prop::array::uniform5(prop_oneof![0..100_u64, 0..1_u64 << 50])) {
        let names = ["MemTotal", "MemFree", "MemAvailable", "SwapTotal", "SwapFree"];
        let text: String = names.iter().zip(values).map(|(name, value)| format!("{name}: {value} kB\n")).collect();
        let mut samples = SampleBuffer::new();
        measure(&text, &mut samples);
        let of = |metric: &Declaration| samples.raw_samples().find(|row| row.metric.name == metric.name).map(|row| row.value);
        if let (Some(total), Some(available), Some(free)) = (of(&TOTAL), of(&AVAILABLE), of(&FREE)) {
            let sum: f64 = [&USED, &CACHED, &FREE].into_iter().filter_map(of).sum();
            prop_assert_eq!(sum, total + (free - available).max(0.0));
            prop_assert_eq!(of(&USED), Some(total - available));
            prop_assert_eq!(of(&USED_RATIO), Some((total - available) / total));
        }
        prop_assert!(samples.raw_samples().all(|row| row.value >= 0.0));
    }
}
