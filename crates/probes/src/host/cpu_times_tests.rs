use super::*;
use proptest::prelude::*;

const NEW: &str = include_str!("../../fixtures/linux-6.18/stat");

#[test]
fn times_of_all_cpus_are_parsed() {
    let mut cores = Vec::new();
    let times = parse(NEW, &mut cores, &mut SampleBuffer::new()).unwrap();
    assert_eq!(
        cores.iter().map(|core| (core.number, core.times.unwrap().user)).collect::<Vec<_>>(),
        [(0, 45_300), (1, 45_200)]
    );
    assert_eq!(
        times,
        Times {
            user: 90_500,
            nice: 0,
            system: 8_000,
            idle: 280_000,
            iowait: 900,
            irq: 0,
            softirq: 120,
            steal: 130
        }
    );
}

#[test]
fn decreasing_and_frozen_fields_count_as_zero() {
    use SkipReason::{Decreased, OutOfRange};
    let before =
        Times { user: 10, nice: 10, system: 10, idle: 10, iowait: 10, irq: 10, softirq: 10, steal: 10 };
    let later = Times { user: 20, ..before };
    let high = Times { steal: 1 << 62, ..before };
    let half = Times { user: 20, idle: 20, ..before };
    // Case, times, expected ticks, usage and iowait, and the note.
    type Expected = (Option<(f64, f64)>, Option<(&'static str, SkipReason)>);
    type Case = (&'static str, Times, Times, Option<f64>, Expected);
    let cases: [Case; 12] = [
        ("no time has passed", before, before, None, (None, None)),
        (
            "user steps back",
            before,
            Times { user: 9, system: 20, idle: 20, ..before },
            None,
            (Some((0.5, 0.0)), Some(("user", Decreased))),
        ),
        (
            "steal steps back",
            before,
            Times { steal: 9, ..half },
            None,
            (Some((0.5, 0.0)), Some(("steal", Decreased))),
        ),
        (
            "a huge steal steps back",
            high,
            Times { steal: (1 << 62) - 1000, ..half },
            Some(20.0),
            (Some((0.5, 0.0)), Some(("steal", Decreased))),
        ),
        (
            "steal wraps around",
            before,
            Times { steal: u64::MAX, ..half },
            Some(20.0),
            (Some((0.5, 0.0)), Some(("steal", OutOfRange))),
        ),
        (
            "softirq steps back",
            before,
            Times { softirq: 9, ..later },
            None,
            (Some((1.0, 0.0)), Some(("softirq", Decreased))),
        ),
        (
            "idle steps back",
            before,
            Times { idle: 0, ..later },
            Some(20.0),
            (Some((1.0, 0.0)), Some(("idle", Decreased))),
        ),
        (
            "idle is frozen",
            before,
            Times { user: 15, ..before },
            Some(20.0),
            (Some((0.25, 0.0)), Some(("idle", OutOfRange))),
        ),
        ("all is busy", before, later, Some(10.0), (Some((1.0, 0.0)), None)),
        ("all is frozen", before, before, Some(20.0), (None, Some(("idle", OutOfRange)))),
        (
            "iowait turns into idle",
            before,
            Times { iowait: 5, idle: 25, ..later },
            None,
            (Some((0.5, 0.0)), None),
        ),
        (
            "idle turns into iowait",
            before,
            Times { iowait: 25, idle: 5, ..later },
            None,
            (Some((0.5, 0.5)), None),
        ),
    ];
    for (case, before, now, ticks, (expected, note)) in cases {
        let mut noted = None;
        let found = shares(before, now, ticks, |field, _, reason| noted = Some((field, reason)));
        assert_eq!(found.map(|shares| (shares.usage(), shares.iowait)), expected, "{case}");
        assert_eq!(noted, note, "{case}");
    }
}

#[test]
fn invalid_lines_have_no_times() {
    let good = "cpu  1 2 3 4 5 6 7 8\n";
    let cases = [
        ("", false, &[][..], "the line `cpu` missing"),
        ("cpu0 1 2 3 4 5 6 7 8\n", false, &[Some(0)], "the line `cpu` missing"),
        ("cpu  1 2 3 4 5 6 7 8\ncpux 1 2 3 4 5 6 7 8", true, &[], "the processor not a number"),
        ("cpu  1 2 3 4 5 6 7 8\ncpu0 1 2", true, &[None], "system incomplete"),
        ("cpu  1 2 3\ncpu1 1 2 3 4 5 6 7 8\n", false, &[Some(1)], "idle incomplete"),
        ("cpu  1 2 3 4 x 6 7 8\n", false, &[], "iowait not a number"),
        ("cpu  1 2 3 4 -5 6 7 8\n", false, &[], "iowait out of range"),
        (&format!("garbage\n{good}"), true, &[], ""),
    ];
    for (text, has_times, expected, note) in cases {
        let (mut cores, mut samples) = (Vec::new(), SampleBuffer::new());
        assert_eq!(parse(text, &mut cores, &mut samples).is_some(), has_times, "{text:?}");
        let found: Vec<_> = cores.iter().map(|core| core.times.map(|_| core.number)).collect();
        assert_eq!(found, expected, "{text:?}");
        assert_eq!(crate::testing::skipped(&samples).join(""), note, "{text:?}");
    }
}

fn times() -> impl Strategy<Value = Times> {
    prop::array::uniform8(prop_oneof![0..1000_u64, any::<u64>()]).prop_map(
        |[user, nice, system, idle, iowait, irq, softirq, steal]| Times {
            user,
            nice,
            system,
            idle,
            iowait,
            irq,
            softirq,
            steal,
        },
    )
}

proptest! {
    #[test]
    fn shares_are_between_zero_and_one(
        before in times(),
        now in times(),
        ticks in prop::option::of(0.0..2000.0),
    ) {
        if let Some(shares) = shares(before, now, ticks, |_, _, _| {}) {
            let parts = [shares.user, shares.nice, shares.system, shares.irq, shares.steal, shares.iowait];
            prop_assert!(parts.iter().all(|part| (0.0..=1.0).contains(part)), "{:?}", shares);
            prop_assert!(parts.iter().sum::<f64>() <= 1.0 + 1e-9, "{:?}", shares);
        }
    }
}
