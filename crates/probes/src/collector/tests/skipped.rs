//! Readings that are skipped.

use super::*;

#[test]
fn skipped_readings_are_noted_and_counted_while_the_probe_is_up() {
    let (mut collector, steps) = with_steps(100);
    let step = |tick: i64| -> Script {
        Box::new(move |samples| {
            if tick < 2 {
                samples.skip("ratio", "nan", watchglass_model::SkipReason::NotANumber);
            }
            if tick != 1 {
                samples.record(&GOOD, &["a"], 1.0);
            }
            Ok(())
        })
    };
    for tick in 0..3 {
        steps.send(step(tick)).unwrap();
        let found = collector.tick(Timestamp::from_millis(tick * 1000));
        let name = r#"watchglass_readings_skipped_total{h,reason="not_a_number",source="good"}"#;
        let value = |key: &str| {
            values(&collector, &found).into_iter().find(|(found, _)| found == key).map(|(_, value)| value)
        };
        let problems: Vec<_> = found.problems.iter().map(|problem| problem.reason.as_str()).collect();
        let notes: Vec<_> = found.skipped.iter().map(|note| note.reason.as_str()).collect();
        let is_up = value(r#"up{h,probe="good"}"#);
        match tick {
            0 => {
                assert_eq!((value(name), is_up), (Some(1.0), Some(1.0)));
                assert_eq!((problems, notes), (vec![], vec!["ratio left out: not a number (\"nan\")"]));
            }
            1 => {
                assert_eq!(is_up, Some(0.0), "nothing can be read");
                assert_eq!((problems, notes), (vec!["no usable value: ratio is not a number"], vec![]));
            }
            _ => assert_eq!((is_up, problems, notes), (Some(1.0), vec![], vec![])),
        }
    }
}

#[test]
fn source_is_incomplete_since_it_left_out_more() {
    let (mut collector, steps) = with_steps(100);
    let step = |count: usize, is_down: bool| -> Script {
        Box::new(move |samples| {
            for _ in 0..count {
                samples.skip("ratio", "nan", watchglass_model::SkipReason::NotANumber);
            }
            samples.record(&GOOD, &["a"], 1.0);
            if is_down { Err(ProbeError::Panicked) } else { Ok(()) }
        })
    };
    let script = [(0, false), (1, false), (1, false), (1, true), (1, false), (2, false), (1, false)];
    let since = [None, Some(1), Some(1), Some(1), Some(1), Some(5), Some(5)];
    for (second, ((count, is_down), since)) in (0..).zip(script.into_iter().zip(since)) {
        steps.send(step(count, is_down)).unwrap();
        let found = collector.tick(Timestamp::from_millis(second * 1000)).incomplete;
        let since = since.map(|since| ("good".to_owned(), Timestamp::from_millis(since * 1000)));
        assert_eq!(found, since.into_iter().collect(), "at {second}");
    }
}
