//! Series that are refused because of the limit.

use super::*;

#[test]
fn refused_samples_are_an_increase_from_zero_and_make_the_source_incomplete() {
    // The status series are not counted; the limit leaves room for one series of each probe.
    let (mut collector, steps) = with_steps(2);
    let step = |parts: &'static [&'static str]| -> Script {
        Box::new(move |samples| {
            parts.iter().for_each(|part| samples.record(&GOOD, &[part], 1.0));
            Ok(())
        })
    };
    let name = r#"watchglass_series_refused_total{h,source="good"}"#;
    let mut counts = Vec::new();
    for (second, parts) in (0..).zip([&["a"][..], &["a", "b"], &["a"], &["a"], &["a"]]) {
        steps.send(step(parts)).unwrap();
        let found = collector.tick(Timestamp::from_millis(second * 1000));
        let count = values(&collector, &found).into_iter().find(|(key, _)| key == name);
        counts.push(count.map(|(_, count)| count));
        let since = (second > 0).then(|| ("good".to_owned(), Timestamp::from_millis(1000)));
        assert_eq!(found.incomplete, since.into_iter().collect(), "at {second}");
    }
    assert_eq!(counts, [None, None, Some(0.0), Some(1.0), Some(1.0)]);
}
