//! A text read as every file of `/proc` that there is, for tests and for a fuzzer.

use super::disk_latency::Latencies;
use super::{
    activity, cpu_frequency, cpu_times, disk, load, memory, mounts, network, open_files, pressure,
    process_stat, uptime,
};
use crate::TextError;
use watchglass_model::Readings;

/// Reads it.
///
/// # Panics
/// An error names a line that is not there, or something is less than nothing.
pub(crate) fn read(text: &str) {
    let mut readings = Readings::new();
    let results = [
        cpu_times::parse(text, &mut Vec::new()).map(drop),
        activity::measure(text, &mut readings),
        memory::measure(text, &mut readings),
        disk::measure(text, &mut Latencies::default(), &mut readings),
        network::measure(text, &mut readings),
        load::measure(text, &mut readings),
        mounts::local_mounts(text).map(drop),
        open_files::measure(text, &mut readings),
        pressure::measure_any(text, &mut readings),
        uptime::parse(text).map(drop),
        cpu_frequency::named(text).map(drop),
        cpu_frequency::kilohertz(text).map(drop),
        process_stat::parse(text).map(drop),
    ];
    let lines = text.lines().count().max(1);
    for error in results.into_iter().filter_map(Result::err) {
        let (TextError::Field { line, .. } | TextError::Missing { line, .. }) = error;
        assert!((1..=lines).contains(&line), "{error:?} in a text of {lines} lines: {text:?}");
    }
    assert!(readings.rows().all(|row| row.value >= 0.0), "less than nothing in {text:?}");
}
