use super::super::{Settings, read_file, resolve};
use super::*;
use std::collections::BTreeSet;
use watchglass_rules::RENAMED_FIELDS;

const ROUTE: &str = "name = 'night'\nchannels = ['*']\n";
const INTERVAL: &str = "{ days = ['monday'], from = '22:00', to = '06:00', zone = 'UTC' }";

/// Files with the former and with the current names of these settings.
fn files() -> Vec<(Vec<&'static str>, String, String)> {
    let same = |names: &[&'static str], former: &str, current: &str| {
        (names.to_vec(), former.to_owned(), current.to_owned())
    };
    let rule = |name: &'static str, former: &str, current: &str| {
        let rule = "[[rules]]\nid = 'disk'\n";
        (vec![name], format!("{rule}{former}"), format!("{rule}{current}"))
    };
    vec![
        same(&["metrics_anonymous"], "metrics_open = true", "metrics_anonymous = true"),
        same(&["redis.targets"], "[redis]\nwatch = 'redis://a'", "redis.targets = ['redis://a']"),
        same(
            &["notifications", "notifications.inhibit_settle_seconds"],
            "[telling]\nsettle_seconds = 7",
            "[notifications]\ninhibit_settle_seconds = 7",
        ),
        same(
            &["notifications.silence_reminder_seconds"],
            "telling.silence_warning_seconds = 8",
            "notifications.silence_reminder_seconds = 8",
        ),
        same(
            &[
                "notifications.inhibit_rules",
                "notifications.inhibit_rules.source_component",
                "notifications.inhibit_rules.equal",
                "notifications.inhibit_rules.target_components",
            ],
            "[[telling.dependencies]]\nof = 'redis'\nby = 'host'\ncomponents = ['cache']\n[[telling.dependencies]]\nby = 'app'",
            "[[notifications.inhibit_rules]]\nsource_component = 'redis'\nequal = 'host'\ntarget_components = ['cache']\n\
             [[notifications.inhibit_rules]]\nequal = 'app'",
        ),
        (
            vec!["notifications.routes.active_time_interval"],
            format!("[[telling.routes]]\n{ROUTE}continue = true\nhours = {INTERVAL}"),
            format!("[[notifications.routes]]\n{ROUTE}continue = true\nactive_time_interval = {INTERVAL}"),
        ),
        rule("rules.no_data_seconds", "absent_seconds = 9", "no_data_seconds = 9"),
        rule("rules.no_data_severity", "absent_severity = 'critical'", "no_data_severity = 'critical'"),
        rule("rules.resolve_when_gone", "ends_when_gone = true", "resolve_when_gone = true"),
        rule("rules.message", "phrase = 'is full'", "message = 'is full'"),
        rule("rules.next_steps", "action = 'Run df.'", "next_steps = 'Run df.'"),
    ]
}

/// What the renamed settings set.
fn effective(settings: &Settings) -> impl PartialEq + std::fmt::Debug + use<> {
    let Settings { metrics_anonymous, redis, rules, notifications, .. } = settings.clone();
    (metrics_anonymous, redis, rules, notifications)
}

/// The settings of a file, or the error, and the warnings. The file is called `w.toml` in both.
fn read(text: &str) -> (Result<Settings, String>, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.toml");
    std::fs::write(&path, text).unwrap();
    let relative = |text: String| text.replace(&format!("{}/", folder.path().display()), "");
    let mut settings = Settings::default();
    let outcome = read_file(&path, &mut settings).map_err(|error| relative(error.to_string()));
    let warnings = settings.former_names.iter().map(|found| relative(found.to_string())).collect();
    (outcome.map(|()| settings), warnings)
}

#[test]
fn former_names_set_the_same_as_current_names() {
    let default = format!("{:?}", effective(&Settings::default()));
    for (_, former, current) in files() {
        let (settings, warnings) = read(&former);
        assert!(!warnings.is_empty(), "{former}");
        let (expected, none) = read(&current);
        let (found, expected) = (effective(&settings.unwrap()), effective(&expected.unwrap()));
        assert_eq!(format!("{found:?}"), format!("{expected:?}"));
        assert!(format!("{expected:?}") != default && none.is_empty(), "{current}: {none:?}");
    }
}

#[test]
fn all_renamed_settings_are_tested() {
    let names: BTreeSet<&str> = files().into_iter().flat_map(|(names, ..)| names).collect();
    assert_eq!(names, RENAMED.map(|(current, _)| current).into());
    let of_rules = RENAMED.into_iter().filter_map(|(current, former)| {
        Some((current.strip_prefix("rules.")?, former.strip_prefix("rules.").unwrap()))
    });
    assert_eq!(of_rules.collect::<Vec<_>>(), RENAMED_FIELDS);
}

#[test]
fn warnings_name_file_line_and_both_names() {
    let text = "\nmetrics_open = true\n[telling]\ngroup_wait_seconds = 1\nsettle_seconds = 2\n\
                [[telling.dependencies]]\nby = 'app'\n[[rules]]\nid = 'disk'\n\nphrase = 'is full'\n\
                [[rules]]\nid = 'cpu'\naction = 'Run top.'\n[redis]\nwatch = 'redis://a'\n";
    let expected = [
        (2, "metrics_open", "metrics_anonymous"),
        (3, "telling", "notifications"),
        (5, "telling.settle_seconds", "notifications.inhibit_settle_seconds"),
        (6, "telling.dependencies", "notifications.inhibit_rules"),
        (7, "telling.dependencies.by", "notifications.inhibit_rules.equal"),
        (11, "rules.phrase", "rules.message"),
        (14, "rules.action", "rules.next_steps"),
        (16, "redis.watch", "redis.targets"),
    ];
    let expected = expected.map(|(line, former, current)| {
        format!(
            "w.toml, line {line}: {former} was renamed to {current}; the next version rejects the former name"
        )
    });
    assert_eq!(read(text).1, expected);
    // Sections with a current name can still have keys with a former one.
    let (_, warnings) = read("[notifications]\nsettle_seconds = 2");
    assert!(
        warnings[0]
            .contains("notifications.settle_seconds was renamed to notifications.inhibit_settle_seconds")
    );
}

#[test]
fn both_names_at_once_are_an_error() {
    for (text, line, former, current) in [
        ("metrics_open = true\nmetrics_anonymous = true", 1, "metrics_open", "metrics_anonymous"),
        ("[redis]\ntargets = 'redis://a'\nwatch = 'redis://a'", 3, "redis.watch", "redis.targets"),
        ("[telling]\n[notifications]", 1, "telling", "notifications"),
        (
            "[notifications]\nsettle_seconds = 1\ninhibit_settle_seconds = 1",
            2,
            "notifications.settle_seconds",
            "notifications.inhibit_settle_seconds",
        ),
        (
            "[[telling.dependencies]]\nby = 'app'\nequal = 'app'",
            2,
            "telling.dependencies.by",
            "notifications.inhibit_rules.equal",
        ),
        ("[[rules]]\nid = 'cpu'\naction = 'a'\nnext_steps = 'b'", 3, "rules.action", "rules.next_steps"),
    ] {
        let expected = format!(
            "w.toml, line {line}: {former} is the former name of {current}, and both are set: set only {current}"
        );
        assert_eq!(read(text).0.err().unwrap(), expected);
    }
}

#[test]
fn former_flags_and_variables_are_read_with_a_warning() {
    let resolve = |flags: &[(&str, &str)], variables: &[(&str, &str)]| {
        let find = |all: &[(&str, &str)], name: &str| {
            all.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        resolve(None, |name| find(flags, name), |name| find(variables, name))
            .map_err(|error| error.to_string())
    };
    for (flags, variables, warning) in [
        (&[("metrics-open", "true")][..], &[][..], "--metrics-open was renamed to --metrics-anonymous"),
        (
            &[],
            &[("WATCHGLASS_METRICS_OPEN", "true")],
            "WATCHGLASS_METRICS_OPEN was renamed to WATCHGLASS_METRICS_ANONYMOUS",
        ),
        // The value of the flag counts, and the variable is not used.
        (&[("metrics-anonymous", "true")], &[("WATCHGLASS_METRICS_OPEN", "false")], ""),
    ] {
        let settings = resolve(flags, variables).unwrap();
        assert!(settings.metrics_anonymous);
        let warnings: Vec<String> = settings.former_names.iter().map(ToString::to_string).collect();
        let expected =
            (!warning.is_empty()).then(|| format!("{warning}; the next version rejects the former name"));
        assert_eq!(warnings, Vec::from_iter(expected));
    }
    for (flags, variables) in [
        (&[("redis-watch", "redis://a redis://b")][..], &[][..]),
        (&[], &[("WATCHGLASS_REDIS_WATCH", "redis://a redis://b")]),
        (&[], &[("WATCHGLASS_REDIS_TARGETS", "redis://a redis://b")]),
    ] {
        assert_eq!(resolve(flags, variables).unwrap().redis, ["redis://a", "redis://b"]);
    }
    for (flags, variables, expected) in [
        (
            &[("redis-watch", "redis://a"), ("redis-targets", "redis://a")][..],
            &[][..],
            "--redis-watch: --redis-watch is the former name of --redis-targets, and both are set: set only --redis-targets",
        ),
        (
            &[],
            &[("WATCHGLASS_METRICS_OPEN", "true"), ("WATCHGLASS_METRICS_ANONYMOUS", "true")],
            "WATCHGLASS_METRICS_OPEN is the former name of WATCHGLASS_METRICS_ANONYMOUS",
        ),
        (&[("metrics-open", "yes")], &[], "--metrics-open: \"yes\" must be true or false"),
    ] {
        let error = resolve(flags, variables).err().unwrap();
        assert!(error.contains(expected), "{error}");
    }
}
