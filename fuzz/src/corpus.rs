//! Seed corpus of the targets: golden files and fixtures of the repository, and hand-written inputs.

use crate::examples::{exists, files, lines, numbered};
use watchglass::fuzzing as server;
use watchglass_rules::builtin;
use watchglass_rules::rule_replica::RuleVersion;

/// In the order of the files that the server reads; an empty input for those that have no golden file.
const GOLDEN_STORED: [Option<&str>; server::FILES.len()] = [
    Some("crates/auth/golden/access.json"),
    Some("server/golden/rules.json"),
    Some("server/golden/annotations.json"),
    Some("server/golden/layouts.json"),
    Some("server/golden/audit.jsonl"),
    Some("crates/rules/golden/engine.json"),
    None,
    None,
    Some("server/golden/heartbeats.json"),
];

pub(crate) fn alerts_examples() -> Vec<Vec<u8>> {
    let dispatch =
        ["desk", "board", "past", "ledger"].map(|name| format!("crates/dispatch/golden/{name}.json"));
    let mut all = files(&dispatch.each_ref().map(String::as_str));
    all.extend(files(&["crates/rules/golden/engine.json", "crates/rules/golden/engine-v1.json"]));
    let disk = builtin::find("disk").expect("there is this rule");
    all.push(RuleVersion::new(Some(&disk), Default::default()).to_json().into_bytes());
    all.push(serde_json::to_vec(&disk).expect("a rule is JSON"));
    numbered(all)
}

pub(crate) fn answers_examples() -> Vec<Vec<u8>> {
    ["30\nslow down", "Sun, 06 Nov 2033 08:49:37 GMT\n{\"error\": \"no sesame\"}", "soon\n"]
        .map(|text| text.as_bytes().to_vec())
        .into()
}

pub(crate) fn browser_cookie_examples() -> Vec<Vec<u8>> {
    [
        "b1:07070707070707070707070707070707:1700000000000:ada/b.o-b_@x",
        "b1:0:1:",
        "07070707070707070707070707070707",
    ]
    .map(|text| text.as_bytes().to_vec())
    .into()
}

pub(crate) fn columns_examples() -> Vec<Vec<u8>> {
    [
        &b"\x03\x00\x01abcdefghabcdefghabcdefgh"[..],
        b"\x02\x00\x0012345678",
        b"\x00\x00name\xffhost\xffa\xff\x00",
    ]
    .map(<[u8]>::to_vec)
    .into()
}

/// Values of the keys, in hexadecimal after their names.
pub(crate) fn shared_examples() -> Vec<Vec<u8>> {
    let hex = |word: &[u8]| -> Option<Vec<u8>> {
        let word = std::str::from_utf8(word).ok().filter(|word| word.len() > 8 && word.len() % 2 == 0)?;
        (0..word.len()).step_by(2).map(|at| u8::from_str_radix(word.get(at..at + 2)?, 16).ok()).collect()
    };
    let lines = lines("crates/tsdb/golden-redis/keys.txt");
    let words = lines.iter().flat_map(|line| line.split(|byte| b" \t:".contains(byte)));
    words.filter_map(hex).collect()
}

/// All files of the fixtures, and empty ones in place of the others.
pub(crate) fn host_files_examples() -> Vec<Vec<u8>> {
    let fixture = |name: &str| {
        let path = name.strip_prefix("proc/").map(|name| format!("crates/probes/fixtures/linux-6.18/{name}"));
        let path = path.filter(|path| exists(path));
        path.and_then(|path| files(&[&path]).pop()).unwrap_or_else(|| b"45000\n".to_vec())
    };
    let parts: Vec<Vec<u8>> =
        watchglass_probes::fuzzing::HOST_FILES.iter().map(|name| fixture(name)).collect();
    vec![parts.join(&watchglass_probes::fuzzing::SEPARATOR)]
}

pub(crate) fn ingest_examples() -> Vec<Vec<u8>> {
    let report = files(&["crates/instrument/golden/report-v1.json"]).concat();
    vec![[report.as_slice(), &report].join(&watchglass_probes::fuzzing::SEPARATOR), report]
}

pub(crate) fn kernel_examples() -> Vec<Vec<u8>> {
    files(&[
        "crates/probes/fixtures/vm-with-steal/stat.before",
        "crates/probes/fixtures/linux-6.18/meminfo",
        "crates/probes/fixtures/linux-6.18/diskstats",
        "crates/probes/fixtures/linux-6.18/1/net/dev",
        "crates/probes/fixtures/linux-6.18/loadavg",
        "crates/probes/fixtures/mountinfo/workstation",
        "crates/probes/fixtures/linux-6.18/pressure/memory",
        "crates/probes/fixtures/linux-6.18/sys/fs/file-nr",
        "crates/probes/fixtures/linux-6.18/uptime",
        "crates/probes/fixtures/linux-6.18/cpuinfo",
        "crates/probes/fixtures/process/kworker.stat",
    ])
}

pub(crate) fn live_examples() -> Vec<Vec<u8>> {
    let names = ["alert", "alert-v2", "annotated", "hello", "metrics", "state", "state-v2"];
    let paths = names.map(|name| format!("crates/live/golden/{name}.bin"));
    files(&paths.each_ref().map(String::as_str))
}

pub(crate) fn live_connection_examples() -> Vec<Vec<u8>> {
    let messages = live_examples();
    vec![watchglass_live::fuzzing::messages(messages.iter().map(Vec::as_slice))]
}

pub(crate) fn redis_examples() -> Vec<Vec<u8>> {
    files(&["crates/probes/fixtures/redis/7.0-master", "crates/probes/fixtures/redis/7.0-replica"])
}

pub(crate) fn stored_examples() -> Vec<Vec<u8>> {
    numbered(
        GOLDEN_STORED
            .iter()
            .map(|path| path.map(|path| files(&[path]).concat()).unwrap_or_default())
            .collect(),
    )
}

pub(crate) fn words_examples() -> Vec<Vec<u8>> {
    let mut all = lines("crates/notify/golden/deeds.txt");
    all.extend(
        [
            "page=/trends&window=86400&hide=1a2b-ff&log=cpu.memory&clip=load",
            "from=1700000000000&to=1700003600000&page=/",
            "2026-01-01T00:00:00+01:00",
            "1.5 GiB",
            "wg_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
            "(?i)a.*|[b-d]{2,3}",
        ]
        .map(|text| text.as_bytes().to_vec()),
    );
    all
}
