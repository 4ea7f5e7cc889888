//! Probe errors: missing or malformed files are reported, and everything else goes on.

use crate::support::{ConfigFile, ProcFolder, Server, Socket, get};
use serde_json::{Value, json};

/// Probe, its file, and the prefix of its metrics.
const PROBES: [(&str, &str, &str); 5] = [
    ("cpu", "stat", "host_cpu_"),
    ("memory", "meminfo", "host_memory_"),
    ("disk", "diskstats", "host_disk_"),
    ("network", "1/net/dev", "host_network_"),
    ("load", "loadavg", "host_load"),
];

async fn start(proc: &ProcFolder) -> (Server, Socket) {
    let server = Server::start_with(&["--host-name", "h", "--host-proc", proc.path()], &[]).await;
    let socket = Socket::json(server.address).await;
    (server, socket)
}

fn up<'a>(values: &'a Value, probe: &str) -> &'a Value {
    &values[format!(r#"up{{host="h",probe="{probe}"}}"#)]
}

fn has(values: &Value, prefix: &str) -> bool {
    values.as_object().unwrap().keys().any(|key| key.starts_with(prefix))
}

fn works(values: &Value, probe: &str, prefix: &str) -> bool {
    up(values, probe) == &json!(1.0) && has(values, prefix)
}

fn reason<'a>(socket: &'a Socket, probe: &str) -> Option<&'a str> {
    let problems = socket.state["problems"].as_array().unwrap();
    problems
        .iter()
        .find(|problem| problem["probe"] == probe)
        .map(|problem| problem["reason"].as_str().unwrap())
}

#[tokio::test]
async fn failing_probes_do_not_affect_others_and_recover() {
    let proc = ProcFolder::whole();
    let (server, mut socket) = start(&proc).await;
    for (probe, file, prefix) in PROBES {
        // CPU counters in the copied files never change, so only their presence can be checked.
        let is_whole = |values: &Value| PROBES.iter().all(|(probe, ..)| up(values, probe) == &json!(1.0));
        socket.metrics_where("all probes", is_whole).await;
        assert_eq!(reason(&socket, probe), None);

        // Some files begin with a table header without values.
        proc.write(file, &b"no kernel writes this\n".repeat(5));
        let frame =
            socket.metrics_where(&format!("{probe} down"), |values| up(values, probe) == &json!(0.0)).await;
        let values = &frame["values"];
        assert!(!has(values, prefix), "{probe}: {frame}");
        for (other, _, prefix) in PROBES.into_iter().filter(|(other, ..)| *other != probe && *other != "cpu")
        {
            assert!(works(values, other, prefix), "{other}, while {probe} is down: {frame}");
        }
        let reason_now = reason(&socket, probe).unwrap_or_default();
        let expected = format!("no usable value in {}: ", proc.file(file).display());
        assert!(reason_now.starts_with(&expected), "{probe}: {reason_now}");
        let page = get(server.address, "/").await;
        assert!(page.text().contains(&format!("<strong>{probe}</strong>")), "{probe}: {}", page.text());

        proc.restore(file);
        socket.metrics_where(&format!("{probe} up"), |values| up(values, probe) == &json!(1.0)).await;
        assert_eq!(reason(&socket, probe), None);
        let page = get(server.address, "/").await;
        assert!(!page.text().contains(&format!("<strong>{probe}</strong>")), "{probe}: {}", page.text());
    }
    let log = server.stop().await.stderr;
    for (probe, ..) in PROBES {
        assert!(
            log.contains(&format!("probe=\"{probe}\"")) || log.contains(&format!("probe={probe}")),
            "{probe}: {log}"
        );
    }
}

#[tokio::test]
async fn skipped_values_are_on_the_pages_of_their_source_which_stays_up() {
    let proc = ProcFolder::whole();
    let (server, mut socket) = start(&proc).await;
    let page = get(server.address, "/").await.dom();
    assert!(!page.says("ul.notes", "memory: "), "a whole source has no note");

    proc.write("meminfo", b"MemTotal: 2000 kB\nMemFree: 500 kB\nMemAvailable: <b>many</b> kB\n");
    proc.write("loadavg", b"0.1 0.2 0.3 many 5\n");
    let counter = |source: &str| {
        format!(r#"watchglass_readings_skipped_total{{host="h",reason="not_a_number",source="{source}"}}"#)
    };
    let are_counted =
        |values: &Value| ["memory", "load"].iter().all(|source| values[counter(source)].is_number());
    let frame = socket.metrics_where("skipped values", are_counted).await;
    for (probe, prefix) in [("memory", "host_memory_"), ("load", "host_load")] {
        assert!(works(&frame["values"], probe, prefix), "{probe}: {frame}");
    }
    let memory = "memory: MemAvailable left out: not a number (\"<b>many</b>\")";
    let load = "load: running and all threads left out: not a number (\"many\")";
    // The threads are in a chart of the processes, too.
    for (path, notes, absent) in
        [("/", &[memory, load][..], ""), ("/processes", &[load], "memory: "), ("/performance", &[], "load: ")]
    {
        let page = get(server.address, path).await.dom();
        let found = page.texts("ul.notes li");
        for note in notes {
            assert!(found.iter().any(|found| found == note), "{path}: {note}: {found:?}");
        }
        let is_absent = absent.is_empty() || !found.iter().any(|found| found.starts_with(absent));
        assert!(is_absent && !page.has("ul.notes b"), "{path}: {found:?}");
    }
    server.stop().await;
}

#[tokio::test]
async fn values_return_with_the_file() {
    let proc = ProcFolder::without("diskstats");
    let (server, mut socket) = start(&proc).await;
    let frame = socket.metrics().await;
    assert_eq!(up(&frame["values"], "disk"), &json!(0.0));
    assert!(!has(&frame["values"], "host_disk_"), "{frame}");
    let why = reason(&socket, "disk").unwrap();
    assert!(why.contains(proc.file("diskstats").to_str().unwrap()) && why.contains("No such file"), "{why}");

    proc.restore("diskstats");
    let frame = socket.metrics_where("disk up", |values| works(values, "disk", "host_disk_")).await;
    assert_eq!(reason(&socket, "disk"), None);
    let written = &frame["values"][r#"host_disk_written_bytes_total{device="vda",host="h"}"#];
    assert_eq!(written, &json!(7_866_480.0 * 512.0), "{frame}");
    server.stop().await;
}

#[tokio::test]
async fn endless_files_are_not_read() {
    let proc = ProcFolder::whole();
    let (server, mut socket) = start(&proc).await;
    socket.metrics_where("disk up", |values| works(values, "disk", "host_disk_")).await;
    std::fs::File::create(proc.file("diskstats")).unwrap().set_len(1 << 40).unwrap();
    let is_down = |values: &Value| up(values, "disk") == &json!(0.0);
    let frame = socket.metrics_where("disk down", is_down).await;
    assert!(
        !has(&frame["values"], "host_disk_") && works(&frame["values"], "memory", "host_memory_"),
        "{frame}"
    );
    assert!(reason(&socket, "disk").unwrap().contains("larger than"), "{:?}", reason(&socket, "disk"));
    proc.restore("diskstats");
    socket.metrics_where("disk up again", |values| works(values, "disk", "host_disk_")).await;
    server.stop().await;
}

#[tokio::test]
async fn server_works_without_any_readable_file() {
    let empty = ProcFolder::empty();
    let missing = ProcFolder::empty().file("missing");
    for path in [empty.path(), missing.to_str().unwrap(), "/dev/null"] {
        let server = Server::start_with(&["--host-name", "h", "--host-proc", path], &[]).await;
        let mut socket = Socket::json(server.address).await;
        let all_down = |values: &Value| {
            up(values, "filesystem") == &json!(0.0)
                && PROBES.iter().all(|(probe, ..)| up(values, probe) == &json!(0.0))
        };
        let frame = socket.metrics_where("all down", all_down).await;
        // Missing values stay missing: of the host there is only the state that its probes are down.
        assert!(!has(&frame["values"], "host_"), "{frame}");
        for (probe, file, _) in PROBES {
            assert!(reason(&socket, probe).unwrap().contains(&format!("{path}/{file}")), "{probe}");
        }
        let page = get(server.address, "/").await;
        assert_eq!(page.status, 200);
        assert!(page.html().contains("<h1>h</h1>"), "{}", page.text());
        assert!(page.text().contains(": no data since"), "{}", page.text());
        let snapshot = get(server.address, "/api/fn/snapshot?window_seconds=300&rows=75").await;
        let snapshot = snapshot.json();
        let measured: Vec<&Value> =
            snapshot["readings"].as_array().unwrap().iter().map(|reading| &reading["series"]).collect();
        let series = snapshot["state"]["series"].as_array().unwrap();
        let mut of_the_host =
            series.iter().filter(|series| series["metric"].as_str().unwrap().starts_with("host_"));
        assert!(!of_the_host.any(|series| measured.contains(&&series["id"])), "{snapshot}");
        server.stop().await;
    }
}

#[tokio::test]
async fn alert_of_a_source_that_is_down_does_not_resolve_at_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let config = ConfigFile::with(&format!(
        "[redis]\ntargets = 'redis://{closed}'\n[[rules]]\nid = 'redis-down'\nfor_seconds = 0\n"
    ));
    let flags = config.flags_with_data(&folder);
    let mut server = Server::start_with(&flags, &[]).await;
    server.logged("alert fired rule=\"redis-down\"").await;
    server.stop().await;

    // Its first result comes after the first tick.
    let mut server = Server::start_with(&flags, &[]).await;
    server.logged("probe failed").await;
    Socket::json(server.address).await.in_a_row(3).await;
    let finished = server.stop().await;
    assert!(
        !finished.stderr.contains("rule=\"redis-down\""),
        "neither resolved nor fired: {}",
        finished.stderr
    );
}
