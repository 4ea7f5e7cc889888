use super::*;
use proptest::prelude::*;
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Side {
    Above,
    Below,
    Between { low: f64, high: f64 },
    Not(Box<Side>),
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    name: String,
    #[serde(rename = "for", default)]
    pending: u32,
    side: Option<Side>,
    #[serde(default)]
    bins: Vec<(u16, u8)>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    #[serde(default)]
    ratio: f64,
    #[serde(default)]
    signed: i64,
    #[serde(default)]
    enabled: bool,
    #[serde(default, deserialize_with = "even")]
    even: u64,
}

fn even<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let number = u64::deserialize(deserializer)?;
    if number % 2 == 0 { Ok(number) } else { Err(serde::de::Error::custom(format!("{number} is odd"))) }
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    rules: Vec<Rule>,
}

fn error(json: &str) -> String {
    from_str::<File>(json).unwrap_err().to_string()
}

/// Error of the third rule with this field.
fn of_field(field: &str) -> String {
    error(&format!(r#"{{"rules":[{{"name":"a"}},{{"name":"b"}},{{"name":"c",{field}}}]}}"#))
}

#[test]
fn errors_name_path_value_and_accepted_form() {
    for (field, expected) in [
        (r#""for":"5m""#, r#"rules[2].for is "5m": must be a whole number from 0 to 4294967295"#),
        (r#""for":-1"#, "rules[2].for is -1: must be a whole number from 0 to 4294967295"),
        (r#""for":1.5"#, "rules[2].for is 1.5: must be a whole number from 0 to 4294967295"),
        (r#""for":1.0"#, "rules[2].for is 1.0: must be a whole number from 0 to 4294967295"),
        (r#""for":4294967296"#, "rules[2].for is 4294967296: must be a whole number from 0 to 4294967295"),
        (r#""for":null"#, "rules[2].for is null: must be a whole number from 0 to 4294967295"),
        (r#""ratio":"high""#, r#"rules[2].ratio is "high": must be a number"#),
        (r#""signed":1e30"#, "rules[2].signed is 1000000000000000000000000000000: must be a whole number"),
        (r#""enabled":"yes""#, r#"rules[2].enabled is "yes": must be true or false"#),
        (r#""even":3"#, "rules[2].even: 3 is odd"),
        (r#""side":"over""#, r#"rules[2].side is "over": must be above, below, between or not"#),
        (r#""side":true"#, "rules[2].side is true: must be above, below, between or not"),
        (r#""side":{}"#, "rules[2].side is an object: must be above, below, between or not"),
        (r#""side":{"above":1}"#, r#"rules[2].side is an object: must be "above""#),
        (r#""side":{"between":{"low":0}}"#, "rules[2].side.between.high is missing"),
        (r#""side":{"not":{"not":3}}"#, "rules[2].side.not.not is 3: must be above, below, between or not"),
        (r#""bins":{}"#, "rules[2].bins is an object: must be a list"),
        (r#""bins":[[0,0],[0,256]]"#, "rules[2].bins[1][1] is 256: must be a whole number from 0 to 255"),
        (r#""bins":[[0]]"#, "rules[2].bins[0] is a list of 1 value: must be a list of 2 values"),
        (r#""bins":[[0,0,0]]"#, "rules[2].bins[0] is a list of 3 values: must be a list of 2 values"),
        (r#""labels":{"a":[]}"#, "rules[2].labels.a is a list: must be text"),
        (r#""labels":{"a b\n":1}"#, r#"rules[2].labels["a b\n"] is 1: must be text"#),
        (r#""name":"d""#, "rules[2].name is given more than once"),
        (
            r#""fro":1"#,
            "unknown field rules[2].fro: known are name, for, side, bins, labels, ratio, signed, enabled or even",
        ),
    ] {
        assert_eq!(of_field(field), expected, "{field}");
    }
    for (json, expected) in [
        ("{}", "rules is missing"),
        // Serde reads a struct from a list as well.
        ("[1]", "[0] is 1: must be a list"),
        ("[]", "the value is a list of 0 values: must be an object"),
        ("3", "the value is 3: must be an object"),
        (r#"{"rules":[{}]}"#, "rules[0].name is missing"),
        (r#"{"rules":[null]}"#, "rules[0] is null: must be an object"),
    ] {
        assert_eq!(error(json), expected, "{json}");
    }
}

#[test]
fn errors_of_tagged_enums_name_the_field_if_its_value_is_unique() {
    #[derive(Debug, Deserialize)]
    #[serde(tag = "kind", rename_all = "lowercase")]
    #[expect(dead_code, reason = "only parsed")]
    enum Channel {
        Mail { to: String, port: u16 },
        Chat,
    }
    for (json, expected) in [
        (r#"{"kind":"pigeon"}"#, r#"kind is "pigeon": must be mail or chat"#),
        ("{}", "kind is missing"),
        (r#"{"kind":"mail","to":"a","port":"x"}"#, r#"port is "x": must be a whole number from 0 to 65535"#),
        (r#"{"kind":"mail","to":5,"port":5}"#, "the value is 5: must be text"),
        (r#"{"kind":"mail","to":"a"}"#, "port is missing"),
    ] {
        assert_eq!(from_str::<Channel>(json).unwrap_err().to_string(), expected, "{json}");
    }
}

#[test]
fn text_that_is_not_json_is_located() {
    let at = |column: u32, reason: &str| format!("not valid JSON at line 1, column {column}: {reason}");
    for (json, expected) in [
        ("", "the JSON is empty".to_owned()),
        (" \n", "the JSON is empty".to_owned()),
        ("rules", at(1, "a value is expected")),
        ("<xml/>", at(1, "a value is expected")),
        (r#"{"rules":[nan]}"#, at(12, "a value is expected")),
        (r#"{"rules":[1 2]}"#, at(13, "a comma or ] is expected")),
        (r#"{"rules":[] "a":1}"#, at(13, "a comma or } is expected")),
        (r#"{"rules" []}"#, at(10, "a colon is expected")),
        (r#"{"rules":[],}"#, at(13, "a value is expected after the comma")),
        (r#"{"rules":[]} {}"#, at(14, "nothing may follow the JSON")),
        (r#"{rules:[]}"#, at(2, "names of fields must be in double quotes")),
        (
            "{\"rules\":[\"a\nb\"]}",
            "not valid JSON at line 2, column 0: line breaks and control characters in text must be escaped"
                .to_owned(),
        ),
        (r#"{"rules":["\x"]}"#, at(13, "invalid escape in text")),
        (r#"{"rules":[1e999]}"#, at(15, "number out of range")),
        (r#"{"rules":[01]}"#, at(12, "invalid number")),
        (r#"{"rules":["#, "the JSON is incomplete: it ends at line 1, column 10".to_owned()),
        (r#"{"rules":["a"#, "the JSON is incomplete: it ends at line 1, column 12".to_owned()),
        // A field of another type before the syntax error: the whole is not JSON.
        (r#"{"rules":1,"#, "the JSON is incomplete: it ends at line 1, column 11".to_owned()),
    ] {
        assert_eq!(error(json), expected, "{json}");
    }
    let deep = format!("{}1{}", "[".repeat(1000), "]".repeat(1000));
    assert!(error(&deep).ends_with(": lists and objects are nested too deeply"), "{}", error(&deep));
    let bytes = from_slice::<File>(b"{\"rules\":[\"\xff\"]}").unwrap_err().to_string();
    assert_eq!(bytes, "not valid JSON: no UTF-8 at byte 11");
}

#[test]
fn long_and_hidden_text_is_bounded_and_escaped() {
    let long = of_field(&format!(r#""for":"{}""#, "x".repeat(100_000)));
    assert!(long.len() < 200 && long.contains('…'), "{long}");
    let name = "y".repeat(100_000);
    let long = of_field(&format!(r#""labels":{{"{name}":1}}"#));
    assert!(long.len() < 200 && long.contains('…'), "{long}");
    let hidden = of_field("\"for\":\"a\u{202e}b\"");
    assert!(hidden.contains(r"a\u{202e}b"), "{hidden}");
    let nested = format!("{}3{}", r#"{"not":"#.repeat(100), "}".repeat(100));
    let long = of_field(&format!(r#""side":{nested}"#));
    assert!(long.len() < 200 && long.starts_with('…'), "{long}");
}

#[test]
fn values_that_may_be_secret_are_left_out() {
    for (field, expected) in [
        (r#""for":"sesame""#, "rules[2].for must be a whole number from 0 to 4294967295"),
        (r#""side":"sesame""#, "rules[2].side must be above, below, between or not"),
        (r#""even":3"#, "rules[2].even: invalid value"),
    ] {
        let json = format!(r#"{{"rules":[{{"name":"a"}},{{"name":"b"}},{{"name":"c",{field}}}]}}"#);
        let error = from_str::<File>(&json).unwrap_err().without_value();
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn values_have_the_same_errors_as_text() {
    for json in [r#"{"rules":[{"name":1}]}"#, r#"{"rules":[{"name":"a","fro":1}]}"#, "{}", "null"] {
        let value: Value = serde_json::from_str(json).unwrap();
        let error_of_value = from_value::<File>(&value).unwrap_err();
        assert_eq!(error_of_value, from_str::<File>(json).unwrap_err(), "{json}");
    }
    let valid = serde_json::json!({ "rules": [{ "name": "a", "bins": [[1, 2]] }] });
    assert_eq!(from_value::<File>(&valid).unwrap(), from_str(&valid.to_string()).unwrap());
}

#[test]
fn location_is_that_of_the_value_or_the_unknown_field() {
    use PathSegment::{Field, Item};
    for (json, expected) in [
        (r#"{"rules":[{"name":1}]}"#, &[Field("rules"), Item(0), Field("name")][..]),
        (r#"{"rules":[{"name":"a"},{"name":"a","fro":1}]}"#, &[Field("rules"), Item(1), Field("fro")]),
        (r#"{"rules":[{}]}"#, &[Field("rules"), Item(0)]),
        ("null", &[]),
    ] {
        assert_eq!(from_str::<File>(json).unwrap_err().location(), expected, "{json}");
    }
}

#[test]
fn outermost_field_can_be_renamed() {
    let error = from_str::<File>(r#"{"rules":[{"name":1}]}"#).unwrap_err();
    assert!(!error.is_missing_field());
    assert_eq!(error.clone().with_field_renamed("name", "title"), error, "not the outermost field");
    let renamed = error.with_field_renamed("rules", "alerts");
    assert_eq!(renamed.to_string(), "alerts[0].name is 1: must be text");
    for (json, is_missing) in [("{}", true), (r#"{"rules":[{}]}"#, false), ("null", false)] {
        assert_eq!(from_str::<File>(json).unwrap_err().is_missing_field(), is_missing, "{json}");
    }
}

/// JSON that is nearly a file of rules.
fn nearly() -> impl Strategy<Value = String> {
    let names = ["name", "for", "side", "bins", "labels", "ratio", "signed", "enabled", "even", "rules", "x"];
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        Just("\"above\"".to_owned()),
        any::<i64>().prop_map(|number| number.to_string()),
        (0_u8..9).prop_map(|number| number.to_string()),
        Just("1.5".to_owned()),
        Just("nan".to_owned()),
    ];
    leaf.prop_recursive(4, 32, 5, move |inner| {
        let field = (prop::sample::select(names.to_vec()), inner.clone());
        let field = field.prop_map(|(name, value)| format!("\"{name}\":{value}"));
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(|items| format!("[{}]", items.join(","))),
            prop::collection::vec(field, 0..5).prop_map(|fields| format!("{{{}}}", fields.join(","))),
        ]
    })
}

proptest! {
    #[test]
    fn the_same_is_accepted_as_by_serde_json(json in nearly(), is_file in any::<bool>()) {
        let json = if is_file { format!("{{\"rules\":[{json}]}}") } else { json };
        let (ours, theirs) = (from_str::<File>(&json), serde_json::from_str::<File>(&json));
        prop_assert_eq!(ours.is_ok(), theirs.is_ok());
        if let Err(error) = ours {
            let text = error.to_string();
            prop_assert!(text.len() < 400 && !text.contains('\n'), "{}", text);
            for word in ["`", "expected", "invalid type", "struct", "u32", "column 0"] {
                prop_assert!(!text.contains(word) || text.contains("is expected"), "{}: {}", json, text);
            }
        }
    }
}
