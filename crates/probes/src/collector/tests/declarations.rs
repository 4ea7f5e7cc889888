//! Catalogue of several probes.

use super::*;

#[test]
fn panels_are_interleaved_across_probes() {
    let good = probe("slow", &GOOD_METRICS, |_| Ok(()));
    let collector = Collector::new(vec![good, steady()], &[("host", "h")], 10).unwrap();
    let catalogue = collector.catalogue();
    let panels: Vec<_> = catalogue.panels().iter().map(|panel| panel.id.as_str()).collect();
    assert_eq!(panels, ["first", "third", "second"]);
    let metrics: Vec<_> = catalogue.metrics().iter().map(|metric| metric.name.as_str()).collect();
    assert_eq!(metrics, ["good", "other", "good_too", "up", SKIPPED.name, REFUSED.name]);
    let paces = ["good", "good_too", "other", "up", "unknown"]
        .map(|metric| collector.interval_of(metric).map(|pace| pace.as_secs()));
    assert_eq!(paces, [Some(5), Some(5), Some(1), Some(1), None]);
}

#[test]
fn probes_may_share_declarations() {
    let of_part = |name: &'static str| {
        probe(name, &GOOD_METRICS, move |samples| {
            samples.record(&GOOD, &[name], 1.0);
            Ok(())
        })
    };
    let probes = vec![of_part("a"), of_part("slow")];
    let mut collector = Collector::new(probes, &[("host", "h")], 10).unwrap();
    let names: Vec<_> = collector.catalogue().metrics().iter().map(|metric| metric.name.as_str()).collect();
    assert_eq!(names, ["good", "good_too", "up", SKIPPED.name, REFUSED.name]);
    assert_eq!(collector.interval_of("good"), Some(Duration::from_secs(5)), "the longer of both");
    let tick = collector.tick(Timestamp::from_millis(0));
    let all = [
        (r#"good{h,part="a"}"#, 1.0),
        (r#"good{h,part="slow"}"#, 1.0),
        (r#"up{h,probe="a"}"#, 1.0),
        (r#"up{h,probe="slow"}"#, 1.0),
    ];
    assert_eq!(values(&collector, &tick), expected(&all));
}
