use super::*;
use proptest::prelude::*;

fn millis(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

#[test]
fn times_are_formatted_in_utc() {
    for (time, expected) in [
        (0, "1970-01-01T00:00:00.000Z"),
        (1_795_314_030_125, "2026-11-22T02:20:30.125Z"),
        (951_827_696_789, "2000-02-29T12:34:56.789Z"),
        (4_107_542_399_999, "2100-02-28T23:59:59.999Z"),
        (MAX_MILLIS, "9999-12-31T23:59:59.000Z"),
        // Clamped.
        (MAX_MILLIS + 1, "9999-12-31T23:59:59.000Z"),
        (i64::MAX, "9999-12-31T23:59:59.000Z"),
        (-1, "1970-01-01T00:00:00.000Z"),
        (i64::MIN, "1970-01-01T00:00:00.000Z"),
    ] {
        assert_eq!(format_millis(millis(time)), expected);
        assert_eq!(format_seconds(millis(time)), format!("{}Z", &expected[..19]));
    }
}

#[test]
fn times_in_utc_are_parsed() {
    for (text, expected) in [
        ("1970-01-01T00:00:00Z", 0),
        ("2026-11-22T02:20:30Z", 1_795_314_030_000),
        ("2026-11-22T02:20:30+00:00", 1_795_314_030_000),
        ("2026-11-22T02:20:30.5Z", 1_795_314_030_500),
        ("2026-11-22T02:20:30.Z", 1_795_314_030_000),
        ("2026-11-22T02:20:30.1259999999999Z", 1_795_314_030_125),
        ("2026-11-22T02:20:30.25+00:00", 1_795_314_030_250),
        ("2016-12-31T23:59:60Z", 1_483_228_799_000),
        ("2000-02-29T12:34:56.789Z", 951_827_696_789),
        ("9999-12-31T23:59:59Z", MAX_MILLIS),
    ] {
        assert_eq!(parse_utc(text), Some(millis(expected)), "{text}");
    }
    for text in [
        "",
        "Z",
        "2026-11-22",
        "2026-11-22T02:20:30",
        "2026-11-22 02:20:30Z",
        "2026-11-22t02:20:30Z",
        "2026-11-22T02:20:30z",
        "2026-11-22T02:20:30+01:00",
        "2026-11-22T02:20:30-00:00",
        "2026-11-22T02:20Z",
        "2026-11-22T02:20:30,5Z",
        "2026-11-22T02:20:30.5aZ",
        "2026-11-22T02:20:30ZZ",
        "+026-11-22T02:20:30Z",
        "2026-13-22T02:20:30Z",
        "2026-02-29T02:20:30Z",
        "2026-00-22T02:20:30Z",
        "2026-11-00T02:20:30Z",
        "2026-11-22T24:20:30Z",
        "2026-11-22T02:60:30Z",
        "2026-11-22T02:20:61Z",
        "1969-12-31T23:59:59Z",
        "2026-11-22T02:20:3٣Z",
    ] {
        assert_eq!(parse_utc(text), None, "{text}");
    }
}

#[test]
fn times_without_a_zone_are_parsed() {
    for text in ["2026-11-22 02:20:30.125", "2026-11-22T02:20:30.125"] {
        assert_eq!(parse_civil(text), Some(millis(1_795_314_030_125)), "{text}");
    }
    for text in ["2026-11-22", "2026-11-22 02:20", "2026-11-22_02:20:30", "2026-11-22 02:20:30Z"] {
        assert_eq!(parse_civil(text), None, "{text}");
    }
}

#[test]
fn durations_are_parsed() {
    for (text, nanos) in [
        ("90s", 90_000_000_000),
        ("1h30m", 5_400_000_000_000),
        (" 1h 30m ", 5_400_000_000_000),
        ("1 h30 min", 5_400_000_000_000),
        ("2 days", 172_800_000_000_000),
        ("1w", 604_800_000_000_000),
        ("1M", 2_630_016_000_000_000),
        ("1year 1month", 34_187_616_000_000_000),
        ("1.5h", 5_400_000_000_000),
        ("0.25s", 250_000_000),
        ("1.000001ms", 1_000_001),
        ("500ms 500ms", 1_000_000_000),
        ("1s 1us 1ns", 1_000_001_001),
        ("7µs", 7000),
        ("1 000s", 1_000_000_000_000),
        ("0s", 0),
    ] {
        assert_eq!(parse_duration(text), Some(Duration::from_nanos(nanos)), "{text:?}");
    }
    for unit in UNITS.iter().flat_map(|(names, ..)| *names) {
        assert!(parse_duration(&format!("1{unit}")).is_some(), "{unit}");
    }
    for text in [
        "",
        " ",
        "1",
        "90 ",
        "s",
        "soon",
        "-1s",
        "+1s",
        "1,5h",
        ".5h",
        "1.h",
        "1.5",
        "1.5.5h",
        "1H",
        "1S",
        "1mo",
        "1s2",
        "1s.5h",
        "1.5ns",
        "0.0000001us",
        "0.00001h",
        "18446744073709551616s",
        "18446744073709551615m",
        "18446744073709551615s 1s",
        "0.00000000000000000001s",
        "٣s",
    ] {
        assert_eq!(parse_duration(text), None, "{text:?}");
    }
}

proptest! {
    #[test]
    fn times_round_trip(time in 0..=MAX_MILLIS) {
        prop_assert_eq!(parse_utc(&format_millis(millis(time))), Some(millis(time)));
        prop_assert_eq!(parse_utc(&format_seconds(millis(time))), Some(millis(time / 1000 * 1000)));
    }

    #[test]
    fn any_text_is_parsed_without_panic(text in "\\PC{0,30}", time in "[0-9TZ:.+ é-]{17,30}") {
        for text in [text, time] {
            let _ = (parse_utc(&text), parse_civil(&text), parse_duration(&text));
        }
    }
}
