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
