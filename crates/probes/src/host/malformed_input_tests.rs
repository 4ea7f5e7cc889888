//! Property tests of malformed `/proc` files: parsers never panic, errors name an existing line, and a changed line costs
//! its own values only.

use super::disk_latency::Latencies;
use super::network_interfaces::NetworkInterfaces;
use super::{all_parsers, cpu_frequency, disk, load, memory, mounts, network, pressure, task_stats};
use crate::testing::{check_changed_line, host_in, line_change, rows, write_file};
use crate::{Cpu, Probe};
use proptest::prelude::*;
use std::path::Path;
use std::time::Duration;
use watchglass_model::SampleBuffer;

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

/// Recorded lines of a parser.
type Record = fn(&str) -> Vec<String>;

fn recorded(measure: impl FnOnce(&mut SampleBuffer)) -> Vec<String> {
    let mut samples = SampleBuffer::new();
    measure(&mut samples);
    rows(&samples).into_iter().map(|(metric, labels, value)| format!("{metric} {labels} {value}")).collect()
}

/// Files with several lines, and their parsers.
const LINES: [(&str, Record); 9] = [
    (include_str!("../../fixtures/linux-6.18/meminfo"), |text| {
        recorded(|samples| memory::measure(text, samples))
    }),
    (include_str!("../../fixtures/linux-6.18/diskstats"), |text| {
        recorded(|samples| disk::measure(text, &mut Latencies::default(), samples))
    }),
    (include_str!("../../fixtures/linux-6.18/1/net/dev"), |text| {
        recorded(|samples| {
            network::measure(text, &mut NetworkInterfaces::new(Path::new("/nowhere")), samples)
        })
    }),
    (include_str!("../../fixtures/linux-6.18/loadavg"), |text| {
        recorded(|samples| load::measure(text, samples))
    }),
    (include_str!("../../fixtures/linux-6.18/stat"), |text| {
        recorded(|samples| task_stats::measure(text, samples))
    }),
    (include_str!("../../fixtures/linux-6.18/pressure/memory"), |text| {
        recorded(|samples| pressure::measure_any(text, samples))
    }),
    (include_str!("../../fixtures/linux-6.18/cpuinfo"), |text| {
        let mut samples = SampleBuffer::new();
        cpu_frequency::named(text, &mut samples).into_iter().map(|hertz| hertz.to_string()).collect()
    }),
    (include_str!("../../fixtures/mountinfo/workstation"), mount_points),
    (include_str!("../../fixtures/mountinfo/container"), mount_points),
];

fn mount_points(text: &str) -> Vec<String> {
    let systems = mounts::local_mounts(text, &mut SampleBuffer::new());
    systems.iter().map(|system| system.points[0].to_string_lossy().into_owned()).collect()
}

/// Recorded lines of the second sample of the CPU probe.
fn cpu(text: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    write_file(folder.path(), "stat", include_str!("../../fixtures/vm-with-steal/stat.before"));
    let mut probe = Cpu::with_clock(&host_in(folder.path()), || Duration::ZERO);
    probe.collect(&mut SampleBuffer::new()).unwrap();
    write_file(folder.path(), "stat", text);
    recorded(|samples| probe.collect(samples).unwrap())
}

proptest! {
    #[test]
    fn one_changed_line_costs_at_most_its_values(
        (text, record) in prop::sample::select(LINES.to_vec()),
        index in any::<prop::sample::Index>(),
        change in line_change(),
    ) {
        check_changed_line(text, index, &change, record);
    }

    #[test]
    fn one_changed_line_of_the_cpu_times_costs_at_most_its_values(
        index in any::<prop::sample::Index>(),
        change in line_change(),
    ) {
        check_changed_line(include_str!("../../fixtures/vm-with-steal/stat.after"), index, &change, cpu);
    }

    #[test]
    fn arbitrary_text(text in "(?s).*") {
        all_parsers::parse_with_all(&text);
    }

    #[test]
    fn almost_valid_words(text in "((cpu|cpu0|cpu MHz|ctxt|some|total=1|total=-|1/2|MemTotal:|eth0:|sda|-|/|ext4|8:1|[0-9]{1,20}|-1|nan|kB)[ \n]){0,60}") {
        all_parsers::parse_with_all(&text);
    }

    #[test]
    fn truncated_files(file in prop::sample::select(&FILES), end in any::<prop::sample::Index>()) {
        let end = end.index(file.len() + 1);
        all_parsers::parse_with_all(&String::from_utf8_lossy(&file.as_bytes()[..end]));
    }

    #[test]
    fn files_with_a_wrong_byte(
        file in prop::sample::select(&FILES),
        index in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let mut bytes = file.as_bytes().to_vec();
        *index.get_mut(&mut bytes) = byte;
        all_parsers::parse_with_all(&String::from_utf8_lossy(&bytes));
    }
}
