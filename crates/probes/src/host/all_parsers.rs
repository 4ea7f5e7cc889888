//! Parses a text as each kind of `/proc` file, for tests and fuzzing.

use super::disk_latency::Latencies;
use super::network_interfaces::NetworkInterfaces;
use super::{
    cpu_frequency, cpu_times, disk, load, memory, mounts, network, open_files, pressure, process_stat,
    task_stats, uptime,
};
use crate::TextError;
use std::path::Path;
use watchglass_model::SampleBuffer;

/// Parses `text` with every parser.
///
/// # Panics
/// An error names a line that does not exist, or a value is negative.
pub(crate) fn parse_with_all(text: &str) {
    let mut samples = SampleBuffer::new();
    cpu_times::parse(text, &mut Vec::new(), &mut samples);
    task_stats::measure(text, &mut samples);
    memory::measure(text, &mut samples);
    disk::measure(text, &mut Latencies::default(), &mut samples);
    network::measure(text, &mut NetworkInterfaces::new(Path::new("/nowhere")), &mut samples);
    load::measure(text, &mut samples);
    mounts::local_mounts(text, &mut samples);
    open_files::measure(text, &mut samples);
    pressure::measure_any(text, &mut samples);
    cpu_frequency::named(text, &mut samples);
    let results = [
        uptime::parse(text).map(drop),
        cpu_frequency::kilohertz(text).map(drop),
        process_stat::parse(text).map(drop),
    ];
    let lines = text.lines().count().max(1);
    for error in results.into_iter().filter_map(Result::err) {
        let TextError::Field { line, .. } = error;
        assert!((1..=lines).contains(&line), "{error:?} in a text of {lines} lines: {text:?}");
    }
    assert!(samples.raw_samples().all(|row| row.value >= 0.0), "negative value in {text:?}");
}
