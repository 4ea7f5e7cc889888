//! Message templates.
//!
//! The language is [minijinja](https://docs.rs/minijinja/latest/minijinja/syntax/). A template sees the fields of
//! [`Message`], `time_text`, `status` and `alerts`, but no file and no other template. Its steps and output are bounded, and so is its memory:
//! no expression can build a longer text than its inputs (`language.rs`).

mod language;

use crate::{Message, SettingsError, text};
use minijinja::value::{Serde, Value};
use minijinja::{
    AutoEscape, Environment, Error, Output, State, UndefinedBehavior, context, escape_formatter,
};
use std::io;

/// Maximum bytes of a template.
pub(crate) const MAX_TEMPLATE: usize = 4 << 10;
/// Maximum steps of a rendering.
const MAX_STEPS: u64 = 50_000;
/// Maximum nesting.
const MAX_DEPTH: usize = 20;
/// Maximum bytes of the output.
const MAX_OUTPUT: usize = 64 << 10;

/// Escaping of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Escape {
    /// None.
    None,
    /// JSON: strings are quoted.
    Json,
    /// Slack `mrkdwn`.
    Slack,
    /// Markdown.
    Markdown,
    /// HTML.
    Html,
}

/// A parsed and tested template.
#[derive(Debug)]
pub(crate) struct Template(Environment<'static>);

const NAME: &str = "template";

impl Template {
    /// Parses a template and renders a test message with every field set.
    ///
    /// # Errors
    /// The template is empty, too long, invalid or exceeds a limit; the error names the line.
    pub(crate) fn new(source: &str, escape: Escape) -> Result<Self, SettingsError> {
        if source.trim().is_empty() || source.len() > MAX_TEMPLATE {
            let right = format!("use 1 to {MAX_TEMPLATE} bytes, or leave it out for the built-in text");
            return Err(SettingsError::new(NAME, "is empty or too long", right));
        }
        language::check(source)?;
        let mut environment = language::environment();
        environment.set_fuel(Some(MAX_STEPS));
        environment.set_recursion_limit(MAX_DEPTH);
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_auto_escape_callback(move |_| match escape {
            Escape::None => AutoEscape::None,
            Escape::Json => AutoEscape::Json,
            Escape::Slack | Escape::Markdown | Escape::Html => AutoEscape::Custom("channel".into()),
        });
        environment.set_formatter(move |out, state, value| format(escape, out, state, value));
        environment.add_template_owned(NAME, source.to_owned()).map_err(|error| template_error(&error))?;
        let template = Self(environment);
        template.render(&crate::message::test_message())?;
        Ok(template)
    }

    /// Renders a message.
    ///
    /// # Errors
    /// The template fails on this message; the error names the line.
    pub(crate) fn render(&self, message: &Message) -> Result<String, SettingsError> {
        let mut bounded = Bounded(Vec::new());
        let alerts = message.group.as_ref().map_or(&[][..], |group| group.alerts.as_slice());
        let values = context! {
            time_text => message.time_text(),
            status => message.status().as_str(),
            alerts => Value::from(Serde(alerts)),
            ..Value::from(Serde(message))
        };
        let template = self.0.get_template(NAME).map_err(|error| template_error(&error))?;
        template.render_captured_to(values, &mut bounded).map_err(|error| template_error(&error))?;
        Ok(String::from_utf8_lossy(&bounded.0).into_owned())
    }
}

/// Converts a minijinja error, with its line.
fn template_error(error: &Error) -> SettingsError {
    let line = error.line().map_or_else(String::new, |line| format!(" in line {line}"));
    let detail = error.detail().map_or_else(String::new, |detail| format!(", {detail}"));
    SettingsError::new(
        NAME,
        format!("is invalid{line}"),
        format!(
            "{}{detail}; available: id, title, severity, status, time, time_text, lines, links, alerts and \
             chart_svg",
            error.kind()
        ),
    )
}

fn format(
    escape: Escape,
    out: &mut Output<'_>,
    state: &mut State<'_, '_>,
    value: &Value,
) -> Result<(), Error> {
    let escaped = |text: &str| match escape {
        Escape::Markdown => text::escape_markdown(text),
        Escape::Html => text::escape(text),
        _ => slack(text),
    };
    match state.auto_escape() {
        AutoEscape::Custom(_) if value.is_safe() => Ok(write!(out, "{value}")?),
        AutoEscape::Custom(_) => Ok(out.write_str(&escaped(&value.to_string()))?),
        _ => escape_formatter(out, state, value),
    }
}

/// Escapes Slack's three control characters
/// ([formatting text](https://api.slack.com/reference/surfaces/formatting#escaping)).
pub(crate) fn slack(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Writer that fails beyond [`MAX_OUTPUT`] bytes.
struct Bounded(Vec<u8>);

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > MAX_OUTPUT {
            return Err(io::Error::other("the output is longer than 64 KiB"));
        }
        self.0.extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::tests::sample;
    use proptest::prelude::*;

    fn render(source: &str, escape: Escape) -> String {
        Template::new(source, escape).unwrap().render(&sample()).unwrap()
    }

    #[test]
    fn values_are_escaped() {
        let source = "{{ title }} ({{ severity|upper }})";
        assert_eq!(render(source, Escape::None), "CPU of <web-1> is 93 %, above 80 % (CRITICAL)");
        assert_eq!(render(source, Escape::Slack), "CPU of &lt;web-1&gt; is 93 %, above 80 % (CRITICAL)");
        assert_eq!(render("{{ title }}", Escape::Markdown), "CPU of \\<web-1\\> is 93 %, above 80 %");
        assert_eq!(
            render("<b>{{ title }}</b>", Escape::Html),
            "<b>CPU of &lt;web-1&gt; is 93 %, above 80 %</b>"
        );
        let json = render("{\"text\": {{ lines[2].text }}, \"at\": {{ time }}}", Escape::Json);
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(
            json,
            serde_json::json!({"text": "look at \"top\" für Prozesse", "at": 1_700_000_000_123_i64})
        );
        let lines = "{% for line in lines %}{{ line.label }}={{ line.text }};{% endfor %} {{ time_text }}";
        assert!(render(lines, Escape::None).starts_with("Value=93 % (threshold 80 %);Since=2 min"));
        let alerts = "{{ status }}{% for alert in alerts %} {{ alert.rule }}={{ alert.value }}{% endfor %}";
        let template = Template::new(alerts, Escape::None).unwrap();
        let message = crate::alert_group::tests::sample_with_alerts();
        assert_eq!(template.render(&message).unwrap(), "firing cpu=0.93 load=None");
        assert_eq!(template.render(&sample()).unwrap(), "firing");
    }

    #[test]
    fn errors_name_the_line_and_rendering_is_bounded() {
        let nested = format!("{}{}", "{% for a in lines %}".repeat(4), "{% endfor %}".repeat(4));
        for (source, expected) in [
            ("", "is empty or too long"),
            (" \n", "is empty or too long"),
            (&"x".repeat(MAX_TEMPLATE + 1), "is empty or too long"),
            ("a\nb {{ title", "invalid in line 2"),
            ("a\n\n{{ nothing }}", "invalid in line 3"),
            ("{{ title|nothing }}", "invalid in line 1"),
            ("\n{% for a in range(9) %}{% endfor %}", "invalid in line 2"),
            (&nested, "nests more than 3 loops in line 1"),
            ("{% include '/etc/passwd' %}", "contains the statement \"include\" in line 1"),
        ] {
            let error = Template::new(source, Escape::None).unwrap_err().to_string();
            assert!(error.contains(expected), "{source}: {error}");
        }
        let twice = |inner: &str| format!("{0}{0}{inner}{1}{1}", "{% for a in lines %}", "{% endfor %}");
        let mut long = sample();
        long.lines = vec![crate::Line { label: String::new(), text: "x".repeat(1000) }; 40];
        for inner in ["{{ a.text }}", "{% for b in a.text %}{% endfor %}"] {
            let template = Template::new(&twice(inner), Escape::None).unwrap();
            let error = template.render(&long).unwrap_err().to_string();
            assert!(error.starts_with("template is invalid"), "{error}");
        }
    }

    proptest! {
        #[test]
        fn no_template_panics(source in "([a-z ]|\\{\\{|\\}\\}|\\{%|%\\}|[|.()\"'~+*0-9\\[]|title|lines|for|endfor|in|set|if){0,30}") {
            drop(Template::new(&source, Escape::None));
        }
    }
}
