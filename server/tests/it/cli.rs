//! Command line errors.

use crate::support::{Finished, Server, request, run};
use std::net::TcpListener;

/// Checks that the program failed, and that everything in `named` is on standard error only.
fn assert_refused(case: &str, finished: &Finished, named: &[&str]) {
    assert!(matches!(finished.code, Some(code) if code != 0), "{case}: {finished:?}");
    assert_eq!(finished.stdout, "", "{case}");
    for part in named {
        assert!(finished.stderr.contains(part), "{case}: {part:?} is not in {}", finished.stderr);
    }
    assert!(!finished.stderr.contains("panic"), "{case}: {}", finished.stderr);
}

/// A port that is in use as long as the listener lives.
fn taken() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    (listener, address)
}

#[tokio::test]
async fn version_and_help_are_printed() {
    let version = run(&["--version"], &[]).await;
    assert_eq!((version.code, version.stderr.as_str()), (Some(0), ""));
    assert_eq!(version.stdout, concat!("watchglass ", env!("CARGO_PKG_VERSION"), "\n"));

    let help = run(&["serve", "--help"], &[]).await;
    assert_eq!(help.code, Some(0));
    for part in ["--listen <ADDRESS:PORT>", "WATCHGLASS_LISTEN", "--data-dir", "--redis-url", "--config"] {
        assert!(help.stdout.contains(part), "{part} is not in {}", help.stdout);
    }
}

#[tokio::test]
async fn command_line_errors_name_the_accepted_form() {
    let cases: &[(&[&str], &[&str])] = &[
        (&[], &["Usage:", "serve", "check-config"]),
        (&["srve"], &["srve", "serve"]),
        (&["check-confg", "x"], &["check-confg", "check-config"]),
        (&["serve", "--lisen", "127.0.0.1:0"], &["--lisen", "--listen"]),
        (&["serve", "extra"], &["extra", "Usage:"]),
        (&["check-config"], &["<FILE>"]),
        (&["serve", "--listen"], &["--listen", "ADDRESS:PORT"]),
        (&["serve", "--listen", "7070"], &["--listen", "\"7070\"", "127.0.0.1:7070"]),
        (&["serve", "--insecure-http", "maybe"], &["--insecure-http", "true or false"]),
        (&["serve", "--log-format", "xml"], &["--log-format", "\"xml\"", "text or json"]),
        (&["serve", "--log-level", "loud"], &["--log-level", "\"loud\"", "debug"]),
        (&["serve", "--data-dir", ""], &["--data-dir", "must not be empty"]),
        (&["serve", "--allowed-hosts", "a b"], &["--allowed-hosts", "\"a b\"", "host name"]),
    ];
    for (arguments, named) in cases {
        assert_refused(&format!("{arguments:?}"), &run(arguments, &[]).await, named);
    }
}

#[tokio::test]
async fn empty_paths_in_the_environment_are_unset() {
    let variables =
        [("WATCHGLASS_CONFIG", ""), ("WATCHGLASS_DATA_DIR", ""), ("WATCHGLASS_LISTEN", "nowhere")];
    assert_refused("serve", &run(&["serve"], &variables).await, &["WATCHGLASS_LISTEN"]);
    // The default data directory, which does not exist.
    for arguments in [&["user", "list"][..], &["backup", "x.tar"]] {
        let finished = run(arguments, &variables).await;
        assert!(finished.stderr.contains(".local/share/watchglass"), "{arguments:?}: {}", finished.stderr);
    }
}

#[tokio::test]
async fn environment_errors_name_the_variable() {
    for (name, value, named) in [
        ("WATCHGLASS_LISTEN", "nowhere", "WATCHGLASS_LISTEN: \"nowhere\" must be an address and a port"),
        (
            "WATCHGLASS_TLS_CERT",
            "c.pem",
            "WATCHGLASS_TLS_CERT: a certificate needs its key: set tls_key as well",
        ),
        ("WATCHGLASS_LOG_FORMAT", "xml", "WATCHGLASS_LOG_FORMAT: \"xml\" must be text or json"),
        ("WATCHGLASS_REDIS_URL", "localhost", "WATCHGLASS_REDIS_URL: it must begin with redis://"),
        ("WATCHGLASS_CONFIG", "/no/such/file.toml", "/no/such/file.toml: No such file"),
    ] {
        assert_refused(name, &run(&["serve"], &[(name, value)]).await, &[named]);
    }
}

#[tokio::test]
async fn flags_override_environment_variables() {
    let (_listener, address) = taken();
    let variables = [("WATCHGLASS_LISTEN", address.as_str())];
    assert_refused(
        "variable",
        &run(&["serve"], &variables).await,
        &[&address, "is already in use", "--listen"],
    );
    // Test servers are started with a flag: with the same variable this one starts on another port.
    let server = Server::start_with(&[], &variables).await;
    assert_ne!(server.address.to_string(), address);
    server.stop().await;
}

#[tokio::test]
async fn taken_ports_are_named() {
    let (_listener, address) = taken();
    let finished = run(&["serve", "--listen", &address], &[]).await;
    assert_refused("taken", &finished, &[&address, "is already in use", "--listen"]);
}

#[tokio::test]
async fn unusable_data_directories_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let below = file.join("data");
    // Not even root can create a directory in procfs.
    for path in [file.to_str().unwrap(), below.to_str().unwrap(), "/proc/watchglass-data"] {
        let finished = run(&["serve", "--listen", "127.0.0.1:0", "--data-dir", path], &[]).await;
        assert_refused(path, &finished, &[path, "is not usable", "--data-dir"]);
    }
    assert_eq!(std::fs::read(&file).unwrap(), b"");
}

#[tokio::test]
async fn data_dir_flag_is_required_without_a_home() {
    // An empty variable counts as unset.
    let finished = run(&["serve", "--listen", "127.0.0.1:0"], &[("HOME", "")]).await;
    assert_refused("no home", &finished, &["HOME", "--data-dir"]);
}

#[tokio::test]
async fn valid_files_pass_check_config() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("watchglass.toml");
    let text = "listen = '127.0.0.1:0'\nallowed_hosts = ['watch.example.org']\n[log]\nformat = 'json'\n";
    for text in ["", "# nothing\n", text] {
        std::fs::write(&path, text).unwrap();
        let finished = run(&["check-config", path.to_str().unwrap()], &[]).await;
        assert_eq!((finished.code, finished.stderr.as_str()), (Some(0), ""), "{text:?}");
        assert_eq!(finished.stdout, format!("{}: OK\n", path.display()));
    }
}

#[tokio::test]
async fn file_errors_name_file_line_and_key() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("watchglass.toml");
    let file = path.to_str().unwrap();
    for (text, line, named) in [
        ("\nlisen = '127.0.0.1:0'", 2, "unknown setting lisen; known settings: listen,"),
        ("[log]\n\nlevl = 'info'", 3, "unknown setting log.levl"),
        ("listen = 7070", 1, "listen is integer: it must be a string"),
        (
            "insecure_http = true\ntls_cert = 'c'\ntls_key = 'k'",
            1,
            "insecure_http: insecure_http serves plain HTTP: remove it",
        ),
        ("[log]\nformat = 'xml'", 2, "log.format: \"xml\" must be text or json"),
        ("allowed_hosts = 'a'", 1, "allowed_hosts is string: it must be a list of strings"),
        ("listen = '127.0.0.1:0'\nthis is not TOML", 2, ""),
    ] {
        std::fs::write(&path, text).unwrap();
        let place = format!("{file}, line {line}: {named}");
        // The server rejects the file like check-config.
        for arguments in [&["check-config", file][..], &["serve", "--config", file]] {
            assert_refused(text, &run(arguments, &[]).await, &[&place]);
        }
    }
    std::fs::remove_file(&path).unwrap();
    for arguments in [&["check-config", file][..], &["serve", "--config", file]] {
        assert_refused("missing", &run(arguments, &[]).await, &[file, "No such file"]);
    }
}

#[tokio::test]
async fn former_names_are_read_with_a_warning() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("watchglass.toml");
    let file = path.to_str().unwrap();
    std::fs::write(&path, "metrics_open = true\n[telling]\nsettle_seconds = 5\n").unwrap();
    let renamed = |former: &str, current: &str| {
        format!("{former} was renamed to {current}; the next version rejects the former name\n")
    };
    let of_file = [
        (1, "metrics_open", "metrics_anonymous"),
        (2, "telling", "notifications"),
        (3, "telling.settle_seconds", "notifications.inhibit_settle_seconds"),
    ];
    let of_file =
        of_file.map(|(line, former, current)| format!("{file}, line {line}: {}", renamed(former, current)));
    let finished = run(&["check-config", file], &[]).await;
    assert_eq!((finished.code, finished.stdout), (Some(0), format!("{file}: OK\n")));
    assert_eq!(
        finished.stderr,
        of_file.iter().map(|text| format!("watchglass: warning: {text}")).collect::<String>()
    );

    let variable = ("WATCHGLASS_METRICS_OPEN", "true");
    let flags = ["--config", file, "--redis-watch", "redis://127.0.0.1:1"];
    let server = Server::start_with(&flags, &[variable]).await;
    assert_eq!(request(server.address, "GET", "/metrics", &[("X", "")]).await.status, 200);
    let log = server.stop().await.stderr;
    let others = [
        renamed("WATCHGLASS_METRICS_OPEN", "WATCHGLASS_METRICS_ANONYMOUS"),
        renamed("--redis-watch", "--redis-targets"),
    ];
    for warning in of_file.iter().chain(&others) {
        assert_eq!(log.matches(warning).count(), 1, "{warning}: {log}");
    }

    std::fs::write(&path, "metrics_anonymous = true\nmetrics_open = true\n").unwrap();
    for arguments in [&["check-config", file][..], &["serve", "--config", file]] {
        let named = "metrics_open is the former name of metrics_anonymous, and both are set";
        assert_refused("both", &run(arguments, &[]).await, &[&format!("{file}, line 2: {named}")]);
    }
}

#[tokio::test]
async fn flags_override_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("watchglass.toml");
    // The port in the file is in use: without the flag the start would fail.
    let (_listener, address) = taken();
    std::fs::write(&path, format!("listen = '{address}'\n[host]\nname = 'named-by-file'\n")).unwrap();
    let server = Server::start_with(&["--config", path.to_str().unwrap()], &[]).await;
    assert!(server.announcement().contains("named-by-file"), "{}", server.announcement());
    server.stop().await;
}

#[tokio::test]
async fn passwords_are_never_repeated() {
    const PASSWORD: &str = "hunter2";
    let url = "redis://someone:hunter2@127.0.0.1:1/0";
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("watchglass.toml");
    let file = path.to_str().unwrap();
    for text in [
        "redis_url = 'http://:hunter2@h'",
        "redis_url = ['redis://:hunter2@h']",
        "redis_url = redis://:hunter2@h",
        "redis_url = 'redis://:hunter2@h",
        "redis_url = 'redis://:hunter2@h'\nredis_url = 'redis://:hunter2@h'",
    ] {
        std::fs::write(&path, text).unwrap();
        let finished = run(&["check-config", file], &[]).await;
        assert_refused(text, &finished, &[file]);
        assert!(!finished.stderr.contains(PASSWORD), "{text}: {}", finished.stderr);
    }
    for arguments in [
        &["serve", "--redis-url", "http://:hunter2@h"][..],
        &["serve", "--redis-ur", url],
        &["serve", "--redis-ur=redis://:hunter2@h"],
    ] {
        let finished = run(arguments, &[]).await;
        assert_refused(arguments[1], &finished, &["--redis-ur"]);
        assert!(!finished.stderr.contains(PASSWORD), "{arguments:?}: {}", finished.stderr);
    }

    for format in ["text", "json"] {
        let flags = ["--redis-url", url, "--log-level", "trace", "--log-format", format];
        let server = Server::start_with(&flags, &[]).await;
        let page = crate::support::get(server.address, "/").await;
        assert!(!page.text().contains(PASSWORD));
        let finished = server.stop().await;
        assert!(
            finished.stderr.contains("history sharing enabled"),
            "the setting was not read: {}",
            finished.stderr
        );
        assert!(!finished.stderr.contains(PASSWORD) && !finished.stdout.contains(PASSWORD), "{finished:?}");
    }
}
