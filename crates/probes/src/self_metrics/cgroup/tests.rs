//! Tests of the cgroup probe with files in a temporary folder.

use super::*;
use crate::self_metrics::cgroup_files::{cpu_max, limit, named};
use crate::testing::{expected_rows, rows, write_file};
use proptest::prelude::*;

/// File name and content.
type File = (&'static str, &'static str);
/// Metric name and value.
type Value = (&'static str, f64);

/// The recorded samples for a `/proc/self/cgroup` with the text `membership` and files below `/sys/fs/cgroup`.
fn collect(membership: &str, files: &[File]) -> Result<Vec<crate::testing::SampleRow>, String> {
    let folder = tempfile::tempdir().unwrap();
    write_file(folder.path(), "membership", membership);
    files.iter().for_each(|(name, text)| write_file(folder.path(), &format!("mount/{name}"), text));
    let mut samples = SampleBuffer::new();
    Cgroup::of(&folder.path().join("membership"), &folder.path().join("mount"))
        .collect(&mut samples)
        .map(|()| rows(&samples))
        .map_err(|error| error.to_string().replace(folder.path().to_str().unwrap(), ""))
}

const MEMORY_STAT: &str =
    "anon 1000\nfile 900\nkernel 5\ninactive_anon 7\ninactive_file 300\nactive_file 600\n";
const CPU_STAT: &str = "usage_usec 2500000\nuser_usec 2000000\nsystem_usec 500000\nnr_periods 90\nnr_throttled 4\n\
                        throttled_usec 1500000\n";
const LIMITED: [Value; 6] = [
    ("cgroup_memory_used_ratio", 0.425),
    ("cgroup_memory_used_bytes", 1700.0),
    ("cgroup_memory_limit_bytes", 4000.0),
    ("cgroup_cpu_seconds_total", 2.5),
    ("cgroup_cpu_throttled_seconds_total", 1.5),
    ("cgroup_cpu_limit_cores", 0.5),
];

const VERSION_2: [File; 5] = [
    ("memory.max", "4000\n"),
    ("memory.current", "2000\n"),
    ("memory.stat", MEMORY_STAT),
    ("cpu.max", "50000 100000\n"),
    ("cpu.stat", CPU_STAT),
];

/// A systemd service with limits.
const SERVICE: [File; 7] = [
    ("system.slice/w.service/memory.max", "4000\n"),
    ("system.slice/w.service/memory.current", "2000\n"),
    ("system.slice/w.service/memory.stat", MEMORY_STAT),
    ("system.slice/w.service/cpu.max", "50000 100000\n"),
    ("system.slice/w.service/cpu.stat", CPU_STAT),
    ("cpu.stat", "usage_usec 99\n"),
    ("memory.stat", "inactive_file 99\n"),
];

/// Mounts in a Docker container.
const VERSION_1: [File; 7] = [
    ("memory/memory.limit_in_bytes", "4000\n"),
    ("memory/memory.usage_in_bytes", "2000\n"),
    ("memory/memory.stat", "inactive_file 1\ntotal_inactive_file 300\n"),
    ("cpu/cpu.cfs_quota_us", "50000\n"),
    ("cpu/cpu.cfs_period_us", "100000\n"),
    ("cpu/cpu.stat", "nr_periods 90\nnr_throttled 4\nthrottled_time 1500000000\n"),
    ("cpuacct/cpuacct.usage", "2500000000\n"),
];
const MEMBER_OF_1: &str =
    "5:cpuacct,cpu:/docker/0a1b\n4:memory:/docker/0a1b\n1:name=systemd:/docker/0a1b\n0::/x\n";

/// Hybrid host with version 1 for memory and CPU, without limits.
const UNLIMITED_1: [File; 5] = [
    ("memory/memory.limit_in_bytes", "9223372036854771712\n"),
    ("memory/memory.usage_in_bytes", "2000\n"),
    ("cpu/cpu.cfs_quota_us", "-1\n"),
    ("cpu/cpu.cfs_period_us", "100000\n"),
    ("unified/cpu.stat", CPU_STAT),
];

#[test]
fn limits_are_found_in_both_versions() {
    let unlimited_2: [File; 3] =
        [("memory.max", "max\n"), ("memory.current", "9\n"), ("cpu.max", "max 100000\n")];
    let memory_alone: [File; 3] =
        [("memory.max", "4000\n"), ("memory.current", "1700\n"), ("cpu.max", "max 100000\n")];
    let busy: [File; 2] = [("cpu.max", "200000 100000\n"), ("cpu.stat", "usage_usec 5000000\n")];
    let cases: [(&str, &str, &[File], &[Value]); 9] = [
        ("a container of version 2", "0::/\n", &VERSION_2, &LIMITED),
        ("one that sees its host's path", "0::/docker/0a1b\n", &VERSION_2, &LIMITED),
        ("one that was entered from outside", "0::/../../user.slice\n", &VERSION_2, &LIMITED),
        ("a service", "0::/system.slice/w.service\n", &SERVICE, &LIMITED),
        ("a container of version 1", MEMBER_OF_1, &VERSION_1, &LIMITED),
        ("version 2 without limits", "0::/\n", &unlimited_2, &[]),
        ("version 1 without limits", MEMBER_OF_1, &UNLIMITED_1, &[]),
        ("a limit of memory alone", "0::/\n", &memory_alone, &LIMITED[..3]),
        (
            "a limit of processors, not throttled yet",
            "0::/\n",
            &busy,
            &[("cgroup_cpu_seconds_total", 5.0), ("cgroup_cpu_limit_cores", 2.0)],
        ),
    ];
    for (case, membership, files, expected) in cases {
        let expected: Vec<_> = expected.iter().map(|&(metric, value)| (metric, "", value)).collect();
        assert_eq!(collect(membership, files).unwrap(), expected_rows(&expected), "{case}");
    }
    assert_eq!(collect("", &[]).unwrap(), [], "a host without control groups");
    let mut nowhere = Cgroup::of(Path::new("/nowhere"), Path::new("/nowhere"));
    assert!(nowhere.collect(&mut SampleBuffer::new()).is_ok(), "a kernel without control groups");
}

#[test]
fn errors_name_file_line_and_field() {
    let cases: [(&[File], &str); 5] = [
        (&[("memory.max", "much\n")], "memory.max: line 1: the limit should be a whole number"),
        (
            &[("memory.max", "9"), ("memory.current", "")],
            "memory.current: line 1: the usage should be a whole number",
        ),
        (&[("cpu.max", "5")], "cpu.max: line 1: the period should be a whole number"),
        (&[("cpu.max", "5 0")], "cpu.max: line 1: the period should be more than 0"),
        (
            &[("cpu.max", "5 5"), ("cpu.stat", "x 1\nusage_usec x")],
            "cpu.stat: line 2: usage_usec should be a whole number",
        ),
    ];
    for (files, expected) in cases {
        assert_eq!(collect("0::/\n", files).unwrap_err(), format!("/mount/{expected}"));
    }
}

#[test]
fn own_control_group_is_readable() {
    let mut samples = SampleBuffer::new();
    Cgroup::new().collect(&mut samples).unwrap();
    assert!(samples.raw_samples().all(|row| row.value >= 0.0), "{samples:?}");
}

proptest! {
    #[test]
    fn arbitrary_text_never_panics(text in "(max|usage_usec|-1|[0-9]{1,20}|[ \n]){0,9}|(?s).*") {
        prop_assert!(cpu_max(&text).map_or(true, |limit| limit.is_none_or(|limit| limit.is_finite() && limit >= 0.0)));
        prop_assert!(limit(&text).map_or(true, |limit| limit.is_none_or(|limit| limit < 1 << 60)));
        prop_assert!(named(&text, "usage_usec").is_ok() || text.contains("usage_usec"));
        // A path from the text never leaves the mount.
        let (mut memory, mut cpu) = find(&text, Path::new("/nowhere"));
        prop_assert_eq!((memory.read(), cpu.read()), (Ok(None), Ok(None)));
    }
}
