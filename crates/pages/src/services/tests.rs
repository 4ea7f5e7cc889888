//! Tests of the pages of databases and caches: setup help, up, down, order and filter.

use super::*;
use watchglass_model::{RedisDetails, SlowLogEntry};

fn known(commands: Option<&[&str]>, down: bool) -> ServicesSnapshot {
    let command = |(id, command): (u64, &&str)| SlowLogEntry {
        id,
        time: Timestamp::from_millis(1000),
        seconds: id as f64,
        command: (*command).to_owned(),
    };
    let details = RedisDetails {
        instance: "cache:6379".to_owned(),
        version: Some("7.0.15".to_owned()),
        notes: vec!["a <note>".to_owned()],
        slow_log: commands.map(|commands| (1..).zip(commands).map(command).collect()),
        ..RedisDetails::default()
    };
    let redis = vec![api::Service { probe: "redis:cache:6379".to_owned(), details }];
    let problem = Problem {
        probe: "redis:cache:6379".to_owned(),
        since: Timestamp::from_millis(60_000),
        reason: "refused <it>".to_owned(),
    };
    ServicesSnapshot {
        services: api::Services { redis, ..api::Services::default() },
        problems: down.then_some(problem).into_iter().collect(),
        skipped: Vec::new(),
        now: Some(Timestamp::from_millis(65_000)),
    }
}

#[test]
fn without_instances_the_setup_help_is_shown() {
    for (kind, word) in [(&DATABASES, "--postgres-url"), (&CACHES, "--redis-targets")] {
        let html = render_states(kind, &ServicesSnapshot::default());
        assert!(html.contains(word) && html.contains("PASSWORD"), "{html}");
        assert_eq!(render_lists(kind, &ServicesSnapshot::default(), &ListQuery::default()).unwrap(), "");
    }
}

#[test]
fn status_shows_since_when_and_why() {
    let down = render_states(&CACHES, &known(Some(&["GET a"]), true)).replace('\u{a0}', " ");
    for part in [
        "data-state=\"down\"",
        "<time datetime=\"1970-01-01T00:01:00Z\">1 Jan 00:01:00 UTC</time>",
        "5 s",
        "refused &lt;it&gt;",
        "redis.targets",
        "Check that the server is running",
        "a &lt;note&gt;",
        "href=\"#slow-log-cache:6379\"",
    ] {
        assert!(down.contains(part), "{part}: {down}");
    }
    let up = render_states(&CACHES, &known(Some(&["GET a"]), false));
    assert!(up.contains("data-state=\"up\"") && !up.contains("class=\"reason\""), "{up}");
    assert!(!up.contains("class=\"next\""), "{up}");
}

#[test]
fn lists_are_ordered_by_the_url() {
    let both = known(Some(&["GET <a>", "GET b"]), false);
    let order = |list: &str, column: &str, direction: &str| ListQuery {
        list: list.to_owned(),
        column: column.to_owned(),
        direction: Some(direction.to_owned()),
        filter: String::new(),
        preserved: vec![("window", "15m".to_owned())],
    };
    let lists = |order: ListQuery| render_lists(&CACHES, &both, &order);
    for (asked, first_is_a) in [
        (order("slow-log-cache:6379", "took", "desc"), false),
        (order("slow-log-cache:6379", "took", "asc"), true),
        (order("slow-log-other:1", "took", "desc"), true),
        (order("slow-log-other:1", "size", "up"), true),
    ] {
        let html = lists(asked).unwrap();
        let [a, b] = ["GET &lt;a&gt;", "GET b"].map(|text| html.find(text).unwrap());
        assert_eq!(a < b, first_is_a, "{html}");
        assert!(html.contains("/cache?window=15m&amp;list=slow-log-cache%3A6379&amp;sort=took"), "{html}");
    }
    for wrong in [order("slow-log-cache:6379", "size", "asc"), order("slow-log-cache:6379", "took", "up")] {
        assert!(lists(wrong).unwrap_err().contains("when, took, command-and-key"));
    }
}

#[test]
fn lists_are_filtered_by_the_url() {
    let known = known(Some(&["GET user:1", "SET \"<x>\"", "get USER:2"]), false);
    let lists = |filter: &str| {
        let kept = vec![("window", "15m".to_owned())];
        let order = ListQuery {
            filter: filter.to_owned(),
            preserved: kept,
            column: "took".to_owned(),
            ..ListQuery::default()
        };
        render_lists(&CACHES, &known, &order).unwrap()
    };
    for (filter, present, absent) in [
        ("", &["GET user:1", "SET", "get USER:2"][..], "Show all"),
        (
            "User:",
            &["2 of 3 rows", "GET user:1", "get USER:2", "value=\"User:\"", "filter=User%3A", "Show all"],
            "SET",
        ),
        ("\"<", &["1 of 3 rows", "SET &quot;&lt;x&gt;"], "user:1"),
        ("none", &["No row matches \"none\".", "0 of 3 rows"], "<table"),
    ] {
        let html = lists(filter);
        for part in present {
            assert!(html.contains(part), "{filter}: {part}: {html}");
        }
        assert!(!html.contains(absent), "{filter}: {absent}: {html}");
    }
    // Other parameters are kept in hidden fields.
    let html = lists("user");
    assert!(html.contains("name=\"window\"") && html.contains("name=\"sort\""), "{html}");
    assert!(html.contains("href=\"/cache?window=15m&amp;sort=took\""), "{html}");
}

#[test]
fn unavailable_lists_say_why() {
    for (known, expected) in [
        (known(Some(&["GET a"]), true), "No data while the server is down."),
        (known(Some(&[]), false), "Slow log is empty."),
        (known(None, false), "The notes above say"),
    ] {
        let html = render_lists(&CACHES, &known, &ListQuery::default()).unwrap();
        assert!(html.contains(expected) && !html.contains("<table"), "{html}");
    }
}

#[test]
fn skipped_values_are_notes_of_their_instance_which_stays_up() {
    let note = |probe: &str| Problem {
        probe: probe.to_owned(),
        since: Timestamp::from_millis(60_000),
        reason: format!("ratio of {probe} left out: not a number (\"<nan>\")"),
    };
    let skipped = vec![note("redis:cache:6379"), note("redis:other:6379")];
    let html = render_states(&CACHES, &ServicesSnapshot { skipped, ..known(Some(&["GET a"]), false) });
    assert!(html.contains("data-state=\"up\"") && html.contains("a &lt;note&gt;"), "{html}");
    assert!(html.contains("ratio of redis:cache:6379 left out: not a number (\"&lt;nan&gt;\")"), "{html}");
    assert!(!html.contains("redis:other"), "{html}");
}

#[test]
fn former_names_in_urls_give_the_same_lists() {
    use watchglass_model::{BlockedSession, PostgresDetails, TopStatement};
    let statement = |query: &str| TopStatement {
        query: query.to_owned(),
        calls: 1,
        total_seconds: 1.0,
        mean_seconds: 1.0,
        rows: 1,
    };
    let blocked = |pid, query: &str| BlockedSession {
        blocked_pid: pid,
        blocking_pids: vec![9],
        wait_seconds: f64::from(pid),
        database: "app".to_owned(),
        query: query.to_owned(),
    };
    let details = PostgresDetails {
        instance: "db:5432/app".to_owned(),
        blocked: Some(vec![blocked(2, "A"), blocked(1, "B")]),
        statements: Some(vec![statement("B"), statement("A")]),
        ..PostgresDetails::default()
    };
    let postgres = vec![api::Service { probe: "postgres:db".to_owned(), details }];
    let known = ServicesSnapshot {
        services: api::Services { postgres, ..api::Services::default() },
        ..ServicesSnapshot::default()
    };
    let lists = |list: &str, column: &str| {
        let query =
            ListQuery::default().sorted_by(&format!("{list}-db:5432/app"), column, Some("asc".to_owned()));
        render_lists(&DATABASES, &known, &query).unwrap()
    };
    let (blocking, top) = (("who-blocks-whom", "blocking-sessions"), ("top-statements", "top-queries"));
    for ((former_list, list), former, column) in [
        (blocking, "waits-for", "wait-time"),
        (blocking, "process", "pid"),
        (blocking, "statement-that-waits", "waiting-query"),
        (top, "statement", "query"),
    ] {
        let html = lists(list, column);
        assert_eq!(lists(former_list, former), html, "{former}");
        assert!(!html.contains(&format!("sort={former}&")), "{html}");
        assert!(html.contains(&format!("<span id=\"{former_list}-db:5432/app\">")), "{html}");
    }
    // A key that belongs to no list of that kind stays invalid.
    let unknown = ListQuery::default().sorted_by("top-statements-db:5432/app", "waits-for", None);
    assert!(render_lists(&DATABASES, &known, &unknown).is_err());
}
