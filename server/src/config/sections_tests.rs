//! Tests of the structured sections.

use super::*;
use watchglass_rules::Severity;

fn rules(text: &str) -> Result<Vec<Rule>, FileProblem> {
    let table = DeTable::parse(text).unwrap();
    read(table.get_ref().get(RULES).unwrap())
}

#[test]
fn built_in_rules_need_only_the_fields_that_differ() {
    let rules = rules("[[rules]]\nid = 'disk'\nwarning = 0.8\nrecovery = 0.75\n[rules.labels]\nteam = 'ops'")
        .unwrap();
    let builtin = builtin::rules().into_iter().find(|rule| rule.id == "disk").unwrap();
    assert_eq!(rules[0].labels.get("team"), Some("ops"));
    let expected =
        Rule { warning: Some(0.8), recovery: Some(0.75), labels: rules[0].labels.clone(), ..builtin };
    assert_eq!(rules, [expected]);
}

#[test]
fn custom_rules_have_all_fields() {
    let text = "[[rules]]\nid = 'queue'\nname = 'The queue'\nmetric = 'queue_length'\ncomponent = 'queue'\ncritical = 100\n\
                for_seconds = 60\n[[rules.matchers]]\nlabel = 'queue'\noperator = '='\nvalue = 'mail'";
    let [rule] = &rules(text).unwrap()[..] else { panic!() };
    assert_eq!((rule.threshold(Severity::Critical), rule.for_seconds), (Some(100.0), 60));
    assert_eq!(rule.matchers[0].value, "mail");
}

#[test]
fn errors_have_their_line() {
    for (text, line, expected) in [
        ("rules = 3", 1, "must be a list of tables"),
        ("rules = [3]", 1, "must be tables"),
        ("[[rules]]\nname = 'x'", 1, "needs an id"),
        ("[[rules]]\nid = 'x'", 1, "name is missing; it is not the id of a built-in rule"),
        ("[[rules]]\nid = 'disk'\nfor = 3", 3, "unknown field for: known are id, name"),
        (
            "[[rules]]\nid = 'disk'\n[[rules.matchers]]\nlabel = 'a'\nequal = 'b'",
            5,
            "unknown field matchers[0].equal: known are label",
        ),
        ("[[rules]]\nid = 'disk'\nwarning = 'a'", 3, "warning is \"a\": must be a number"),
        ("[[rules]]\nid = 'disk'\n\nwarning = inf", 4, "rules.warning: the number must be finite"),
        ("[[rules]]\nid = 'disk'\n\nfor_seconds = 100000", 4, "rules.for_seconds: rule \"disk\""),
        ("[[rules]]\nid = 'disk'\n[[rules]]\nid = 'disk'", 4, "is used twice"),
        // Of several rules, the line is that of the invalid one.
        (
            "[[rules]]\nid = 'cpu'\nwarning = 0.5\nrecovery = 0.4\n[[rules]]\nid = 'disk'\nwarning = 'a'",
            7,
            "warning is \"a\"",
        ),
        (
            "[[rules]]\nid = 'cpu'\n[[rules.matchers]]\nlabel = 'a'\noperator = '='\nvalue = 'b'\n\
             [[rules.matchers]]\nlabel = 'a'\noperator = '='\nvalue = 3",
            10,
            "matchers[1].value is 3",
        ),
        ("[[rules]]\nid = 'disk'\nlabels = [[[[[[[[1]]]]]]]]", 3, "nested too deeply"),
    ] {
        let (at, message) = rules(text).unwrap_err();
        let found = at.map(|at| text[..at].matches('\n').count() + 1);
        assert!(message.contains(expected), "{text:?}: {message}");
        assert_eq!(found, Some(line), "{text:?}: {message}");
    }
}

#[test]
fn errors_of_routes_and_channels_have_the_line_of_the_invalid_one() {
    let route = |rest: &str| format!("[[notifications.routes]]\nname = 'a'\nchannels = []\n{rest}");
    let channel =
        "[channels.a]\nkind = 'webhook'\nurl = 'https://a.example/'\n[channels.b]\nkind = 'webhook'\n";
    for (text, line, expected) in [
        (route("[[notifications.routes]]\nname = 'b'\nchannels = 3"), 6, "routes[1].channels is 3"),
        (
            route("[[notifications.routes]]\nname = 'b'\nchannels = []\nmatchers = 4"),
            7,
            "routes[1].matchers is 4",
        ),
        (
            route("[[notifications.routes]]\nname = 'b'\nchanels = []"),
            6,
            "unknown field routes[1].chanels: known are",
        ),
        (route("[[notifications.routes]]\nchannels = []"), 4, "routes[1].name is missing"),
        // Found by the checks of the values.
        (route("[[notifications.routes]]\nname = 'a'\nchannels = []"), 5, "routes[1].name"),
        (
            route("[[notifications.routes]]\nname = 'b'\nchannels = []\nescalate_after_seconds = 5"),
            7,
            "escalate_after_seconds",
        ),
        (format!("{channel}urll = 'https://b.example/'"), 6, "unknown field urll"),
        (format!("{channel}url = 'b.example'"), 6, "channels.b: url"),
    ] {
        let table = DeTable::parse(&text).unwrap().into_inner();
        let apply = |(name, value): (&Spanned<std::borrow::Cow<'_, str>>, &Spanned<DeValue<'_>>)| {
            apply(name.get_ref(), value, &mut Settings::default()).err()
        };
        let (at, message) = table.iter().find_map(apply).unwrap_or_else(|| panic!("{text}"));
        assert!(message.contains(expected), "{text:?}: {message}");
        assert_eq!(at.map(|at| text[..at].matches('\n').count() + 1), Some(line), "{text:?}: {message}");
    }
}

#[test]
fn heartbeats_have_a_name_and_a_schedule() {
    let read = |text: &str| {
        let table = DeTable::parse(text).unwrap();
        heartbeats(table.get_ref().get(HEARTBEATS).unwrap())
            .map_err(|(at, message)| (at.map(|at| text[..at].matches('\n').count() + 1), message))
    };
    let text = "[[heartbeats]]\nname = 'backup'\nperiod = '1d'\ngrace = '1h'\n\
                [[heartbeats]]\nname = 'cron'\nperiod = 60";
    assert_eq!(read(text).unwrap().len(), 2);
    for (text, line, expected) in [
        ("heartbeats = 3", 1, "must be a list of tables"),
        ("heartbeats = [3]", 1, "must be tables"),
        ("[[heartbeats]]\nperiod = 60", 1, "heartbeats: name is missing"),
        ("[[heartbeats]]\nname = 'a'\nperiod = 1.5", 3, "use a duration such as"),
        (
            "[[heartbeats]]\nname = 'a'\nperiod = 60\ngraze = 1",
            4,
            "unknown field graze: known are name, period or grace",
        ),
        ("[[heartbeats]]\nname = 'A'\nperiod = 60", 2, "heartbeats.name: \"A\" must be 1 to 64"),
        ("[[heartbeats]]\nname = 'a'\nperiod = 'x'", 3, "heartbeats.period: \"x\" must be"),
        ("[[heartbeats]]\nname = 'a'\nperiod = 1\n[[heartbeats]]\nname = 'a'\nperiod = 1", 5, "used twice"),
    ] {
        let (found, message) = read(text).unwrap_err();
        assert!(message.contains(expected), "{text:?}: {message}");
        assert_eq!(found, Some(line), "{text:?}: {message}");
    }
    let many = "[[heartbeats]]\nname = 'a'\nperiod = 1\n".repeat(101);
    assert!(read(&many).unwrap_err().1.contains("there are 101 heartbeats: at most 100"));
}
