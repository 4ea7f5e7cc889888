//! Whatever a file of `/proc` holds, a probe neither panics nor points at a line that is not there.

use super::disk_latency::Latencies;
use super::{
    activity, cpu_frequency, cpu_times, disk, load, memory, mounts, network, open_files, pressure,
    process_stat, uptime,
};
use crate::TextError;
use proptest::prelude::*;
use watchglass_model::Readings;

const FILES: [&str; 12] = [
    include_str!("../../fixtures/vm-with-steal/stat.before"),
    include_str!("../../fixtures/linux-6.18/meminfo"),
    include_str!("../../fixtures/linux-6.18/diskstats"),
    include_str!("../../fixtures/linux-6.18/1/net/dev"),
    include_str!("../../fixtures/linux-6.18/loadavg"),
    include_str!("../../fixtures/mountinfo/workstation"),
    include_str!("../../fixtures/linux-6.18/stat"),
    include_str!("../../fixtures/linux-6.18/pressure/memory"),
    include_str!("../../fixtures/linux-6.18/sys/fs/file-nr"),
    include_str!("../../fixtures/linux-6.18/uptime"),
    include_str!("../../fixtures/linux-6.18/cpuinfo"),
    include_str!("../../fixtures/process/kworker.stat"),
];

fn check(text: &str) -> Result<(), TestCaseError> {
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
        prop_assert!((1..=lines).contains(&line), "{error:?} in a text of {lines} lines");
    }
    prop_assert!(readings.rows().all(|row| row.value >= 0.0));
    Ok(())
}

proptest! {
    #[test]
    fn any_text(text in "(?s).*") {
        check(&text)?;
    }

    #[test]
    fn words_that_look_almost_right(text in "((cpu|cpu0|cpu MHz|ctxt|some|total=1|total=-|1/2|MemTotal:|eth0:|sda|-|/|ext4|8:1|[0-9]{1,20}|-1|nan|kB)[ \n]){0,60}") {
        check(&text)?;
    }

    #[test]
    fn a_real_file_cut_off(file in prop::sample::select(&FILES), end in any::<prop::sample::Index>()) {
        let end = end.index(file.len() + 1);
        check(&String::from_utf8_lossy(&file.as_bytes()[..end]))?;
    }

    #[test]
    fn a_real_file_with_a_wrong_byte(
        file in prop::sample::select(&FILES),
        place in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let mut bytes = file.as_bytes().to_vec();
        *place.get_mut(&mut bytes) = byte;
        check(&String::from_utf8_lossy(&bytes))?;
    }
}
