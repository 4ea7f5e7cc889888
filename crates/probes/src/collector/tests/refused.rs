//! Series that are refused because of the limit.

use super::*;

#[test]
fn refused_samples_are_an_increase_from_zero_and_make_the_source_incomplete() {
    let (mut collector, steps) = with_steps(100);
    let step = |parts: u32| -> Script {
        Box::new(move |samples| {
            (0..parts).for_each(|part| samples.record(&GOOD, &[&part.to_string()], 1.0));
            Ok(())
        })
    };
    let name = r#"watchglass_series_refused_total{h,source="good"}"#;
    let mut counts = Vec::new();
    for (second, parts) in (0..).zip([1, 150, 1, 1, 1]) {
        steps.send(step(parts)).unwrap();
        let found = collector.tick(Timestamp::from_millis(second * 1000));
        counts.extend(values(&collector, &found).into_iter().find(|(key, _)| key == name));
        let since = (second > 0).then_some(Timestamp::from_millis(1000));
        assert_eq!(found.incomplete.get("good").copied(), since, "at {second}");
    }
    let [(_, 0.0), (_, first), .., (_, last)] = counts[..] else { panic!("{counts:?}") };
    assert!(first > 0.0 && first == last, "{counts:?}");
}
