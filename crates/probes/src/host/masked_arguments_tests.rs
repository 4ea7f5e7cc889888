//! Tests of masked command lines.

use super::*;
use proptest::prelude::*;

#[test]
fn secrets_are_masked_and_the_rest_is_kept() {
    for (arguments, expected) in [
        ("nginx: worker process", "nginx: worker process"),
        ("/usr/bin/node\0server.js\0--port=8080\0", "/usr/bin/node server.js --port=8080"),
        ("app password=abc user=x", "app password=*** user=x"),
        ("app --password abc --user x", "app --password *** --user x"),
        ("app --db-password=abc;x", "app --db-password=***"),
        ("app --db_passwd abc", "app --db_passwd ***"),
        ("app --password-file /run/p --token-path=/t", "app --password-file /run/p --token-path=/t"),
        ("env PGPASSWORD='a b c' psql -h db", "env PGPASSWORD=*** psql -h db"),
        ("app --secret 'a b' next", "app --secret *** next"),
        ("psql postgresql://ada:pw@db:5432/app", "psql postgresql://ada:***@db:5432/app"),
        ("psql postgresql://ada:p/w@x@db/app", "psql postgresql://ada:***@db/app"),
        ("git clone https://abcdef@host/x.git", "git clone https://***@host/x.git"),
        ("ssh ada@host", "ssh ada@host"),
        ("run ada:pw@tcp(db)/app", "run ada:***@tcp(db)/app"),
        ("curl -H \"Authorization: Bearer abc\" x", "curl -H \"Authorization: Bearer *** x"),
        ("curl -H Authorization:abc", "curl -H Authorization:***"),
        ("curl -H 'X-Api-Key: abc' y", "curl -H 'X-Api-Key: *** y"),
        ("curl -u ada:pw https://x", "curl -u *** https://x"),
        ("curl https://x/?token=abc&user=b", "curl https://x/?token=***"),
        ("x Bearer abc", "x Bearer ***"),
        ("x {\"password\":\"abc\"}", "x {\"password\":***"),
        ("x key sk-0123456789abcdef!", "x key sk-***!"),
        ("x --key=ghp_0123456789abcdef", "x --key=ghp_***"),
        ("x sk-short task-sk-0123", "x sk-short task-sk-0123"),
        ("mysql -uroot -ppw app", "mysql -uroot -p*** app"),
        ("sh -c mysqldump -ppw", "sh -c mysqldump -p***"),
        ("sshpass -p pw ssh ada@host", "sshpass -p *** ssh ada@host"),
        ("redis-cli -a pw ping", "redis-cli -a *** ping"),
        ("cp -p a b", "cp -p a b"),
        ("two\nlines\u{7}", "two lines\u{fffd}"),
        ("", ""),
    ] {
        assert_eq!(mask(arguments), expected, "{arguments:?}");
    }
}

#[test]
fn long_command_lines_are_shortened_after_masking() {
    let long = format!("java {} --password pw", "-cp x.jar ".repeat(100));
    assert_eq!(mask(&long).chars().count(), MAX_CHARS);
    let split = format!("{} --password={}", "x".repeat(MAX_CHARS - 15), "q".repeat(50));
    assert!(mask(&split).ends_with("--password=***"), "{}", mask(&split));
}

proptest! {
    #[test]
    fn secrets_are_in_no_result(secret in "[A-Za-z0-9!#$%^*+~]{6,30}", form in 0_usize..12, extra in ".{0,20}") {
        let secret = format!("Q{secret}Z");
        let known = format!("sk-{}", "Qj7".repeat(8));
        let text = match form {
            0 => format!("app password={secret}"),
            1 => format!("app --password {secret}"),
            2 => format!("app --api-key={secret}"),
            3 => format!("app x://user:{secret}@host/"),
            4 => format!("app 'Authorization: Bearer {secret}'"),
            5 => format!("TOKEN={secret} app"),
            6 => format!("app --header=X-Auth-Token:{secret}"),
            7 => format!("mysql -p{secret}"),
            8 => format!("app --config {{\"secret\":\"{secret}\"}}"),
            9 => format!("app --client-secret='{secret} {secret}'"),
            10 => format!("curl https://host/?access_token={secret}"),
            _ => format!("app {known}"),
        };
        let masked = mask(&format!("{text} {extra}"));
        prop_assert!(!masked.contains(&secret), "{text} became {masked}");
        prop_assert!(!masked.contains("Qj7Qj7"), "{text} became {masked}");
    }

    #[test]
    fn arbitrary_text_is_masked_without_a_panic(text in "(?s).{0,300}") {
        let masked = mask(&text);
        prop_assert!(masked.chars().count() <= MAX_CHARS && !masked.contains(char::is_control));
    }
}
