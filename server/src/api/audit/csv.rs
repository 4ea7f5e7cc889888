//! The audit log as CSV.

use super::row;
use crate::audit::Entry;
use serde_json::Value;
use watchglass_model::{is_hidden, visible_lines};

/// CSV after [RFC 4180](https://www.rfc-editor.org/rfc/rfc4180), all fields quoted. A field that a spreadsheet would take for a
/// formula gets a leading apostrophe, as [OWASP](https://owasp.org/www-community/attacks/CSV_Injection) recommends. Hidden
/// characters are escaped, as in pages.
pub(super) fn csv(entries: Vec<Entry>) -> String {
    let mut text = "time,by,who,address,what,deed,subject,from,to,actor,action\r\n".to_owned();
    for entry in entries {
        let row = row(entry);
        let value = |value: Option<Value>| value.map(|value| visible_json(&value)).unwrap_or_default();
        let (address, from, to) = (row.address.unwrap_or_default(), value(row.from), value(row.to));
        // Columns keep their place, so the present names of `who` and `deed` are at the end.
        let fields: [&str; 11] = [
            &row.time,
            row.by,
            &row.who,
            &address,
            row.what,
            &row.former_action,
            &row.subject,
            &from,
            &to,
            &row.actor,
            &row.action,
        ];
        let quoted = fields.map(|field: &str| {
            let field = visible_lines(field);
            let mark = if field.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
            format!("\"{mark}{}\"", field.replace('"', "\"\""))
        });
        text.push_str(&quoted.join(","));
        text.push_str("\r\n");
    }
    text
}

/// A value as JSON with hidden characters as escapes of JSON.
fn visible_json(value: &Value) -> String {
    let (mut text, mut before) = (String::new(), None);
    for letter in value.to_string().chars() {
        if is_hidden(before, letter) {
            let units = letter
                .encode_utf16(&mut [0; 2])
                .iter()
                .map(|unit| format!("\\u{unit:04x}"))
                .collect::<String>();
            text.push_str(&units);
        } else {
            text.push(letter);
        }
        before = Some(letter);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::{ActorKind, AuditTarget};
    use serde_json::json;
    use watchglass_model::Timestamp;

    #[test]
    fn csv_has_one_line_per_entry_and_no_formulas() {
        let entry = Entry::new(
            Timestamp::from_millis(1_700_000_000_000),
            (ActorKind::User, "=1+1", Some("::1".to_owned())),
            (AuditTarget::Rule, "changed", "a \"b\", \u{202e}c"),
            (None, Some(json!({ "name": "\u{202e}\u{e0001}" }))),
        );
        let expected = "time,by,who,address,what,deed,subject,from,to,actor,action\r\n\
            \"2023-11-14T22:13:20.000Z\",\"user\",\"'=1+1\",\"::1\",\"rule\",\"changed\",\"a \"\"b\"\", \\u{202e}c\",\"\",\
            \"{\"\"name\"\":\"\"\\u202e\\udb40\\udc01\"\"}\",\"'=1+1\",\"changed\"\r\n";
        assert_eq!(csv(vec![entry]), expected);
    }
}
