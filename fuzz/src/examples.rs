//! Seed corpus: golden files and fixtures of the repository, and some requests.

use std::fs;
use std::path::Path;

/// Reads files of the repository by path.
///
/// # Panics
/// A file is missing, for example after a rename.
pub(crate) fn files(paths: &[&str]) -> Vec<Vec<u8>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    paths
        .iter()
        .map(|path| fs::read(root.join(path)).unwrap_or_else(|error| panic!("{path}: {error}")))
        .collect()
}

/// Whether the repository has a file.
pub(crate) fn exists(path: &str) -> bool {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path).is_file()
}

/// The lines of a file.
pub(crate) fn lines(path: &str) -> Vec<Vec<u8>> {
    files(&[path]).iter().flat_map(|file| file.split(|&byte| byte == b'\n')).map(<[u8]>::to_vec).collect()
}

/// The examples with a prefix byte each: 0, 1, 2, …
pub(crate) fn numbered(examples: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    (0..).zip(examples).map(|(number, bytes)| [vec![number], bytes].concat()).collect()
}

/// Requests of every kind.
pub(crate) fn requests() -> Vec<Vec<u8>> {
    let gets = [
        "/",
        "/trends?range=24h&compare=1",
        "/alerts?view=rule&id=disk&warning=0.8&matchers=a%3Db",
        "/alerts?view=silences&start=2026-01-01T00:00&end=2026-01-02T00:00&days=monday",
        "/performance?app=shop&route=%2Fcart&method=GET&sort=p95&order=desc",
        "/processes?sort=cpu&all=1",
        "/settings?view=users",
        "/database?from=1700000000&to=1700003600&step=60",
        "/metrics",
        "/api/openapi.json",
        "/?from=2026-01-01T00:00%2B01:00&to=2026-01-02&zone=60&hide=1a2b-ff&log=cpu.memory&clip=load&at=5",
        "/api/admin/system/metrics/",
        "/api/admin/system/health/",
        "/api/admin/system/alerts/?severity=critical&limit=10",
        "/api/admin/system/history/?metric=host_memory_used_bytes&start=2026-01-01T00:00:00Z&end=2026-01-02T00:00:00Z&step=60",
        "/api/admin/rules",
        "/api/admin/silences",
        "/api/admin/annotations?from=1&to=2",
        "/api/admin/audit?who=a&what=rule",
        "/api/fragment/alerts?view=active&state=all&severity=critical&q=disk",
        "/panels/cpu?window=900",
        "/panels/cpu/csv",
        "/api/snapshot.html?page=%2F&window=900",
        "/action/AQAAAA",
        "/layout?page=%2F",
        "/login?next=%2Falerts",
        "/ws/live",
    ];
    let mut all: Vec<String> = gets.iter().map(|address| format!("GET {address}\n\n")).collect();
    for (method, address, body) in [
        (
            "POST",
            "/api/ingest",
            r#"{"version":1,"app":"shop","routes":[{"route":"/cart","methods":{"GET":{"2xx":5}},"durations":[0.1]}]}"#,
        ),
        (
            "POST",
            "/api/admin/rules",
            r#"{"id":"queue","name":"Queue","metric":"host_load1","component":"queue","critical":1.5}"#,
        ),
        ("POST", "/api/admin/rules/preview", r#"{"id":"cpu","warning":80}"#),
        ("PUT", "/api/admin/rules/disk", r#"{"warning":0.7}"#),
        (
            "POST",
            "/api/admin/silences",
            r#"{"matchers":[{"label":"host","operator":"=~","value":"a.*"}],"reason":"x","minutes":5}"#,
        ),
        (
            "POST",
            "/api/annotations",
            r#"{"text":"deployed","kind":"deploy","time":1700000000000,"tags":{"a":"b"}}"#,
        ),
        ("POST", "/api/admin/tokens", r#"{"name":"ci","role":"viewer","days":3}"#),
        ("PATCH", "/api/admin/users/ada", r#"{"disabled":true}"#),
        ("POST", "/api/admin/alerts/acknowledge", r#"{"rule":"disk","labels":{"host":"a"},"note":"x"}"#),
    ] {
        all.push(format!("{method} {address}\nContent-Type: application/json\n\n{body}"));
    }
    for (address, body) in [
        ("/alerts", "act=silence&matchers=host%3Da&reason=x&duration=2h"),
        ("/settings", "act=token&name=ci&role=viewer"),
        ("/layout", "page=%2F&panel=cpu&act=hide"),
    ] {
        all.push(format!("POST {address}\nContent-Type: application/x-www-form-urlencoded\nOrigin: http://localhost\n\n{body}"));
    }
    all.push("GET /\nX-Nobody: 1\nCookie: a=b; watchglass=wg_x\nAccept-Encoding: gzip\nX-Forwarded-For: 1.2.3.4\n\n".to_owned());
    all.push(
        "GET /api/admin/rules\nAuthorization: Bearer wg_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n\n"
            .to_owned(),
    );
    all.into_iter().map(String::into_bytes).collect()
}
